"""The board's socket: every change of a card and of a taxi, to every admin of the company, as REST shows it."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.kernel.geo import Point
from tests.support.api import Api
from tests.support.factories import HOUR, MINUTE, NOW
from tests.support.nova import Colleague, Office, a_taxi, an_office
from tests.support.offers import proposed, seen
from tests.support.screens import (
    Deed,
    accept,
    broadcast,
    confirm,
    end,
    expire,
    hand_over,
    out_of_service,
    planning,
    propose,
    refuse,
    start,
    take_back,
    undo,
)
from tests.support.wire import ROOT, data

UPDATED = "commande.updated"


def a_body(office: Office, **given: Any) -> dict[str, Any]:
    body = {
        "clientId": str(office.client.id),
        "priseEnCharge": "Gare de Lyon",
        "destination": "Orly",
        "dateISO": (NOW + 2 * HOUR).isoformat(),
    }
    return body | given


def par(somebody: Colleague | None) -> Any:
    return None if somebody is None else {"id": str(somebody.id), "name": somebody.user.name}


async def require_current(admin: Colleague, frame: Any, *, by: Colleague | None) -> None:
    """The frame shows the card as REST does, and who did it."""
    card = data(await admin.get(f"/api/commandes/{frame['data']['commande']['id']}"))
    assert frame["data"] == {"commande": card, "version": card["version"], "par": par(by)}
    assert isinstance(frame["id"], int)


async def test_card_is_shown_when_it_is_entered_changed_and_cancelled(api: Api) -> None:
    office = await an_office(api)
    colleague = await office.hire(office.admin.user.role)
    async with planning(office.admin) as mine, planning(colleague) as theirs:
        card = data(await office.admin.post("/api/commandes", a_body(office)), 201)
        path = f"/api/commandes/{card['id']}"
        for kind, change in (
            ("commande.created", None),
            (UPDATED, {"vol": "AF 702"}),
            (UPDATED, {"dateISO": (NOW + 3 * HOUR).isoformat()}),
            ("commande.cancelled", {"statut": "annulee"}),
        ):
            if change is not None:
                data(await colleague.patch(path, change))
            [shown] = await mine.frames()
            assert shown["type"] == kind
            await require_current(office.admin, shown, by=office.admin if change is None else colleague)
            assert [shown] == await theirs.frames()


async def test_order_of_the_form_is_nobodys_deed(api: Api) -> None:
    office = await an_office(api)
    order = {
        "societe": office.societe.slug, "client": {"nom": "Claire", "email": "claire@clients.test",
        "phone": "+33612345678"}, "priseEnCharge": "Raspail", "destination": "Orly",
        "dateISO": (NOW + HOUR).isoformat(), "passagers": 1, "bagages": 0, "captchaToken": "ok",
    }  # fmt: skip
    async with planning(office.admin) as board:
        data(await api.http.post(f"{ROOT}/api/public/commandes", json=order), 201)
        [shown] = await board.frames()
        assert shown["type"] == "commande.created"
        await require_current(office.admin, shown, by=None)


CARD, TAXI = UPDATED, "taxi.updated"


@pytest.mark.parametrize(
    ("before", "deed", "expected"),
    [
        ((), propose, [CARD]),
        ((), broadcast, [CARD]),
        ((propose,), accept, [CARD]),
        ((propose,), refuse, [CARD]),
        ((propose,), expire, [CARD]),
        ((propose,), confirm, [CARD]),
        ((propose, accept), take_back, [CARD]),
        ((propose, accept, take_back), undo, [CARD]),
        ((propose, accept), start, [TAXI, CARD]),
        ((propose, accept, start), end, [TAXI, CARD]),
        ((propose, accept), out_of_service, [CARD, TAXI]),
        ((propose, accept), hand_over, [CARD, TAXI]),
        ((broadcast,), refuse, [CARD]),  # the others are still asked
        ((broadcast,), accept, [CARD]),
        ((broadcast,), out_of_service, [CARD, TAXI]),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_whatever_is_done_to_a_card_is_shown(
    api: Api, before: tuple[Deed, ...], deed: Deed, expected: list[str]
) -> None:
    office = await an_office(api)
    commande = await office.commande()
    for each in before:
        await each(office, commande)
    async with planning(office.admin) as board:
        await board.frames()
        version = data(await office.admin.get(f"/api/commandes/{commande.id}"))["version"]
        await deed(office, commande)
        frames = await board.frames()
        assert [frame["type"] for frame in frames] == expected
        cards = [frame for frame in frames if frame["type"] == CARD]
        now = data(await office.admin.get(f"/api/commandes/{commande.id}"))
        assert cards[-1]["data"]["commande"] == now
        assert now["version"] >= version
        for frame in frames:
            if frame["type"] == TAXI:
                taxi = data(await office.admin.get(f"/api/taxis/{office.taxis[0].id}"))
                del taxi["coursesDuJour"]
                assert frame["data"]["taxi"] == taxi


async def test_automatic_dispatch_is_nobodys_deed(api: Api) -> None:
    office = await an_office(api, dispatch_auto=True)
    point = Point(5.32, -4.02)
    await seen(office, office.taxis[0], point)
    body = a_body(office, dateISO=(NOW + 10 * MINUTE).isoformat(), priseEnChargePoint={"lat": 5.32, "lon": -4.02})
    async with planning(office.admin) as board:
        data(await office.admin.post("/api/commandes", body), 201)
        await board.frames()
        await api.run("dispatch")
        [shown] = await board.frames()
        assert shown["data"]["commande"]["demande"]["chauffeurId"] == str(office.chauffeurs[0].id)
        await require_current(office.admin, shown, by=None)


async def test_forced_move_is_shown(api: Api) -> None:
    office = await an_office(api)
    for _ in range(2):
        commande = await office.commande()
        async with planning(office.admin) as board:
            await proposed(office, commande, force=True, motif="Le client attend")
            assert (await board.only(UPDATED))["commande"]["taxiId"] == str(office.taxis[0].id)


async def test_nothing_is_shown_when_a_move_is_only_tried_or_refused(api: Api) -> None:
    office = await an_office(api)
    commande, other = await office.commande(), await office.commande()
    await proposed(office, other)
    async with planning(office.admin) as board:
        await board.frames()
        path, body = f"/api/commandes/{commande.id}", {"taxiId": str(office.taxis[0].id)}
        data(await office.admin.patch(path, body, dryRun="true"))
        assert (await office.admin.patch(path, body)).status_code == 409
        assert await board.frames() == []


async def test_taxi_is_shown_from_its_first_day_to_its_last(api: Api) -> None:
    office = await an_office(api, taxis=0)
    async with planning(office.admin) as board:
        taxi = data(
            await office.admin.post("/api/taxis", {"numero": "T 9", "plaque": "9 AB 01", "vignette": "V9"}), 201
        )
        path = f"/api/taxis/{taxi['id']}"
        assert await board.only(TAXI) == {"taxi": taxi, "version": 1, "par": par(office.admin)}
        data(await office.admin.patch(path, {"statut": "hors-service"}))
        assert (await board.only(TAXI))["taxi"]["statut"] == "hors-service"
        assert (await office.admin.delete(path)).status_code == 204
        gone = {"taxi": {"id": taxi["id"], "active": False}, "version": 2, "par": par(office.admin)}
        assert await board.only(TAXI) == gone


async def test_taxi_with_history_is_shown_as_no_longer_active(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    await proposed(office, commande)
    async with planning(office.admin) as board:
        await board.frames()
        answer = await office.admin.delete(f"/api/taxis/{office.taxis[0].id}", force="true")
        assert answer.status_code == 204
        card, taxi = await board.frames()
        assert (card["data"]["commande"]["taxiId"], taxi["data"]["taxi"]["active"]) == (None, False)
        assert taxi["data"]["taxi"]["numero"] == office.taxis[0].numero


async def test_taxi_is_shown_when_its_chauffeur_is_another_or_goes_by_another_name(api: Api) -> None:
    office = await an_office(api, taxis=1)
    chauffeur, taxi = office.chauffeurs[0], a_taxi(office.societe)
    await office.keep(taxi)
    async with planning(office.admin) as board:
        data(await chauffeur.patch("/api/me", {"name": "Awa Koné"}))
        assert (await board.only(TAXI))["taxi"]["chauffeur"]["name"] == "Awa Koné"
        path = f"/api/users/{chauffeur.id}"
        data(await office.admin.patch(path, {"name": "Awa Diabaté"}))
        assert (await board.only(TAXI))["taxi"]["chauffeur"]["name"] == "Awa Diabaté"
        data(await office.admin.patch(path, {"phone": "+2250700000001"}))
        assert await board.frames() == []
        data(await office.admin.patch(path, {"taxiId": str(taxi.id)}))
        drivers = {frame["data"]["taxi"]["id"]: frame["data"]["taxi"]["chauffeur"] for frame in await board.frames()}
        assert drivers[str(office.taxis[0].id)] is None
        assert drivers[str(taxi.id)]["id"] == str(chauffeur.id)
        invited = {"email": "new@taxis.test", "role": "chauffeur", "name": "Ali", "taxiId": str(office.taxis[0].id)}
        data(await office.admin.post("/api/users", invited), 201)
        assert (await board.only(TAXI))["taxi"]["chauffeur"]["name"] == "Ali"
        assert (await office.admin.delete(path)).status_code == 204
        assert (await board.only(TAXI))["taxi"]["chauffeur"] is None


async def test_nothing_is_missed_when_the_network_was_lost(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    path = f"/api/commandes/{commande.id}"
    async with planning(office.admin) as board:
        data(await office.admin.patch(path, {"vol": "AF 1"}))
        [first] = await board.frames()
    for number in (2, 3):
        data(await office.admin.patch(path, {"vol": f"AF {number}"}))
        await api.show()
    async with planning(office.admin, last_event_id=first["id"]) as board:
        frames = await board.frames()
    assert [frame["data"]["commande"]["vol"] for frame in frames] == ["AF 2", "AF 3"]
    assert first["id"] < frames[0]["id"] < frames[1]["id"]
