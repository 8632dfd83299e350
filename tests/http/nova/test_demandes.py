"""Offers to chauffeurs: who may answer, what an answer does, and when it comes too late."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.taxi import TaxiStatut
from tests.support.api import Api
from tests.support.factories import HOUR, MINUTE, NOW, SECOND
from tests.support.nova import Office, an_office
from tests.support.offers import audited, noticed, proposed, reseated, standing, statuts
from tests.support.wire import NOBODY, data, paths, refusal


async def test_asked_when_a_dispatcher_proposes(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    demande = await proposed(office, commande)
    assert demande == {
        "id": demande["id"], "commandeId": str(commande.id), "commande": demande["commande"],
        "chauffeurId": str(office.chauffeurs[0].id), "statut": "proposee", "expireAt": "2025-10-01T07:03:00Z",
        "repondueAt": None, "motif": None,
    }  # fmt: skip
    assert demande["commande"]["demande"]["expireAt"] == "2025-10-01T07:03:00Z"
    assert data(await office.chauffeurs[1].get("/api/me/demandes")) == []


async def test_soonest_end_comes_first(api: Api) -> None:
    office = await an_office(api)
    late, early = await office.commande(), await office.commande(date_iso=NOW + 6 * HOUR)
    await proposed(office, early)
    api.clock.advance(MINUTE)
    await proposed(office, late)
    answer = await office.chauffeurs[0].get("/api/me/demandes")
    assert [each["commandeId"] for each in data(answer)] == [str(early.id), str(late.id)]
    assert answer.json()["meta"]["pagination"]["total"] == 2
    page = data(await office.chauffeurs[0].get("/api/me/demandes", page_size=1, page=2, sort="-expireAt"))
    assert [each["commandeId"] for each in page] == [str(early.id)]
    assert paths(refusal(await office.chauffeurs[0].get("/api/me/demandes", statut="x"), 422, "validation_error"))


async def test_assigned_when_the_chauffeur_accepts(api: Api) -> None:
    office = await an_office(api)
    commande, chauffeur = await office.commande(), office.chauffeurs[0]
    demande = await proposed(office, commande)
    api.clock.advance(MINUTE)
    accepted = data(await chauffeur.post(f"/api/demandes/{demande['id']}/accept"))
    assert (accepted["statut"], accepted["repondueAt"]) == ("acceptee", "2025-10-01T07:01:00Z")
    card = accepted["commande"]
    assert (card["statut"], card["taxiId"], card["chauffeurId"]) == (
        "assignee", str(office.taxis[0].id), str(chauffeur.id)
    )  # fmt: skip
    assert card["actions"] == ["start"]
    assert data(await chauffeur.get("/api/me/demandes")) == []
    assert await noticed(api, office.admin) == [NotificationType.COMMANDE_ASSIGNEE]
    lines = await audited(api, office)
    assert [(action, user) for action, user in lines if user == chauffeur.id] == [
        ("demande.acceptee", chauffeur.id), ("commande.assignee", chauffeur.id)
    ]  # fmt: skip


async def test_same_answer_when_the_winner_accepts_again(api: Api) -> None:
    office = await an_office(api)
    demande = await proposed(office, await office.commande())
    first = data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"))
    lines = await audited(api, office)
    api.clock.advance(HOUR)
    assert data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept")) == first
    assert await audited(api, office) == lines


async def test_over_when_the_time_is_up_whether_or_not_the_sweeper_came(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    demande = await proposed(office, commande)
    api.clock.advance(180 * SECOND)
    for step in ("accept", "refuse", "accept"):
        answer = await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/{step}")
        assert refusal(answer, 409, "conflict") == {"statut": "expiree"}
        await api.run("demandes")
    assert data(await office.chauffeurs[0].get("/api/me/demandes")) == []
    assert (await standing(api, office, commande)).taxi_id is None


async def test_last_instant_still_counts(api: Api) -> None:
    office = await an_office(api)
    demande = await proposed(office, await office.commande())
    api.clock.advance(180 * SECOND - timedelta(microseconds=1))
    await api.run("demandes")
    data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"))


async def test_back_in_the_pool_when_the_chauffeur_refuses(api: Api) -> None:
    office = await an_office(api)
    commande, chauffeur = await office.commande(), office.chauffeurs[0]
    demande = await proposed(office, commande)
    api.clock.advance(MINUTE)
    body = {"motif": "Pneu crevé"}
    refused = data(await chauffeur.post(f"/api/demandes/{demande['id']}/refuse", body))
    assert (refused["statut"], refused["motif"]) == ("refusee", "Pneu crevé")
    card = refused["commande"]
    assert (card["statut"], card["taxiId"], card["demande"], card["diffusion"]) == ("en-attente", None, None, None)
    assert (await standing(api, office, commande)).en_attente_depuis == NOW + MINUTE
    assert await noticed(api, office.admin) == [NotificationType.DEMANDE_REFUSEE]
    assert data(await chauffeur.post(f"/api/demandes/{demande['id']}/refuse")) == refused
    answer = await chauffeur.post(f"/api/demandes/{demande['id']}/accept")
    assert refusal(answer, 409, "conflict") == {"statut": "refusee"}
    assert await noticed(api, office.admin) == [NotificationType.DEMANDE_REFUSEE]


async def test_over_when_it_is_refused_after_a_yes(api: Api) -> None:
    office = await an_office(api)
    demande = await proposed(office, await office.commande())
    data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"))
    answer = await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/refuse")
    assert refusal(answer, 409, "conflict") == {"statut": "acceptee"}


async def test_over_when_the_card_was_moved_or_cancelled(api: Api) -> None:
    office = await an_office(api)
    path = f"/api/commandes/{(commande := await office.commande()).id}"
    for step in (office.admin.patch(path, {"taxiId": str(office.taxis[1].id)}), office.admin.delete(path)):
        demande = await proposed(office, commande)
        data(await step)
        answer = await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept")
        assert refusal(answer, 409, "conflict") == {"statut": "annulee"}


async def test_not_found_when_it_is_somebody_elses(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    demande = await proposed(office, commande := await office.commande())
    for id, chauffeur in (
        (demande["id"], office.chauffeurs[1]),
        (demande["id"], other.chauffeurs[0]),
        (NOBODY, office.chauffeurs[0]),
    ):
        for step in ("accept", "refuse"):
            refusal(await chauffeur.post(f"/api/demandes/{id}/{step}"), 404, "not_found")
    assert await statuts(api, commande) == ["proposee"]


async def test_forbidden_when_the_role_is_another(api: Api) -> None:
    office = await an_office(api)
    demande = await proposed(office, commande := await office.commande())
    for step in ("accept", "refuse"):
        refusal(await office.admin.post(f"/api/demandes/{demande['id']}/{step}"), 403, "forbidden")
    refusal(await office.admin.get("/api/me/demandes"), 403, "forbidden")
    refusal(await office.chauffeurs[0].post(f"/api/commandes/{commande.id}/diffusion"), 403, "forbidden")


@pytest.mark.parametrize("body", [{"motif": ""}, {"motif": "x" * 201}, {"motif": 1}, {"reason": "no"}])
async def test_refused_when_the_reason_is_unsound(api: Api, body: dict[str, Any]) -> None:
    office = await an_office(api)
    demande = await proposed(office, await office.commande())
    answer = await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/refuse", body)
    assert paths(refusal(answer, 422, "validation_error")) == [next(iter(body))]


async def filled_meanwhile(office: Office, commande: Commande, **given: Any) -> Commande:
    """A course of the same hour that the first taxi has been given past all checks."""
    return await office.commande(
        date_iso=commande.date_iso,
        statut=CommandeStatut.ASSIGNEE,
        taxi_id=office.taxis[0].id,
        chauffeur_id=office.chauffeurs[0].id,
        **given,
    )


async def test_conflict_when_the_day_has_filled_up_meanwhile(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    demande = await proposed(office, commande)
    other = await filled_meanwhile(office, commande)
    details = refusal(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"), 409, "conflict")
    assert details["conflits"] == [
        {
            "commandeId": str(other.id),
            "reference": other.reference,
            "code": "chevauchement",
            "minutesManquantes": 60,
        }
    ]
    assert [each["id"] for each in data(await office.chauffeurs[0].get("/api/me/demandes"))] == [demande["id"]]


async def test_conflict_when_he_has_the_hour_on_another_taxi(api: Api) -> None:
    office = await an_office(api)
    commande = await office.commande()
    demande = await proposed(office, commande)
    await office.commande(
        date_iso=commande.date_iso,
        statut=CommandeStatut.ASSIGNEE,
        taxi_id=office.taxis[1].id,
        chauffeur_id=office.chauffeurs[0].id,
    )
    details = refusal(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"), 409, "conflict")
    assert [each["code"] for each in details["conflits"]] == ["chevauchement"]


async def test_overlap_is_taken_when_the_dispatcher_meant_it(api: Api) -> None:
    office = await an_office(api)
    first, commande = await office.commande(), await office.commande()
    data(await office.chauffeurs[0].post(f"/api/demandes/{(await proposed(office, first))['id']}/accept"))
    demande = await proposed(office, commande, force=True, motif="Deux clients du même hôtel")
    data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"))
    assert (await standing(api, office, commande)).chevauchement_force
    assert not (await standing(api, office, first)).chevauchement_force


async def test_not_marked_as_forced_when_nothing_overlaps_any_more(api: Api) -> None:
    office = await an_office(api)
    other, commande = await office.commande(), await office.commande()
    await proposed(office, other)
    demande = await proposed(office, commande, force=True, motif="L’un ou l’autre")
    data(await office.admin.delete(f"/api/commandes/{other.id}"))
    data(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"))
    assert not (await standing(api, office, commande)).chevauchement_force


async def test_no_conflict_when_the_other_is_only_asked(api: Api) -> None:
    office = await an_office(api)
    first, second = await office.commande(), await office.commande()
    one = await proposed(office, first)
    two = await proposed(office, second, force=True, motif="L’un ou l’autre")
    data(await office.chauffeurs[0].post(f"/api/demandes/{one['id']}/accept"))
    assert [each["id"] for each in data(await office.chauffeurs[0].get("/api/me/demandes"))] == [two["id"]]


async def test_conflict_when_he_lost_the_taxi_meanwhile(api: Api) -> None:
    office = await an_office(api)
    demande = await proposed(office, await office.commande())
    await reseated(office, office.chauffeurs[0], None)
    details = refusal(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"), 409, "conflict")
    assert [each["code"] for each in details["conflits"]] == ["sans-chauffeur"]


async def test_conflict_when_the_taxi_was_taken_off_the_road(api: Api) -> None:
    office = await an_office(api)
    demande = await proposed(office, await office.commande())
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        taxi = await unit.taxis.get(office.taxis[0].id, lock=True)
        taxi.statut = TaxiStatut.HORS_SERVICE
        await unit.taxis.save(taxi)
    details = refusal(await office.chauffeurs[0].post(f"/api/demandes/{demande['id']}/accept"), 409, "conflict")
    assert [each["code"] for each in details["conflits"]] == ["hors-service"]


async def test_one_course_when_one_chauffeur_accepts_two_that_overlap(api: Api) -> None:
    office = await an_office(api, taxis=1)
    chauffeur = office.chauffeurs[0]
    one, two = await office.commande(), await office.commande(date_iso=NOW + 3 * HOUR + 30 * MINUTE)
    asked = [await proposed(office, one), await proposed(office, two, force=True, motif="L’un ou l’autre")]
    await unforced(api, office, two)
    answers = await asyncio.gather(*(chauffeur.post(f"/api/demandes/{each['id']}/accept") for each in asked))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    found = sorted([(await standing(api, office, each)).statut for each in (one, two)])
    assert found == ["assignee", "en-attente"]


async def unforced(api: Api, office: Office, commande: Commande) -> None:
    """Its open demandes without the dispatcher's word, as if the overlap had come later."""
    async with api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        for demande in await unit.demandes.of_commande(commande.id):
            demande.force = False
            await unit.demandes.save(demande)


async def test_given_back_when_nobody_answers(api: Api) -> None:
    office = await an_office(api, demande_secondes=30)
    commande = await office.commande()
    await proposed(office, commande)
    await api.run("demandes")
    assert (await standing(api, office, commande)).taxi_id is not None
    api.clock.advance(30 * SECOND)
    await api.run("demandes")
    await api.run("demandes")
    found = await standing(api, office, commande)
    assert (found.taxi_id, found.statut, found.en_attente_depuis) == (None, "en-attente", NOW + 30 * SECOND)
    assert await statuts(api, commande) == ["expiree"]
    assert await noticed(api, office.admin) == [NotificationType.DEMANDE_EXPIREE]
