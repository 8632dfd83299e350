"""One course that several chauffeurs are asked for at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.taxi import TaxiStatut
from allonova.domain.kernel.geo import Point
from tests.support.api import Api
from tests.support.factories import HOUR, MINUTE, NOW, SECOND
from tests.support.nova import Office, an_office
from tests.support.offers import asked, audited, noticed, proposed, reseated, seen, standing, statuts
from tests.support.wire import NOBODY, data, paths, refusal

PLATEAU = Point(5.3200, -4.0200)
NEAR, FAR, FARTHER = Point(5.3210, -4.0200), Point(5.3500, -4.0200), Point(5.5000, -4.0200)


async def broadcast(office: Office, commande: Any, body: object = None) -> Any:
    """The card after a broadcast."""
    return data(await office.admin.post(f"/api/commandes/{commande.id}/diffusion", body))


async def asked_of(office: Office, commande: Any) -> list[int]:
    """The places of those chauffeurs in the office who have an open demande for it."""
    return [n for n, chauffeur in enumerate(office.chauffeurs) if await asked(chauffeur, commande) is not None]


async def test_first_yes_has_it_when_several_are_asked(api: Api) -> None:
    office = await an_office(api, taxis=3)
    commande = await office.commande()
    card = await broadcast(office, commande)
    assert (card["statut"], card["taxiId"], card["demande"]) == ("en-attente", None, None)
    assert card["diffusion"] == {"demandes": 3, "expireAt": "2025-10-01T07:03:00Z"}
    assert card["version"] == 2
    demandes = [await asked(chauffeur, commande) for chauffeur in office.chauffeurs]
    won = data(await office.chauffeurs[1].post(f"/api/demandes/{demandes[1]['id']}/accept"))
    assert won["commande"]["chauffeurId"] == str(office.chauffeurs[1].id)
    assert await asked_of(office, commande) == []
    assert sorted(await statuts(api, commande)) == ["acceptee", "annulee", "annulee"]
    late = await office.chauffeurs[0].post(f"/api/demandes/{demandes[0]['id']}/accept")
    assert refusal(late, 409, "conflict") == {"statut": "annulee"}
    assert ("commande.diffusee", office.admin.id) in await audited(api, office)


async def test_one_wins_when_all_accept_at_once(api: Api) -> None:
    office = await an_office(api, taxis=5)
    commande = await office.commande()
    await broadcast(office, commande)
    sent = [
        chauffeur.post(f"/api/demandes/{(await asked(chauffeur, commande))['id']}/accept")
        for chauffeur in office.chauffeurs
    ]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    late = [refusal(answer, 409, "conflict") for answer in answers if answer.status_code == 409]
    assert late == [{"statut": "annulee"}] * 4


async def test_pool_when_the_last_of_several_has_refused(api: Api) -> None:
    office = await an_office(api, taxis=2)
    commande = await office.commande()
    await broadcast(office, commande)
    demandes = [await asked(chauffeur, commande) for chauffeur in office.chauffeurs]
    for chauffeur, demande, told in zip(office.chauffeurs, demandes, (0, 1), strict=True):
        api.clock.advance(MINUTE)
        data(await chauffeur.post(f"/api/demandes/{demande['id']}/refuse"))
        assert await noticed(api, office.admin) == [NotificationType.DEMANDE_REFUSEE] * told
    assert (await standing(api, office, commande)).en_attente_depuis == NOW + 2 * MINUTE


async def test_pool_when_some_refused_and_the_others_let_it_pass(api: Api) -> None:
    office = await an_office(api, taxis=3)
    commande = await office.commande()
    await broadcast(office, commande)
    data(await office.chauffeurs[0].post(f"/api/demandes/{(await asked(office.chauffeurs[0], commande))['id']}/refuse"))
    api.clock.advance(180 * SECOND)
    await api.run("demandes")
    assert sorted(await statuts(api, commande)) == ["expiree", "expiree", "refusee"]
    assert await noticed(api, office.admin) == [NotificationType.DEMANDE_EXPIREE]
    assert (await standing(api, office, commande)).en_attente_depuis == NOW + 180 * SECOND


async def test_asked_anew_when_it_is_broadcast_again(api: Api) -> None:
    office = await an_office(api, taxis=2)
    commande = await office.commande()
    first = await proposed(office, commande)
    card = await broadcast(office, commande)
    assert (card["taxiId"], card["diffusion"]["demandes"]) == (None, 2)
    assert sorted(await statuts(api, commande)) == ["annulee", "proposee", "proposee"]
    answer = await office.chauffeurs[0].post(f"/api/demandes/{first['id']}/accept")
    assert refusal(answer, 409, "conflict") == {"statut": "annulee"}


async def test_only_those_who_are_free_are_asked(api: Api) -> None:
    office = await an_office(api, taxis=6)
    commande = await office.commande()
    other = await office.commande(date_iso=commande.date_iso + 30 * MINUTE)
    await office.commande(
        statut=CommandeStatut.ASSIGNEE, taxi_id=office.taxis[0].id, chauffeur_id=office.chauffeurs[0].id
    )
    await proposed(office, other, to=(office.taxis[1], office.chauffeurs[1]))
    await reseated(office, office.chauffeurs[2], None)
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        for number, statut in ((3, TaxiStatut.EN_COURSE), (4, TaxiStatut.HORS_SERVICE)):
            taxi = await unit.taxis.get(office.taxis[number].id)
            taxi.statut = statut
            await unit.taxis.save(taxi)
    await broadcast(office, commande)
    assert await asked_of(office, commande) == [5]


async def test_only_those_named_are_asked(api: Api) -> None:
    office = await an_office(api, taxis=3)
    commande = await office.commande()
    await broadcast(office, commande, {"taxiIds": [str(office.taxis[2].id), str(office.taxis[0].id)]})
    assert await asked_of(office, commande) == [0, 2]


async def test_only_those_near_by_are_asked_when_there_is_a_radius(api: Api) -> None:
    office = await an_office(api, taxis=4)
    commande = await office.commande(prise_en_charge_point=PLATEAU)
    for taxi, point in zip(office.taxis, (FAR, NEAR, FARTHER), strict=False):
        await seen(office, taxi, point)
    await broadcast(office, commande, {"rayonKm": 5})
    assert await asked_of(office, commande) == [0, 1]
    await broadcast(office, commande, {"rayonKm": 0.5})
    assert await asked_of(office, commande) == [1]
    await broadcast(office, commande)
    assert await asked_of(office, commande) == [0, 1, 2, 3]


async def test_nobody_near_by_when_positions_are_old(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande(prise_en_charge_point=PLATEAU)
    await seen(office, office.taxis[0], NEAR)
    api.clock.advance(2 * MINUTE + SECOND)
    refusal(await office.admin.post(f"/api/commandes/{commande.id}/diffusion", {"rayonKm": 5}), 409, "conflict")


async def test_nothing_has_changed_when_nobody_is_free(api: Api) -> None:
    office = await an_office(api, taxis=1)
    commande = await office.commande()
    demande = await proposed(office, commande)
    await reseated(office, office.chauffeurs[0], None)
    before = await api.inside.everything()
    answer = await office.admin.post(f"/api/commandes/{commande.id}/diffusion")
    assert answer.json()["error"]["message"] == "Aucun chauffeur n'est libre pour cette course."
    refusal(answer, 409, "conflict")
    assert await api.inside.everything() == before
    assert await asked(office.chauffeurs[0], commande) == demande


async def test_refused_when_there_is_no_point_for_the_radius(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    answer = await office.admin.post(f"/api/commandes/{commande.id}/diffusion", {"rayonKm": 5})
    assert paths(refusal(answer, 422, "validation_error")) == ["rayonKm"]


@pytest.mark.parametrize(
    "body",
    [
        {"rayonKm": 0},
        {"rayonKm": -1},
        {"rayonKm": "5"},
        {"rayonKm": 501},
        {"taxiIds": []},
        {"taxiIds": ["x"]},
        {"x": 1},
    ],
)
async def test_refused_when_the_body_is_unsound(api: Api, body: dict[str, Any]) -> None:
    office = await an_office(api, taxis=0)
    commande = await office.commande()
    answer = await office.admin.post(f"/api/commandes/{commande.id}/diffusion", body)
    assert [path.partition(".")[0] for path in paths(refusal(answer, 422, "validation_error"))] == list(body)


async def test_not_found_when_commande_or_taxi_is_anothers(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    commande, theirs = await office.commande(), await other.commande()
    for id, body in (
        (theirs.id, None),
        (NOBODY, None),
        (commande.id, {"taxiIds": [str(office.taxis[0].id), str(other.taxis[0].id)]}),
    ):
        refusal(await office.admin.post(f"/api/commandes/{id}/diffusion", body), 404, "not_found")


async def test_refused_when_it_is_no_longer_waiting(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    demande = await proposed(office, commande)
    data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"))
    refusal(await office.admin.post(f"/api/commandes/{commande.id}/diffusion"), 409, "invalid_transition")


async def test_refused_when_the_card_has_changed_since(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    path = f"/api/commandes/{commande.id}/diffusion"
    stale = await office.admin.send("POST", path, headers={"If-Match": '"7"'})
    assert refusal(stale, 412, "precondition_failed")["current"]["version"] == 1
    good = await office.admin.send("POST", path, headers={"If-Match": '"1"'})
    assert (data(good)["version"], good.headers["etag"]) == (2, '"2"')


async def test_version_is_required_when_the_company_wants_it(api: Api) -> None:
    office = await an_office(api, version_obligatoire=True)
    commande = await office.commande()
    refusal(await office.admin.post(f"/api/commandes/{commande.id}/diffusion"), 428, "precondition_required")


async def test_taxi_is_free_again_when_its_demande_has_ended(api: Api) -> None:
    office = await an_office(api, taxis=1)
    one, two = await office.commande(), await office.commande()
    await broadcast(office, one)
    refusal(await office.admin.post(f"/api/commandes/{two.id}/diffusion"), 409, "conflict")
    api.clock.advance(180 * SECOND)
    await broadcast(office, two)
    assert await asked_of(office, two) == [0]


async def test_no_commande_is_asked_for_twice_at_once(api: Api) -> None:
    office = await an_office(api, taxis=1)
    commandes = [await office.commande(date_iso=NOW + 3 * HOUR + n * MINUTE) for n in range(3)]
    sent = [office.admin.post(f"/api/commandes/{each.id}/diffusion") for each in commandes]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
