"""Commandes that find their chauffeur by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.kernel.geo import Point
from tests.support.api import Api
from tests.support.factories import HOUR, MINUTE, NOW, SECOND
from tests.support.nova import Office, an_office
from tests.support.offers import asked, noticed, proposed, seen, standing, statuts
from tests.support.wire import data, refusal

PLATEAU = {"lat": 5.3200, "lon": -4.0200}
NEAR, FAR, FARTHER = Point(5.3210, -4.0200), Point(5.3300, -4.0200), Point(5.3400, -4.0200)
GIVEN_UP = NotificationType.DEMANDE_EXPIREE


async def an_automatic_office(api: Api, *points: Point) -> Office:
    """A company that dispatches by itself, with a taxi at each point."""
    office = await an_office(api, taxis=len(points), dispatch_auto=True)
    await all_seen(office, *points)
    return office


async def all_seen(office: Office, *points: Point) -> None:
    """The taxis say again where they are."""
    for taxi, point in zip(office.taxis, points, strict=True):
        await seen(office, taxi, point)


async def ordered(office: Office, *, at: Any = NOW, **given: Any) -> Any:
    """A commande that a dispatcher enters without a taxi."""
    body = {
        "clientId": str(office.client.id),
        "priseEnCharge": "Plateau",
        "destination": "Aéroport",
        "priseEnChargePoint": PLATEAU,
        "dateISO": at.isoformat(),
        **given,
    }
    card = data(await office.admin.post("/api/commandes", body), 201)
    return await card_of(office, card["id"])


async def card_of(office: Office, id: str) -> Any:
    """A commande as it stands in the store."""
    return next(each for each in await office.api.inside.dispatch("commandes") if str(each.id) == id)


async def dispatched(office: Office, commande: Any) -> int | None:
    """The place in the office of the chauffeur whom the automatic dispatch asks now; None when it asks nobody."""
    await office.api.run("dispatch")
    found = [n for n, chauffeur in enumerate(office.chauffeurs) if await asked(chauffeur, commande)]
    assert len(found) <= 1
    return found[0] if found else None


async def refuse(office: Office, place: int | None, commande: Any) -> None:
    """He says no."""
    assert place is not None
    chauffeur = office.chauffeurs[place]
    data(await chauffeur.post(f"/api/demandes/{(await asked(chauffeur, commande))['id']}/refuse"))


async def test_nearest_is_asked_at_once(api: Api) -> None:
    office = await an_automatic_office(api, FAR, NEAR, FARTHER)
    commande = await ordered(office)
    assert await dispatched(office, commande) == 1
    found = await standing(api, office, commande)
    assert (found.taxi_id, found.statut, found.essais_auto) == (office.taxis[1].id, "en-attente", 1)
    assert await dispatched(office, commande) == 1
    assert await statuts(api, commande) == ["proposee"]


async def test_next_nearest_is_asked_when_one_refuses_or_does_not_answer(api: Api) -> None:
    office = await an_automatic_office(api, FAR, NEAR, FARTHER)
    commande = await ordered(office, at=NOW + HOUR / 2)
    await refuse(office, await dispatched(office, commande), commande)
    assert await dispatched(office, commande) == 0
    api.clock.advance(180 * SECOND)
    await all_seen(office, FAR, NEAR, FARTHER)
    await api.run("demandes")
    assert await dispatched(office, commande) == 2
    demande = await asked(office.chauffeurs[2], commande)
    accepted = data(await office.chauffeurs[2].post(f"/api/demandes/{demande['id']}/accept"))
    assert accepted["commande"]["statut"] == "assignee"
    assert await noticed(api, office.admin) == [
        NotificationType.DEMANDE_REFUSEE, NotificationType.DEMANDE_EXPIREE, NotificationType.COMMANDE_ASSIGNEE
    ]  # fmt: skip


async def test_admins_are_told_once_when_three_tries_were_in_vain(api: Api) -> None:
    office = await an_automatic_office(api, NEAR, NEAR, NEAR, NEAR)
    commande = await ordered(office, at=NOW + HOUR / 2)
    for _ in range(3):
        await refuse(office, await dispatched(office, commande), commande)
    assert await dispatched(office, commande) is None
    assert await dispatched(office, commande) is None
    assert await noticed(api, office.admin) == [*[NotificationType.DEMANDE_REFUSEE] * 3, GIVEN_UP]
    assert (await standing(api, office, commande)).auto_at is None


async def test_admins_are_told_once_when_nobody_is_free_until_it_begins(api: Api) -> None:
    office = await an_automatic_office(api)
    commande = await ordered(office, at=NOW + 10 * MINUTE)
    version = commande.version
    for _ in range(3):
        assert await dispatched(office, commande) is None
        api.clock.advance(10 * SECOND)
    assert await noticed(api, office.admin) == []
    api.clock.advance(10 * MINUTE)
    assert await dispatched(office, commande) is None
    assert await dispatched(office, commande) is None
    assert await noticed(api, office.admin) == [GIVEN_UP]
    assert (await standing(api, office, commande)).version == version


async def test_asked_when_somebody_becomes_free_in_time(api: Api) -> None:
    office = await an_automatic_office(api, NEAR)
    api.clock.advance(3 * MINUTE)
    commande = await ordered(office, at=NOW + 10 * MINUTE)
    assert await dispatched(office, commande) is None
    await all_seen(office, NEAR)
    assert await dispatched(office, commande) is None
    api.clock.advance(10 * SECOND)
    assert await dispatched(office, commande) == 0


async def test_pre_booking_waits_until_45_minutes_before(api: Api) -> None:
    office = await an_automatic_office(api, NEAR)
    commande = await ordered(office, at=NOW + 2 * HOUR)
    assert commande.auto_at == NOW + 2 * HOUR - 45 * MINUTE
    api.clock.advance(HOUR + 15 * MINUTE - SECOND)
    await all_seen(office, NEAR)
    assert await dispatched(office, commande) is None
    api.clock.advance(SECOND)
    assert await dispatched(office, commande) == 0


@pytest.mark.parametrize("hours", [1, 4])
async def test_looked_at_by_its_new_time_when_it_is_moved(api: Api, hours: int) -> None:
    office = await an_automatic_office(api, NEAR)
    commande = await ordered(office, at=NOW + 2 * HOUR)
    at = NOW + hours * HOUR
    data(await office.admin.patch(f"/api/commandes/{commande.id}", {"dateISO": at.isoformat()}))
    assert (await standing(api, office, commande)).auto_at == at - 45 * MINUTE


async def test_all_tries_are_to_be_had_again_when_it_is_moved(api: Api) -> None:
    office = await an_automatic_office(api, NEAR, NEAR, NEAR)
    commande = await ordered(office, at=NOW + HOUR / 2)
    for _ in range(3):
        await refuse(office, await dispatched(office, commande), commande)
    await office.equip()
    await all_seen(office, NEAR, NEAR, NEAR, NEAR)
    assert await dispatched(office, commande) is None
    body = {"dateISO": (NOW + HOUR / 4).isoformat()}
    data(await office.admin.patch(f"/api/commandes/{commande.id}", body))
    assert await dispatched(office, commande) == 3


async def test_goes_on_when_a_dispatchers_own_proposal_is_refused(api: Api) -> None:
    office = await an_automatic_office(api, NEAR, FAR)
    commande = await ordered(office, taxiId=str(office.taxis[0].id))
    assert commande.auto_at is None
    assert await dispatched(office, commande) == 0
    await refuse(office, 0, commande)
    assert await dispatched(office, commande) == 1


async def test_another_is_asked_when_a_dispatcher_takes_it_back(api: Api) -> None:
    office = await an_automatic_office(api, NEAR, FAR)
    commande = await ordered(office)
    assert await dispatched(office, commande) == 0
    demande = await asked(office.chauffeurs[0], commande)
    data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"))
    data(await office.admin.patch(f"/api/commandes/{commande.id}", {"taxiId": None}))
    assert (await standing(api, office, commande)).essais_auto == 0
    assert await dispatched(office, commande) == 1


async def test_untouched_while_several_are_asked_and_goes_on_after(api: Api) -> None:
    office = await an_automatic_office(api, NEAR, FAR)
    commande = await ordered(office, at=NOW + HOUR / 2)
    body = {"taxiIds": [str(office.taxis[0].id)]}
    data(await office.admin.post(f"/api/commandes/{commande.id}/diffusion", body))
    assert (await standing(api, office, commande)).auto_at is None
    await refuse(office, await dispatched(office, commande), commande)
    assert await dispatched(office, commande) == 1


async def test_busy_and_unseen_chauffeurs_are_passed_over(api: Api) -> None:
    office = await an_automatic_office(api, NEAR, FAR, FARTHER)
    await office.commande(
        date_iso=NOW, statut=CommandeStatut.ASSIGNEE, taxi_id=office.taxis[0].id, chauffeur_id=office.chauffeurs[0].id
    )
    api.clock.advance(3 * MINUTE)
    await seen(office, office.taxis[0], NEAR)
    await seen(office, office.taxis[2], FARTHER)
    commande = await ordered(office, at=NOW + 10 * MINUTE)
    assert await dispatched(office, commande) == 2


async def test_two_commandes_find_two_chauffeurs(api: Api) -> None:
    office = await an_automatic_office(api, NEAR, FAR)
    commandes = [await ordered(office) for _ in range(2)]
    await api.run("dispatch")
    found = [[n for n in range(2) if await asked(office.chauffeurs[n], each)] for each in commandes]
    assert sorted(found) == [[0], [1]]


async def test_turns_are_taken_when_nobody_knows_where_it_begins(api: Api) -> None:
    office = await an_automatic_office(api, NEAR, FAR)
    await all_seen(office, NEAR, FAR)
    places = []
    for n in range(4):
        commande = await ordered(office, at=NOW + n * HOUR, priseEnChargePoint=None)
        data(await office.admin.patch(f"/api/commandes/{commande.id}", {"dateISO": NOW.isoformat()}))
        places.append(await dispatched(office, commande))
        data(await office.admin.delete(f"/api/commandes/{commande.id}"))
        api.clock.advance(SECOND)
    assert set(places[:2]) == {0, 1}
    assert places[2:] == places[:2]


async def test_nothing_is_offered_when_the_company_does_without(api: Api) -> None:
    office = await an_office(api, taxis=1)
    await all_seen(office, NEAR)
    commande = await ordered(office)
    assert (commande.auto_at, await dispatched(office, commande)) == (None, None)


async def test_stops_when_the_company_switches_it_off(api: Api) -> None:
    office = await an_automatic_office(api, NEAR)
    commande = await ordered(office)
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        societe = await unit.societes.get(office.societe.id)
        societe.dispatch_auto = False
        await unit.societes.save(societe)
    assert await dispatched(office, commande) is None
    assert (await standing(api, office, commande)).auto_at is None
    assert await noticed(api, office.admin) == []


async def test_course_of_the_past_is_nobodys_to_find(api: Api) -> None:
    office = await an_automatic_office(api, NEAR)
    commande = await ordered(office, at=NOW - HOUR)
    assert (commande.auto_at, await dispatched(office, commande)) == (None, None)
    begun = await ordered(office, at=NOW - HOUR + MINUTE)
    api.clock.advance(MINUTE)
    assert await dispatched(office, begun) is None
    assert await noticed(api, office.admin) == []


async def test_only_ones_own_chauffeurs_are_asked(api: Api) -> None:
    office, other = await an_automatic_office(api, FAR), await an_automatic_office(api, NEAR)
    commande = await ordered(office)
    assert await dispatched(office, commande) == 0
    assert await asked(other.chauffeurs[0], commande) is None
    demande = await asked(office.chauffeurs[0], commande)
    refusal(await other.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"), 404, "not_found")


async def test_refusing_chauffeur_is_not_asked_again_when_he_is_the_only_one(api: Api) -> None:
    office = await an_automatic_office(api, NEAR)
    commande = await ordered(office, at=NOW + 5 * MINUTE)
    await refuse(office, await dispatched(office, commande), commande)
    assert await dispatched(office, commande) is None
    own = await office.commande()
    await proposed(office, own)
    assert await statuts(api, commande) == ["refusee"]
