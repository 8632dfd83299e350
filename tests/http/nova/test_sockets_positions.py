"""Where taxis are: from a chauffeur's phone onto the boards, and into the store now and then."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.application.dispatch.track_taxis import TaxiTracks
from tests.support.api import Api
from tests.support.factories import SECOND
from tests.support.nova import Office, an_office
from tests.support.offers import reseated
from tests.support.screens import Screen, phone, planning
from tests.support.wire import data, refusal

HERE = {"lat": 5.32, "lon": -4.02}


def tracks(api: Api) -> TaxiTracks:
    found: TaxiTracks = api.service.edge.use[TaxiTracks]  # type: ignore[assignment]
    return found


async def said(screen: Screen, **where: object) -> None:
    """Say it, and wait until it was taken."""
    await screen.say("position", **where)
    await screen.say("nothing")  # refused in its turn
    assert (await screen.line.next("error"))["data"]["code"] == "validation_error"


async def shown(api: Api, office: Office, taxi: int = 0) -> Any:
    """Where the taxi is, as REST shows it."""
    return data(await office.admin.get(f"/api/taxis/{office.taxis[taxi].id}"))["position"]


async def test_position_is_on_the_boards_at_once_and_kept_later(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    async with planning(office.admin) as board, planning(other.admin) as elsewhere, phone(office.chauffeurs[0]) as his:
        await said(his, **HERE)
        assert await tracks(api).show_due() == 1
        [frame] = await board.frames()
        seen = {"taxiId": str(office.taxis[0].id), **HERE, "at": "2025-10-01T07:00:00Z"}
        assert (frame["type"], frame["id"], frame["data"]) == ("taxi.position", None, seen)
        assert await his.frames() == await elsewhere.frames() == []
        assert await shown(api, office) is None
        api.clock.advance(SECOND)
        await said(his, lat=5.33, lon=-4.02)
        assert await tracks(api).keep_due() == 1
        assert await shown(api, office) == {"lat": 5.33, "lon": -4.02, "at": "2025-10-01T07:00:01Z"}
        rows = await api.inside.dispatch("positions")
        assert [(row.taxi_id, row.chauffeur_id) for row in rows] == [(office.taxis[0].id, office.chauffeurs[0].id)]


async def test_company_is_stored_in_one_statement_however_many_drive(api: Api) -> None:
    office = await an_office(api, taxis=3)
    for chauffeur in office.chauffeurs:
        async with phone(chauffeur) as his:
            await said(his, **HERE)
    assert await tracks(api).keep_due() == 3
    assert [await shown(api, office, taxi) is not None for taxi in range(3)] == [True] * 3


async def test_position_by_rest_is_on_the_boards_and_kept_once(api: Api) -> None:
    office = await an_office(api)
    async with planning(office.admin) as board:
        answer = await office.chauffeurs[0].post("/api/me/position", HERE)
        assert answer.status_code == 204
        assert await shown(api, office) == {**HERE, "at": "2025-10-01T07:00:00Z"}
        await tracks(api).settle()
        assert (await board.only("taxi.position"))["taxiId"] == str(office.taxis[0].id)
        assert len(await api.inside.dispatch("positions")) == 1
        data(await office.admin.patch(f"/api/taxis/{office.taxis[0].id}", {"statut": "hors-service"}))
        await board.frames()
        refusal(await office.chauffeurs[0].post("/api/me/position", HERE), 409, "conflict")
        await tracks(api).settle()
        assert await board.frames() == []


@pytest.mark.parametrize("where", [{}, {"lat": 91, "lon": 0}, {"lat": "5", "lon": 0}, HERE | {"at": "now"}])
async def test_refused_when_it_is_no_place(api: Api, where: Any) -> None:
    office = await an_office(api, taxis=1)
    async with phone(office.chauffeurs[0]) as his:
        await his.say("position", **where)
        assert (await his.line.next("error"))["data"]["code"] == "validation_error"


async def test_refused_when_an_admin_watches(api: Api) -> None:
    office = await an_office(api, taxis=1)
    async with phone(office.chauffeurs[0], watcher=office.admin) as watched:
        await watched.say("position", **HERE)
        assert (await watched.line.next("error"))["data"]["code"] == "forbidden"


async def test_refused_when_there_is_no_taxi_or_it_is_out_of_service(api: Api) -> None:
    office = await an_office(api)
    data(await office.admin.patch(f"/api/taxis/{office.taxis[0].id}", {"statut": "hors-service"}))
    await reseated(office, office.chauffeurs[1], None)
    async with planning(office.admin) as board:
        await board.frames()
        for chauffeur, message in zip(office.chauffeurs, ("hors service", "Aucun taxi"), strict=True):
            async with phone(chauffeur) as his:
                await his.say("position", **HERE)
                refused = (await his.line.next("error"))["data"]
                assert refused["code"] == "conflict"
                assert message in refused["message"]
        await tracks(api).settle()
        assert await board.frames() == []
    assert await api.inside.dispatch("positions") == []


async def test_not_kept_when_the_taxi_is_another_chauffeurs_by_then(api: Api) -> None:
    office = await an_office(api)
    async with phone(office.chauffeurs[0]) as his:
        await said(his, **HERE)
    await reseated(office, office.chauffeurs[0], None)
    await tracks(api).settle()
    assert await shown(api, office) is None
