"""An admin's socket: his messages, new orders, interventions, and waits that are too long."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.dispatch.staff import StaffRole
from tests.support.api import Api
from tests.support.factories import HOUR, NOW, SECOND
from tests.support.nova import Office, an_office
from tests.support.screens import accept, messages, propose, refuse
from tests.support.wire import NOBODY, data


def order(office: Office) -> dict[str, Any]:
    return {
        "clientId": str(office.client.id),
        "priseEnCharge": "Gare de Lyon",
        "destination": "Orly",
        "dateISO": (NOW + 2 * HOUR).isoformat(),
    }


async def test_new_order_reaches_every_admin_and_his_own_message_but_its_author(api: Api) -> None:
    office = await an_office(api)
    colleague = await office.hire(StaffRole.ADMIN)
    async with messages(office.admin) as mine, messages(colleague) as theirs:
        card = data(await office.admin.post("/api/commandes", order(office)), 201)
        by = {"id": str(office.admin.id), "name": office.admin.user.name}
        assert await mine.only("commande.created") == {"commande": card, "version": 1, "par": by}
        created, told = await theirs.frames()
        assert (created["type"], created["data"]["commande"]) == ("commande.created", card)
        [unread] = data(await colleague.get("/api/notifications"))
        assert (told["type"], told["data"]) == ("notification.created", {"notification": unread})
        assert created["id"] < told["id"]


async def test_message_is_shown_to_its_reader_when_a_chauffeur_answers(api: Api) -> None:
    office = await an_office(api)
    for deed in (accept, refuse):
        commande = await office.commande()
        await propose(office, commande)
        async with messages(office.admin) as mine:
            await deed(office, commande)
            told = (await mine.only("notification.created"))["notification"]
            assert told == data(await office.admin.get("/api/notifications"))[0]
        await office.admin.delete(f"/api/commandes/{commande.id}")
        api.clock.advance(SECOND)


async def test_intervention_reaches_every_admin_when_a_chauffeur_reports_it(api: Api) -> None:
    office = await an_office(api)
    body = {"type": "panne", "titre": "Pneu crevé", "taxiId": str(office.taxis[0].id), "description": "Avant droit"}
    async with messages(office.admin) as mine:
        intervention = data(await office.chauffeurs[0].post("/api/interventions", body), 201)
        opened, told = await mine.frames()
        assert opened["type"] == "intervention.created"
        assert opened["data"]["intervention"] == intervention | {"actions": ["start", "resolve"]}
        assert told["data"]["notification"]["type"] == "intervention.creee"
        data(await office.admin.post("/api/interventions", body | {"titre": "Encore"}), 201)
        assert (await mine.only("intervention.created"))["intervention"]["titre"] == "Encore"


async def test_breach_is_shown_once_when_a_commande_waits_too_long(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande(date_iso=NOW + HOUR)
    async with messages(office.admin) as mine:
        await mine.frames()
        api.clock.advance(3 * HOUR)
        for _ in range(2):
            await api.run("sla")
        frames = await mine.frames()
        assert [frame["type"] for frame in frames] == ["intervention.created", "sla.breached", "notification.created"]
        [intervention] = data(await office.admin.get("/api/interventions"))
        card = data(await office.admin.get(f"/api/commandes/{commande.id}"))
        assert frames[0]["data"] == {"intervention": intervention}
        assert frames[1]["data"] == {"commande": card, "intervention": intervention}
        assert frames[2]["data"]["notification"]["type"] == "sla.depasse"


async def test_message_is_read_when_the_socket_says_so(api: Api) -> None:
    office = await an_office(api)
    colleague = await office.hire(StaffRole.ADMIN)
    async with messages(office.admin) as mine, messages(colleague) as theirs:
        data(await colleague.post("/api/commandes", order(office)), 201)
        told = (await mine.frames())[1]["data"]["notification"]
        for screen, id, code in (
            (theirs, told["id"], "not_found"), (mine, NOBODY, "not_found"), (mine, "1", "validation_error"),
        ):  # fmt: skip
            await screen.say("notification.read", id=id)
            assert (await screen.line.next("error"))["data"]["code"] == code
        assert [each["lu"] for each in data(await office.admin.get("/api/notifications"))] == [False]
        for _ in range(2):
            await mine.say("notification.read", id=told["id"])
        await mine.say("notification.read", id=NOBODY)  # answered in its turn: the others are done
        assert (await mine.line.next("error"))["data"]["code"] == "not_found"
        await read_once(office)


async def read_once(office: Office) -> None:
    assert [each["lu"] for each in data(await office.admin.get("/api/notifications"))] == [True]
    log = data(await office.admin.get("/api/audit_log", action="notification.lue"))
    assert [line["userId"] for line in log] == [str(office.admin.id)]


@pytest.mark.parametrize("deed", ["closed", "chauffeur"])
async def test_no_message_of_the_company_comes_when_one_is_no_admin_any_more(api: Api, deed: str) -> None:
    office = await an_office(api)
    colleague = await office.hire(StaffRole.ADMIN)
    async with messages(colleague) as theirs, messages(office.admin) as mine:
        change = {"active": False} if deed == "closed" else {"role": "chauffeur"}
        data(await office.admin.patch(f"/api/users/{colleague.id}", change))
        data(await office.admin.post("/api/commandes", order(office)), 201)
        assert await mine.types() == ["commande.created"]
        assert await theirs.frames() == []
