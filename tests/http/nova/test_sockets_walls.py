"""Who enters which socket of NOVA, and that nothing of another company ever comes out of one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from allonova.adapters.ws.dispatch import ROUTES
from allonova.application.dispatch.track_taxis import TaxiTracks
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.identity.session import Audience
from tests.support.api import Api
from tests.support.factories import HOUR, MINUTE, NOW
from tests.support.nova import Colleague, Office, an_office
from tests.support.screens import (
    accept,
    broadcast,
    end,
    hand_over,
    messages,
    out_of_service,
    phone,
    planning,
    propose,
    refuse,
    start,
    take_back,
)
from tests.support.sockets import line
from tests.support.wire import data

OPEN = 0
NO_ACCESS, NOT_YOURS, GONE = 4401, 4403, 4404
HERE = {"lat": 5.32, "lon": -4.02}


async def entered(api: Api, path: str, headers: Mapping[str, str]) -> int:
    """Why the socket was closed; 0 when it stays open."""
    hub = api.service.hub
    before = len(hub)
    async with line(api, path, headers=headers) as it:
        await it.send("{}")  # who is in gets an answer, who is not gets a code
        message = await it.down.get()
        assert len(hub) <= before + 1
        return OPEN if message["type"] == "websocket.send" else int(message["code"])


async def test_each_enters_his_own_and_nobody_anothers(api: Api, subtests: pytest.Subtests) -> None:
    office, other = await an_office(api), await an_office(api, taxis=1)
    admin, (his, hers) = office.admin, office.chauffeurs
    gone = await office.hire()
    data(await admin.patch(f"/api/users/{gone.id}", {"active": False}))
    demandes = "/ws/demandes/"
    expected: list[tuple[Colleague, str, int]] = [
        *((admin, path, OPEN) for path in ("/ws/planning", "/ws/notifications", f"{demandes}{his.id}")),
        *((his, path, NOT_YOURS) for path in ("/ws/planning", "/ws/notifications", f"{demandes}{hers.id}")),
        (his, f"{demandes}{his.id}", OPEN),
        (his, f"{demandes}{str(his.id).upper()}", OPEN),
        (gone, f"{demandes}{gone.id}", GONE),
        *(
            (person, f"{demandes}{id}", GONE)
            for person in (admin, his)
            for id in (other.chauffeurs[0].id, other.admin.id, admin.id, gone.id, uuid4(), "1", "%00", his.id.hex + "0")
        ),
    ]
    for person, path, code in expected:
        with subtests.test(path, role=person.user.role, code=code):
            assert await entered(api, path, person.bearer) == code


async def test_no_access_when_one_is_nobody_of_staff(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=1)
    passenger, back_office = await api.passenger(), await api.admin()
    for route in ROUTES:
        assert route.audience is Audience.NOVA
        path = route.path.replace("{chauffeurId}", str(office.chauffeurs[0].id))
        for headers in ({}, passenger.bearer, back_office.bearer, {"Authorization": "Bearer x"}):
            with subtests.test(path):
                assert await entered(api, path, headers) == NO_ACCESS


@pytest.mark.parametrize("change", [{"role": "chauffeur"}, {"active": False}])
async def test_no_access_when_the_account_is_another_by_now(api: Api, change: dict[str, Any]) -> None:
    office = await an_office(api, taxis=0)
    colleague = await office.hire(StaffRole.ADMIN)
    assert await entered(api, "/ws/planning", colleague.bearer) == OPEN
    data(await office.admin.patch(f"/api/users/{colleague.id}", change))
    for path in ("/ws/planning", "/ws/notifications"):
        assert await entered(api, path, colleague.bearer) == NO_ACCESS  # whether or not its end was announced
        await api.relay()


async def everything_happens(api: Api, office: Office) -> None:
    """All that a company shows."""
    admin, body = office.admin, {"type": "panne", "titre": "Panne", "taxiId": str(office.taxis[1].id)}
    order = {"clientId": str(office.client.id), "priseEnCharge": "A", "destination": "B"}
    for deeds in ((propose, accept, take_back), (propose, refuse), (broadcast, accept, start, end)):
        commande = await office.commande()
        for deed in deeds:
            await deed(office, commande)
        await admin.delete(f"/api/commandes/{commande.id}")
    data(await admin.post("/api/commandes", order | {"dateISO": (NOW + 9 * HOUR).isoformat()}), 201)
    data(await admin.post("/api/interventions", body), 201)
    await office.chauffeurs[0].post("/api/me/position", HERE)
    waiting = await office.commande(date_iso=NOW + HOUR)
    await propose(office, waiting)
    api.clock.advance(4 * MINUTE)
    await api.run("demandes")
    api.clock.advance(3 * HOUR)
    await api.run("sla")
    await hand_over(office, waiting)
    await out_of_service(office, waiting)
    await api.service.edge.use[TaxiTracks].settle()  # type: ignore[attr-defined]


async def test_nothing_comes_of_another_company_whatever_happens_there(api: Api) -> None:
    ours, theirs = await an_office(api), await an_office(api)
    doings = (planning(theirs.admin), messages(theirs.admin), phone(theirs.chauffeurs[0]))
    watched = (planning(ours.admin), messages(ours.admin), phone(ours.chauffeurs[0]))
    async with AsyncExitStack() as stack:
        there = [await stack.enter_async_context(each) for each in doings]
        here = [await stack.enter_async_context(each) for each in watched]
        await everything_happens(api, theirs)
        seen = {frame["type"] for screen in there for frame in await screen.frames()}
        assert seen == {kind.name for route in ROUTES for kind in route.shows} - {"presence"}
        card = await theirs.commande()
        await there[0].say("presence", commandeId=str(card.id), mode="voir")
        await there[0].say("presence", commandeId=str(uuid4()), mode="voir")
        assert (await there[0].line.next("error"))["data"]["code"] == "not_found"
        assert [await screen.frames() for screen in here] == [[], [], []]
    async with planning(await ours.hire(StaffRole.ADMIN)) as late:
        assert await late.frames() == []
