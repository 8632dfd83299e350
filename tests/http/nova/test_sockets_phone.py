"""A chauffeur's socket: what he is asked, and what becomes of his courses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.factories import HOUR, NOW, SECOND
from tests.support.nova import Colleague, Office, an_office
from tests.support.offers import proposed
from tests.support.screens import (
    Screen,
    accept,
    broadcast,
    end,
    expire,
    out_of_service,
    phone,
    propose,
    start,
    take_back,
    undo,
)
from tests.support.wire import data

UPDATED = "commande.updated"


def par(somebody: Colleague) -> Any:
    return {"id": str(somebody.id), "name": somebody.user.name}


async def test_broadcast_rings_all_phones_and_withdraws_from_those_who_were_late(api: Api) -> None:
    office = await an_office(api, taxis=3)
    commande = await office.commande()
    winner, late = office.chauffeurs[0], office.chauffeurs[1]
    async with phone(winner) as his, phone(late) as hers:
        await broadcast(office, commande)
        for screen in (his, hers):
            demande = (await screen.only("demande.created"))["demande"]
            assert demande["commande"]["diffusion"]["demandes"] == 3
        await accept(office, commande)
        assert await his.types() == ["demande.updated", "commande.updated"]
        over = (await hers.only("demande.updated"))["demande"]
        assert (over["statut"], over["commande"]["statut"]) == ("annulee", "assignee")
        assert (over["commande"]["chauffeurId"], over["commande"]["taxiId"]) == (None, None)


async def _shown_to(screen: Screen, kinds: list[str]) -> list[Any]:
    frames = await screen.frames()
    assert [frame["type"] for frame in frames] == kinds
    return [frame["data"] for frame in frames]


async def test_chauffeur_hears_of_his_course_from_the_offer_to_its_end(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    chauffeur = office.chauffeurs[0]
    async with phone(chauffeur) as his, phone(chauffeur, watcher=office.admin) as watched:
        demande = await proposed(office, commande)
        [offered] = await _shown_to(his, ["demande.created"])
        assert offered == {"demande": demande}
        data(await office.admin.patch(f"/api/commandes/{commande.id}", {"destination": "Roissy"}))
        [edited] = await _shown_to(his, ["demande.updated"])
        assert edited["demande"]["commande"]["destination"] == "Roissy"
        await _shift(office, commande, 4 * HOUR)
        [moved] = await _shown_to(his, ["demande.updated"])
        assert moved["demande"]["commande"]["dateISO"] == "2025-10-01T11:00:00Z"
        await accept(office, commande)
        _, mine = await _shown_to(his, ["demande.updated", UPDATED])
        course = data(await chauffeur.get(f"/api/commandes/{commande.id}"))
        assert mine == {"commande": course, "version": course["version"], "par": par(chauffeur)}
        await _shift(office, commande, 5 * HOUR)
        [shifted] = await _shown_to(his, [UPDATED])
        assert (shifted["commande"]["dateISO"], shifted["par"]) == ("2025-10-01T12:00:00Z", par(office.admin))
        await start(office, commande)
        assert (await _shown_to(his, [UPDATED]))[0]["commande"]["statut"] == "en-cours"
        await end(office, commande)
        assert (await _shown_to(his, [UPDATED]))[0]["commande"]["statut"] == "terminee"
        assert len(await watched.frames()) == 8


async def _shift(office: Office, commande: Any, later: timedelta) -> None:
    office.api.clock.advance(SECOND)
    body = {"dateISO": (NOW + later).isoformat()}
    data(await office.admin.patch(f"/api/commandes/{commande.id}", body))


@pytest.mark.parametrize("how", ["taken back", "given to another", "hors-service"])
async def test_course_is_cancelled_on_the_phone_of_whoever_lost_it(api: Api, how: str) -> None:
    office = await an_office(api)
    commande = await office.commande()
    former, other = office.chauffeurs
    await proposed(office, commande)
    await accept(office, commande)
    async with phone(former) as his, phone(other) as others:
        await his.frames()
        if how == "taken back":
            await take_back(office, commande)
        elif how == "hors-service":
            await out_of_service(office, commande)
        else:
            await proposed(office, commande, to=(office.taxis[1], other))
        over, lost = await _shown_to(his, ["demande.updated", "commande.cancelled"])
        assert over["demande"]["statut"] == "annulee"
        assert lost["commande"]["id"] == str(commande.id)
        assert (lost["commande"]["taxiId"], lost["commande"]["demande"], lost["commande"]["actions"]) == (
            None,
            None,
            [],
        )
        assert lost["par"] == par(office.admin)
        assert await others.types() == (["demande.created"] if how == "given to another" else [])


async def test_course_is_cancelled_on_phones_when_nobody_wants_it_any_more(api: Api) -> None:
    office = await an_office(api)
    asked_for, taken = await office.commande(), await office.commande(date_iso=NOW + 9 * HOUR)
    await proposed(office, taken)
    await accept(office, taken)
    await proposed(office, asked_for, to=(office.taxis[1], office.chauffeurs[1]))
    async with phone(office.chauffeurs[0]) as his, phone(office.chauffeurs[1]) as hers:
        await his.frames()
        await hers.frames()
        for commande in (taken, asked_for):
            data(await office.admin.delete(f"/api/commandes/{commande.id}", motif="Vol annulé"))
        _, gone = await _shown_to(his, ["demande.updated", "commande.cancelled"])
        assert gone["commande"] == data(await office.chauffeurs[0].get(f"/api/commandes/{taken.id}"))
        [over] = await _shown_to(hers, ["demande.updated"])
        assert (over["demande"]["statut"], over["demande"]["commande"]["statut"]) == ("annulee", "annulee")


async def test_chauffeur_has_it_again_when_the_move_is_taken_back(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    for deed in (propose, accept, take_back):
        await deed(office, commande)
    async with phone(office.chauffeurs[0]) as his:
        await his.frames()
        await undo(office, commande)
        granted, back = await _shown_to(his, ["demande.updated", UPDATED])
        assert granted["demande"]["statut"] == "acceptee"
        assert back["commande"]["statut"] == "assignee"


async def test_each_phone_is_told_of_what_expires(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    await proposed(office, commande)
    async with phone(office.chauffeurs[0]) as his:
        await his.frames()
        await expire(office, commande)
        assert (await his.only("demande.updated"))["demande"]["statut"] == "expiree"


async def test_colleague_without_a_course_hears_nothing(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    async with phone(office.chauffeurs[1]) as others:
        for deed in (propose, accept, start, end):
            await deed(office, commande)
        assert await others.frames() == []
