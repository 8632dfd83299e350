"""Segments: lists of users that the team keeps."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from tests.support.api import Api, Person
from tests.support.factories import a_user
from tests.support.wire import NOBODY, data, paths, refusal, trip_body

DRIVERS = {"name": "Chauffeurs actifs", "filters": {"is_driver": True, "min_trips": 2}}


async def kept(admin: Person, **body: object) -> Any:
    return data(await admin.post("/admin/users/segments", DRIVERS | body), 201)


async def members(admin: Person, segment: Any, **query: int) -> tuple[list[str], int]:
    answer = await admin.get(f"/admin/users/segments/{segment['id']}/users", **query)
    return [user["id"] for user in data(answer)], answer.json()["meta"]["pagination"]["total"]


async def test_segment_finds_its_people_anew_whenever_it_is_asked(api: Api) -> None:
    ops, support = await api.admin(Role.OPS), await api.admin(Role.SUPPORT)
    driver, idle = await api.driver(), await api.driver()
    segment = await kept(ops)
    assert await members(support, segment) == ([], 0)
    for person, days in ((driver, (3, 4)), (idle, (3,))):
        for day in days:
            data(await person.post("/trips", trip_body(departure_time=f"2025-10-0{day}T08:30:00Z")), 201)
    assert await members(support, segment) == ([str(driver.id)], 1)
    other = await kept(ops, name="Voyageurs", filters={"min_bookings": 1, "status": "active"})
    passenger = await api.passenger()
    assert await members(support, other) == ([], 0)
    trip = await api.trip(driver, departure_time="2025-10-06T08:30:00Z")
    await api.pending(passenger, trip)
    assert await members(support, other) == ([str(passenger.id)], 1)


async def test_segment_is_shared_and_changed_by_whoever_may_edit(api: Api) -> None:
    ops, chief, support = await api.admin(Role.OPS), await api.admin(), await api.admin(Role.SUPPORT)
    segment = await kept(ops, filters={"created_from": "2025-01-01", "query": "  awa "})
    assert segment["filters"] == {"created_from": "2025-01-01", "query": "awa"}
    path = f"/admin/users/segments/{segment['id']}"
    assert data(await support.get("/admin/users/segments")) == [segment]
    for method in ("PATCH", "DELETE"):
        refusal(await support.send(method, path, json={"name": "x"}), 403, "forbidden")
    refusal(await support.post("/admin/users/segments", DRIVERS), 403, "forbidden")
    refusal(await chief.post("/admin/users/segments", DRIVERS | {"name": "CHAUFFEURS actifs"}), 409, "conflict")
    changed = data(await chief.send("PATCH", path, json={"filters": {"rating_lte": 3.5}}))
    assert (changed["filters"], changed["name"], changed["version"]) == ({"rating_lte": 3.5}, segment["name"], 2)
    stale = await ops.send("PATCH", path, json={"name": "Autre"}, headers={"If-Match": '"1"'})
    assert refusal(stale, 412, "precondition_failed")["current"] == changed
    assert data(await chief.send("PATCH", path, json={"name": segment["name"]}))["version"] == 2
    assert (await ops.send("DELETE", path)).status_code == 204
    for gone in (await ops.get(path), await ops.get(f"{path}/users"), await ops.send("DELETE", path)):
        refusal(gone, 404, "not_found")
    actions = [line.action for line in await api.inside.audit() if line.action.startswith("segment.")]
    assert actions == ["segment.created", "segment.changed", "segment.removed"]


async def test_members_are_paged(api: Api) -> None:
    admin = await api.admin()
    await api.keep(*(a_user() for _ in range(5)))
    segment = await kept(admin, filters={"is_driver": False})
    pages = [await members(admin, segment, page=page, page_size=2) for page in (1, 2, 3)]
    assert [total for _, total in pages] == [5, 5, 5]
    assert len({id for ids, _ in pages for id in ids}) == 5


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"filters": {"phone": "+2250700000001"}}, "filters.phone"),
        ({"filters": {"min_trips": 0}}, "filters.min_trips"),
        ({"filters": {"min_trips": 10**9}}, "filters.min_trips"),
        ({"filters": {"rating_lte": -1}}, "filters.rating_lte"),
        ({"filters": {"last_seen_before": "gestern"}}, "filters.last_seen_before"),
        ({"filters": {"page": 2}}, "filters.page"),
        ({"filters": None}, "filters"),
    ],
)
async def test_segment_is_refused_when_it_is_unsound(api: Api, body: dict[str, object], path: str) -> None:
    answer = await (await api.admin()).post("/admin/users/segments", DRIVERS | body)
    assert all(each.startswith(path) for each in paths(refusal(answer, 422, "validation_error")))
    refusal(await (await api.admin()).get(f"/admin/users/segments/{NOBODY}"), 404, "not_found")
