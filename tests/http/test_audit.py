"""The audit log as the back office reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from tests.support.api import Api
from tests.support.wire import data, refusal


async def logs(person: Any, **query: Any) -> list[Any]:
    return list(data(await person.get("/admin/audit-logs", **query)))


async def test_deeds_are_listed_when_the_newest_come_first(api: Api) -> None:
    admin = await api.admin(Role.COMPLIANCE)
    driver = await api.driver()
    trip = await api.trip(driver)
    api.clock.advance(timedelta(minutes=1))
    data(await driver.send("PATCH", f"/trips/{trip['id']}", json={"price_per_seat": 5000}))
    found = await logs(admin, entity="trip")
    assert [row["entity_id"] for row in found] == [trip["id"]] * len(found)
    assert found[0]["created_at"] > found[-1]["created_at"]
    assert set(found[0]) == {"id", "actor", "action", "entity", "entity_id", "meta", "created_at", "sealed"}
    assert set(found[0]["actor"]) == {"type", "id", "email"}
    assert (found[0]["actor"]["id"], found[0]["actor"]["email"]) == (str(driver.id), None)
    assert not found[0]["sealed"]


async def test_rows_are_sealed_when_the_job_has_run(api: Api) -> None:
    admin, driver = await api.admin(), await api.driver()
    await api.trip(driver)
    api.clock.advance(timedelta(minutes=1))
    await api.run("seal_audit")
    assert {row["sealed"] for row in await logs(admin)} == {True}
    await api.run("audit")
    assert len(await api.service.platform.audit.noted_heads()) == 1


async def test_admin_is_named_when_he_acted(api: Api) -> None:
    admin = await api.admin(email="awa@office.test")
    settings = await admin.get("/admin/settings")
    headers = {"If-Match": settings.headers["etag"]}
    data(await admin.send("PATCH", "/admin/settings", json={"hold_minutes": 20}, headers=headers))
    [row] = await logs(admin, actor=str(admin.id), actor_type="admin")
    assert row["actor"] == {"type": "admin", "id": str(admin.id), "email": "awa@office.test"}


async def test_list_is_narrowed_when_one_asks_for_less(api: Api) -> None:
    admin, driver = await api.admin(), await api.driver()
    trip = await api.trip(driver)
    everything = await logs(admin)
    action = everything[0]["action"]
    for query in (
        {"entity_id": trip["id"]},
        {"action": action},
        {"action": f"in:{action},nobody.did_this"},
        {"actor": str(driver.id)},
        {"date_from": "2020-01-01", "date_to": "2199-01-01"},
        {"date_from": api.clock.now().isoformat().replace("+00:00", "Z")},
    ):
        assert await logs(admin, **query) != []
    for query in (
        {"entity": "nothing"},
        {"action": "nobody.did_this"},
        {"actor": str(admin.id)},
        {"date_to": "2020-01-01"},
        {"date_from": (api.clock.now() + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")},
    ):
        assert await logs(admin, **query) == []


@pytest.mark.parametrize(
    "query",
    [{"actor": "somebody"}, {"action": "A B"}, {"actor_type": "god"}, {"date_from": "yesterday"}, {"unknown": "1"}],
)
async def test_query_is_refused_when_it_is_none(api: Api, query: dict[str, str]) -> None:
    refusal(await (await api.admin()).get("/admin/audit-logs", **query), 422, "validation_error")


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.SUPER, 200), (Role.OPS, 200), (Role.COMPLIANCE, 200), (Role.SUPPORT, 403), (Role.FINANCE, 403)],
)
async def test_log_is_open_to_those_of_its_row(api: Api, role: Role, status: int) -> None:
    assert (await (await api.admin(role)).get("/admin/audit-logs")).status_code == status
