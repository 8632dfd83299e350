"""What the phones of staff send: positions, and how push messages reach them."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest

from allonova.domain.dispatch.device import token_context
from allonova.domain.dispatch.taxi import POSITIONS_KEPT, TaxiStatut
from tests.support.api import Api
from tests.support.factories import SECOND
from tests.support.nova import Colleague, an_office
from tests.support.wire import NOBODY, ROUNDS, data, refusal, require_refused

HERE = {"lat": 5.32, "lon": -4.02}
THERE = {"lat": 5.36, "lon": -4.01}
_numbers = itertools.count(1)


async def test_last_place_is_shown_and_all_are_kept_when_a_taxi_moves(api: Api) -> None:
    office = await an_office(api, taxis=2)
    chauffeur = office.chauffeurs[0]
    assert (await chauffeur.post("/api/me/position", HERE)).status_code == 204
    api.clock.advance(5 * SECOND)
    assert (await chauffeur.post("/api/me/position", THERE)).content == b""
    kept = await api.inside.dispatch("positions")
    assert [(row.taxi_id, row.chauffeur_id, row.point.lat) for row in kept] == [
        (office.taxis[0].id, chauffeur.id, 5.32),
        (office.taxis[0].id, chauffeur.id, 5.36),
    ]
    taxi = data(await office.admin.get(f"/api/taxis/{office.taxis[0].id}"))
    assert (taxi["position"]["lat"], taxi["version"]) == (5.36, 1)
    assert data(await office.admin.get(f"/api/taxis/{office.taxis[1].id}"))["position"] is None
    assert [row.event for row in await api.inside.outbox()] == []


@pytest.mark.parametrize(("statut", "status"), [("disponible", 204), ("en-course", 204), ("hors-service", 409)])
async def test_place_is_kept_when_the_taxi_is_in_service(api: Api, statut: str, status: int) -> None:
    office = await an_office(api, taxis=0)
    _, chauffeur = await office.equip(statut=TaxiStatut(statut))
    answer = await chauffeur.post("/api/me/position", HERE)
    assert answer.status_code == status
    assert len(await api.inside.dispatch("positions")) == len(await api.inside.dispatch("taxi_positions"))
    assert len(await api.inside.dispatch("positions")) == (status == 204)


async def test_place_is_refused_when_the_chauffeur_drives_no_taxi(api: Api) -> None:
    office = await an_office(api, taxis=0)
    chauffeur = await office.hire()
    answer = await chauffeur.post("/api/me/position", HERE)
    refusal(answer, 409, "conflict")
    assert answer.json()["error"]["message"] == "Aucun taxi ne vous est attribué."
    refusal(await office.admin.post("/api/me/position", HERE), 403, "forbidden")


async def test_place_is_refused_when_it_is_not_on_the_earth(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=1)
    values: list[tuple[str, object]] = [
        ("lat", 90.1), ("lat", "5"), ("lat", None), ("lon", -180.5), ("lon", True), ("at", "2026-01-01T00:00:00Z"),
        ("taxiId", NOBODY), ("text", "x"),
    ]  # fmt: skip
    await require_refused(subtests, values, lambda given: office.chauffeurs[0].post("/api/me/position", HERE | given))
    assert await api.inside.dispatch("positions") == []


async def test_places_are_forgotten_when_they_were_kept_for_seven_days(api: Api) -> None:
    first, second = await an_office(api, taxis=1), await an_office(api, taxis=1)
    for office in (first, second):
        assert (await office.chauffeurs[0].post("/api/me/position", HERE)).status_code == 204
    api.clock.advance(SECOND)
    assert (await first.chauffeurs[0].post("/api/me/position", THERE)).status_code == 204
    api.clock.advance(POSITIONS_KEPT - SECOND)
    await api.run("positions")
    assert len(await api.inside.dispatch("positions")) == 3  # exactly seven days old: kept
    api.clock.advance(SECOND)
    await api.run("positions")
    (kept,) = await api.inside.dispatch("positions")
    assert kept.societe_id == first.societe.id
    assert [row.societe_id for row in await api.inside.dispatch("taxi_positions")] == [first.societe.id]
    api.clock.advance(SECOND)
    await api.run("positions")
    assert await api.inside.dispatch("positions") == await api.inside.dispatch("taxi_positions") == []


def device(**given: Any) -> dict[str, Any]:
    """A phone with a token of its own."""
    return {"platform": "android", "token": f"fcm-{next(_numbers)}", **given}


async def tokens(api: Api) -> list[tuple[Any, str]]:
    """Whose devices there are, with their tokens unsealed."""
    sealer = api.service.outside.sealer
    rows = await api.inside.dispatch("devices")
    return [(row.user_id, sealer.open(row.token, context=token_context(row.id))) for row in rows]


async def test_device_is_kept_sealed_when_it_is_registered(api: Api) -> None:
    office = await an_office(api, taxis=1)
    for caller, kind in ((office.admin, "token"), (office.chauffeurs[0], "fid")):
        given = device(kind=kind)
        added = data(await caller.post("/api/me/devices", given), 201)
        assert added == {
            "id": added["id"], "platform": "android", "kind": kind,
            "createdAt": added["createdAt"], "updatedAt": added["createdAt"],
        }  # fmt: skip
        assert data(await caller.get("/api/me/devices")) == [added]
        assert (await tokens(api))[-1] == (caller.id, given["token"])
    rows = await api.inside.dispatch("devices")
    assert all("fcm-" not in str((row.token, row.token_hash)) for row in rows)
    assert "fcm-" not in str([row.payload for row in await api.inside.dispatch("audit_log")])


async def test_device_is_the_same_when_its_token_comes_again(api: Api) -> None:
    office = await an_office(api, taxis=1)
    given = device()
    added = data(await office.admin.post("/api/me/devices", given), 201)
    assert data(await office.admin.post("/api/me/devices", given)) == added
    api.clock.advance(SECOND)
    moved = data(await office.admin.post("/api/me/devices", given | {"platform": "web"}))
    assert moved == added | {"platform": "web", "updatedAt": moved["updatedAt"]}
    # A kind is a name space of its own.
    data(await office.admin.post("/api/me/devices", given | {"kind": "fid"}), 201)


async def test_device_is_whose_who_logged_in_last_when_it_changes_hands(api: Api) -> None:
    mine, theirs = await an_office(api, taxis=1), await an_office(api, taxis=0)
    given = device()
    seen = []
    for caller in (mine.admin, mine.chauffeurs[0], theirs.admin, mine.admin):
        seen.append(data(await caller.post("/api/me/devices", given), 201)["id"])
        assert await tokens(api) == [(caller.id, given["token"])]
    assert len(set(seen)) == 4  # nobody learns another's id
    assert data(await theirs.admin.get("/api/me/devices")) == []


async def test_one_device_is_left_when_a_token_comes_from_many_at_once(api: Api) -> None:
    offices = [await an_office(api, taxis=1), await an_office(api, taxis=1)]
    callers: list[Colleague] = [c for office in offices for c in (office.admin, *office.chauffeurs)]
    for _ in range(ROUNDS):
        given = device()
        answers = await asyncio.gather(*(caller.post("/api/me/devices", given) for caller in callers))
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert 201 in {answer.status_code for answer in answers}
        assert [token for _, token in await tokens(api)].count(given["token"]) == 1


async def test_device_is_refused_when_it_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=0)
    values: list[tuple[str, object]] = [
        ("token", ""), ("token", "a b"), ("token", "x" * 4097), ("token", "é"), ("platform", "palm"), ("kind", "x"),
        ("kind", None), ("userId", NOBODY),
    ]  # fmt: skip
    await require_refused(subtests, values, lambda given: office.admin.post("/api/me/devices", device() | given))
    assert await api.inside.dispatch("devices") == []


async def test_device_is_forgotten_when_its_owner_says_so(api: Api) -> None:
    office, other = await an_office(api, taxis=1), await an_office(api, taxis=0)
    added = data(await office.admin.post("/api/me/devices", device()), 201)
    url = f"/api/me/devices/{added['id']}"
    for stranger in (office.chauffeurs[0], other.admin):
        refusal(await stranger.delete(url), 404, "not_found")
    assert (await office.admin.delete(url)).status_code == 204
    refusal(await office.admin.delete(url), 404, "not_found")
    assert await api.inside.dispatch("devices") == []
    actions = [row.action for row in await api.inside.dispatch("audit_log")]
    assert actions == ["device.ajoute", "device.retire"]


async def test_own_devices_are_listed_in_pages(api: Api) -> None:
    office = await an_office(api, taxis=1)
    data(await office.chauffeurs[0].post("/api/me/devices", device()), 201)
    ids = []
    for _ in range(3):
        ids.append(data(await office.admin.post("/api/me/devices", device()), 201)["id"])
        api.clock.advance(timedelta(seconds=1))
    answer = await office.admin.get("/api/me/devices", page_size=2, page=2)
    assert [each["id"] for each in data(answer)] == ids[2:]
    assert answer.json()["meta"]["pagination"]["total"] == 3
    refusal(await office.admin.get("/api/me/devices", kind="fid"), 422, "validation_error")
