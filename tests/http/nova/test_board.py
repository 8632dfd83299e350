"""The board: cards are entered, moved, taken back, confirmed, driven, cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.domain.dispatch.taxi import TaxiStatut
from tests.support.api import Api
from tests.support.factories import NOW
from tests.support.nova import Colleague, Office, a_client, a_taxi, an_office, keep_in
from tests.support.wire import NOBODY, data, fresh_key, refusal

SOON = NOW + timedelta(hours=2)
WHY = {"force": True, "motif": "Le client attend"}


def a_body(office: Office, **given: Any) -> dict[str, Any]:
    body = {
        "clientId": str(office.client.id),
        "priseEnCharge": "Gare de Lyon",
        "destination": "Orly",
        "dateISO": SOON.isoformat(),
    }
    return body | given


async def entered(office: Office, **given: Any) -> Any:
    office.api.clock.advance(timedelta(seconds=1))
    return data(await office.admin.post("/api/commandes", a_body(office, **given)), 201)


async def proposed(office: Office, taxi: int = 0, **given: Any) -> Any:
    return await entered(office, taxiId=str(office.taxis[taxi].id), **given)


async def assigned(office: Office, taxi: int = 0, **given: Any) -> Any:
    return await moved(office, await proposed(office, taxi, **given), {"statut": "assignee"})


async def moved(office: Office, card: Any, body: Any, **more: Any) -> Any:
    office.api.clock.advance(timedelta(seconds=1))
    return data(await office.admin.patch(f"/api/commandes/{card['id']}", body, **more))


async def notices(office: Office, colleague: Colleague) -> list[str]:
    """The types of what somebody was told, in order."""
    rows = await office.api.inside.dispatch("notifications")
    return [str(row.type) for row in rows if row.user_id == colleague.id]


async def statuts(api: Api, card: Any) -> list[str]:
    """How the card's demandes stand, the oldest first."""
    return [str(row.statut) for row in await api.inside.dispatch("demandes") if row.commande_id == UUID(card["id"])]


async def the(api: Api, table: str, id: str | UUID) -> Any:
    """A row."""
    return next(row for row in await api.inside.dispatch(table) if str(row.id) == str(id))


async def test_order_waits_in_the_pool_with_the_next_reference_when_entered(api: Api) -> None:
    office = await an_office(api)
    first = await entered(office, vol="AF 702", passagers=3)
    second = await entered(office)
    assert (first["reference"], second["reference"]) == ("NV-2025-000001", "NV-2025-000002")
    assert first["statut"] == "en-attente"
    assert first["dureeMinutes"] == 60
    assert first["dateISO"] == "2025-10-01T09:00:00Z"
    assert (first["taxiId"], first["demande"], first["source"]) == (None, None, "admin")
    assert first["client"]["nom"] == office.client.nom
    assert set(first["actions"]) == {"propose", "broadcast", "move", "cancel"}


async def test_answer_is_replayed_when_the_key_comes_again(api: Api) -> None:
    office, key = await an_office(api), fresh_key()
    once = await office.admin.post("/api/commandes", a_body(office), key=key)
    again = await office.admin.post("/api/commandes", a_body(office), key=key)
    assert again.content == once.content
    assert again.headers["idempotent-replayed"] == "true"
    refusal(await office.admin.post("/api/commandes", a_body(office, bagages=2), key=key), 422, "idempotency_mismatch")


async def test_order_is_refused_when_its_client_is_nobodys(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    for id in (NOBODY, str(other.client.id)):
        refusal(await office.admin.post("/api/commandes", a_body(office, clientId=id)), 404, "not_found")


async def test_refusal_speaks_french_when_nobody_says_otherwise(api: Api) -> None:
    office = await an_office(api)
    answer = await office.admin.post("/api/commandes", a_body(office, clientId=NOBODY))
    assert answer.json()["error"]["message"] == "Cela n'existe pas."
    english = await office.admin.send(
        "POST", "/api/commandes", json=a_body(office, clientId=NOBODY), headers={"Accept-Language": "en"}
    )
    assert english.json()["error"]["message"] == "There is no such thing."


async def test_chauffeur_is_asked_and_the_card_stands_on_his_taxi_when_proposed(api: Api) -> None:
    office = await an_office(api)
    card = await entered(office)
    shown = await moved(office, card, {"taxiId": str(office.taxis[0].id)})
    assert (shown["statut"], shown["taxi"]["numero"]) == ("en-attente", office.taxis[0].numero)
    assert shown["demande"]["chauffeurId"] == str(office.chauffeurs[0].id)
    assert shown["demande"]["expireAt"] == "2025-10-01T07:03:02Z"
    assert shown["version"] == card["version"] + 1
    assert await notices(office, office.chauffeurs[0]) == ["demande.recue"]


async def test_another_proposal_ends_the_first_when_the_card_is_dragged_on(api: Api) -> None:
    office = await an_office(api)
    card = await proposed(office)
    shown = await moved(office, card, {"taxiId": str(office.taxis[1].id)})
    assert shown["demande"]["chauffeurId"] == str(office.chauffeurs[1].id)
    assert await statuts(api, card) == ["annulee", "proposee"]


async def test_card_is_back_in_the_pool_when_dropped_there(api: Api) -> None:
    office = await an_office(api)
    card = await assigned(office)
    shown = await moved(office, card, {"taxiId": None})
    assert (shown["statut"], shown["taxiId"], shown["chauffeurId"]) == ("en-attente", None, None)
    assert await notices(office, office.chauffeurs[0]) == ["demande.recue", "commande.assignee", "commande.annulee"]
    same = await moved(office, shown, {"taxiId": None})
    assert same["version"] == shown["version"]


async def test_course_is_his_when_a_dispatcher_confirms_by_phone(api: Api) -> None:
    office = await an_office(api)
    card = await assigned(office)
    assert (card["statut"], card["chauffeurId"]) == ("assignee", str(office.chauffeurs[0].id))
    assert await statuts(api, card) == ["acceptee"]
    rows = await api.inside.dispatch("audit_log")
    assert [row.action for row in rows if row.entity == "commande"][-1] == "commande.confirmee"


async def test_nothing_is_confirmed_when_nobody_is_asked_or_time_is_up(api: Api) -> None:
    office = await an_office(api)
    path = f"/api/commandes/{(await entered(office))['id']}"
    refusal(await office.admin.patch(path, {"statut": "assignee"}), 409, "invalid_transition")
    card = await proposed(office)
    api.clock.advance(timedelta(minutes=3))
    details = refusal(await office.admin.patch(f"/api/commandes/{card['id']}", {"statut": "assignee"}), 409, "conflict")
    assert details == {"statut": "expiree"}


async def test_taxi_follows_when_the_course_is_driven(api: Api) -> None:
    office = await an_office(api)
    chauffeur, path = office.chauffeurs[0], f"/api/commandes/{(await assigned(office))['id']}"
    assert data(await chauffeur.patch(path, {"statut": "en-cours"}))["statut"] == "en-cours"
    assert (await the(api, "taxis", office.taxis[0].id)).statut == "en-course"
    assert data(await chauffeur.patch(path, {"statut": "terminee"}))["actions"] == []
    assert (await the(api, "taxis", office.taxis[0].id)).statut == "disponible"
    refusal(await chauffeur.patch(path, {"statut": "en-cours"}), 409, "invalid_transition")


async def test_chauffeur_changes_nothing_else_and_no_other_ones_course(api: Api) -> None:
    office = await an_office(api)
    first, second = office.chauffeurs
    path = f"/api/commandes/{(await assigned(office))['id']}"
    for body in ({"taxiId": None}, {"statut": "annulee"}, {"statut": "en-cours", "bagages": 3}, {"vol": "AF 1"}):
        refusal(await first.patch(path, body), 403, "forbidden")
    refusal(await second.patch(path, {"statut": "en-cours"}), 404, "not_found")
    refusal(await first.delete(path), 403, "forbidden")
    refusal(await first.post(f"{path}/undo"), 403, "forbidden")


async def test_course_is_told_and_stays_his_when_its_time_moves(api: Api) -> None:
    office = await an_office(api)
    card = await assigned(office)
    later = (SOON + timedelta(minutes=20)).isoformat()
    shown = await moved(office, card, {"dateISO": later, "dureeMinutes": 30})
    assert (shown["statut"], shown["dateISO"], shown["dureeMinutes"]) == ("assignee", "2025-10-01T09:20:00Z", 30)
    assert (await notices(office, office.chauffeurs[0]))[-1] == "commande.modifiee"


async def test_course_is_taken_from_one_and_put_to_the_other_when_dragged_across(api: Api) -> None:
    office = await an_office(api)
    card = await assigned(office)
    shown = await moved(office, card, {"taxiId": str(office.taxis[1].id)})
    assert (shown["statut"], shown["chauffeurId"]) == ("en-attente", None)
    assert shown["demande"]["chauffeurId"] == str(office.chauffeurs[1].id)
    assert (await notices(office, office.chauffeurs[0]))[-1] == "commande.annulee"
    assert await notices(office, office.chauffeurs[1]) == ["demande.recue"]


@pytest.mark.parametrize("is_confirmed", [True, False], ids=["a course", "an open demande"])
async def test_move_is_refused_with_its_conflicts_when_the_taxi_is_taken(api: Api, *, is_confirmed: bool) -> None:
    office = await an_office(api)
    standing = await (assigned if is_confirmed else proposed)(office)
    card = await entered(office, dateISO=(SOON + timedelta(minutes=45)).isoformat())
    path, body = f"/api/commandes/{card['id']}", {"taxiId": str(office.taxis[0].id)}
    details = refusal(await office.admin.patch(path, body), 409, "conflict")
    told = {"commandeId": standing["id"], "reference": standing["reference"]}
    assert details == {"conflits": [told | {"code": "chevauchement", "minutesManquantes": 15}]}
    assert await statuts(api, card) == []
    possibility = data(await office.admin.patch(path, body, dryRun="true"))
    assert possibility == {"possible": False} | details


async def test_touching_is_no_conflict_and_travel_is(api: Api) -> None:
    office = await an_office(api)
    await assigned(office, destinationPoint={"lat": 48.85, "lon": 2.35})
    near, far = {"lat": 48.85, "lon": 2.35}, {"lat": 48.85, "lon": 2.55}
    after = (SOON + timedelta(minutes=60)).isoformat()
    touching = await entered(office, dateISO=after, priseEnChargePoint=near)
    away = await entered(office, dateISO=after, priseEnChargePoint=far)
    body = {"taxiId": str(office.taxis[0].id)}
    details = refusal(await office.admin.patch(f"/api/commandes/{away['id']}", body), 409, "conflict")
    assert [(each["code"], each["minutesManquantes"]) for each in details["conflits"]] == [("trajet", 39)]
    assert (await moved(office, touching, body))["demande"] is not None


async def test_overlap_stands_when_forced_with_a_reason(api: Api) -> None:
    office = await an_office(api)
    await assigned(office)
    card, body = await entered(office), {"taxiId": str(office.taxis[0].id)}
    path = f"/api/commandes/{card['id']}"
    details = refusal(await office.admin.patch(path, body | {"force": True}), 422, "validation_error")
    assert [field["path"] for field in details["fields"]] == ["motif"]
    assert data(await office.admin.patch(path, body | WHY, dryRun="true"))["possible"] is True
    data(await office.admin.patch(path, body | WHY))
    shown = data(await office.admin.patch(path, {"statut": "assignee"}))
    assert shown["statut"] == "assignee"
    assert (await the(api, "commandes", card["id"])).chevauchement_force is True
    rows = [row for row in await api.inside.dispatch("audit_log") if row.entity_id == UUID(card["id"])]
    assert "Le client attend" in [row.payload["after"].get("motif") for row in rows]


async def test_nothing_passes_a_taxi_without_chauffeur(api: Api) -> None:
    office = await an_office(api)
    empty = a_taxi(office.societe)
    await office.keep(empty)
    path = f"/api/commandes/{(await entered(office))['id']}"
    for more in ({}, WHY):
        details = refusal(await office.admin.patch(path, {"taxiId": str(empty.id)} | more), 409, "conflict")
        assert [each["code"] for each in details["conflits"]] == ["sans-chauffeur"]


async def test_taxi_out_of_service_is_a_conflict_that_force_passes(api: Api) -> None:
    office = await an_office(api, taxis=0)
    taxi, _ = await office.equip(statut=TaxiStatut.HORS_SERVICE)
    path = f"/api/commandes/{(await entered(office))['id']}"
    details = refusal(await office.admin.patch(path, {"taxiId": str(taxi.id)}), 409, "conflict")
    assert [each["code"] for each in details["conflits"]] == ["hors-service"]
    data(await office.admin.patch(path, {"taxiId": str(taxi.id)} | WHY))


async def test_nothing_is_written_when_a_move_is_only_tried(api: Api) -> None:
    office = await an_office(api)
    card = await entered(office)
    before = await api.inside.everything()
    possibility = data(
        await office.admin.patch(f"/api/commandes/{card['id']}", {"taxiId": str(office.taxis[0].id)}, dryRun="true")
    )
    assert possibility == {"possible": True, "conflits": []}
    assert await api.inside.everything() == before


async def test_other_dispatcher_gets_the_current_card_when_his_version_is_old(api: Api) -> None:
    office = await an_office(api)
    card = await entered(office)
    path, body = f"/api/commandes/{card['id']}", {"bagages": 2}
    current = data(await office.admin.patch(path, body, version=card["version"]))
    details = refusal(
        await office.admin.patch(path, {"bagages": 5}, version=card["version"]), 412, "precondition_failed"
    )
    assert details["current"] == current


async def test_version_must_be_named_when_the_company_wants_it(api: Api) -> None:
    office = await an_office(api, version_obligatoire=True)
    card = await entered(office)
    path = f"/api/commandes/{card['id']}"
    refusal(await office.admin.patch(path, {"bagages": 2}), 428, "precondition_required")
    refusal(await office.admin.delete(path), 428, "precondition_required")
    data(await office.admin.patch(path, {"bagages": 2}, version=card["version"]))


async def test_last_move_is_taken_back_when_nothing_happened_since(api: Api) -> None:
    office = await an_office(api)
    card = await entered(office)
    later = (SOON + timedelta(hours=4)).isoformat()
    await moved(office, card, {"taxiId": str(office.taxis[0].id), "dateISO": later})
    shown = data(await office.admin.post(f"/api/commandes/{card['id']}/undo"))
    assert (shown["taxiId"], shown["dateISO"], shown["demande"]) == (None, card["dateISO"], None)
    refusal(await office.admin.post(f"/api/commandes/{card['id']}/undo"), 409, "conflict")


async def test_course_is_his_again_when_its_move_is_taken_back(api: Api) -> None:
    office = await an_office(api)
    card = await assigned(office)
    await moved(office, card, {"taxiId": str(office.taxis[1].id)})
    shown = data(await office.admin.post(f"/api/commandes/{card['id']}/undo"))
    assert (shown["statut"], shown["chauffeurId"]) == ("assignee", str(office.chauffeurs[0].id))
    assert await statuts(api, card) == ["annulee", "annulee", "acceptee"]
    assert (await notices(office, office.chauffeurs[0]))[-1] == "commande.assignee"


async def test_undo_gives_back_across_a_direct_reassignment(api: Api) -> None:
    office = await an_office(api)
    card = await assigned(office)
    other = await moved(office, card, {"taxiId": str(office.taxis[1].id), "statut": "assignee"})
    assert (other["statut"], other["chauffeurId"]) == ("assignee", str(office.chauffeurs[1].id))
    shown = data(await office.admin.post(f"/api/commandes/{card['id']}/undo"))
    assert (shown["statut"], shown["chauffeurId"]) == ("assignee", str(office.chauffeurs[0].id))


async def test_undo_is_refused_when_it_is_too_late_or_not_ones_own_or_the_card_has_changed(api: Api) -> None:
    office = await an_office(api)
    colleague = await office.hire(role=office.admin.user.role)
    card = await proposed(office)
    path = f"/api/commandes/{card['id']}"
    await moved(office, card, {"taxiId": str(office.taxis[1].id)})
    refusal(await colleague.post(f"{path}/undo"), 409, "conflict")
    data(await colleague.patch(path, {"bagages": 1}))
    refusal(await office.admin.post(f"{path}/undo"), 409, "conflict")
    await moved(office, card, {"taxiId": str(office.taxis[0].id)})
    api.clock.advance(timedelta(minutes=10))
    refusal(await office.admin.post(f"{path}/undo"), 409, "conflict")


async def test_everybody_concerned_is_told_when_a_course_is_cancelled(api: Api) -> None:
    office = await an_office(api)
    card = await assigned(office)
    path = f"/api/commandes/{card['id']}"
    shown = data(await office.admin.delete(path, motif="Vol annulé"))
    assert (shown["statut"], shown["actions"]) == ("annulee", [])
    assert (await notices(office, office.chauffeurs[0]))[-1] == "commande.annulee"
    assert await statuts(api, card) == ["annulee"]
    refusal(await office.admin.delete(path), 409, "invalid_transition")
    refusal(await office.admin.patch(path, {"bagages": 1}), 409, "invalid_transition")


async def test_course_under_way_is_neither_moved_nor_cancelled(api: Api) -> None:
    office = await an_office(api)
    path = f"/api/commandes/{(await assigned(office))['id']}"
    data(await office.admin.patch(path, {"statut": "en-cours"}))
    for body in ({"taxiId": None}, {"dureeMinutes": 10}, {"statut": "annulee"}, {"statut": "en-attente"}):
        refusal(await office.admin.patch(path, body), 409, "invalid_transition")
    refusal(await office.admin.delete(path), 409, "invalid_transition")


async def test_taxi_on_a_course_starts_no_other(api: Api) -> None:
    office = await an_office(api)
    first = await assigned(office)
    second = await assigned(office, dateISO=(SOON + timedelta(hours=5)).isoformat())
    await moved(office, first, {"statut": "en-cours"})
    answer = await office.admin.patch(f"/api/commandes/{second['id']}", {"statut": "en-cours"})
    refusal(answer, 409, "invalid_transition")


async def test_words_change_and_the_chauffeur_hears_of_it(api: Api) -> None:
    office = await an_office(api)
    card = await assigned(office, vol="AF 1")
    client = a_client(office.societe)
    await keep_in(api, office.societe, client)
    shown = await moved(office, card, {"destination": "Roissy 2E", "vol": None, "clientId": str(client.id)})
    assert (shown["destination"], shown["vol"], shown["clientId"]) == ("Roissy 2E", None, str(client.id))
    assert (await notices(office, office.chauffeurs[0]))[-1] == "commande.modifiee"
    rows = [row for row in await api.inside.dispatch("audit_log") if row.action == "commande.modifiee"]
    assert rows[-1].payload["after"]["destination"] == "***"
    path = f"/api/commandes/{card['id']}"
    details = refusal(await office.admin.patch(path, {"destination": None}), 422, "validation_error")
    assert [field["path"] for field in details["fields"]] == ["destination"]
