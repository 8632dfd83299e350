"""What the law gives clients and staff against their company: their data, and to be forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.dispatch.commande import CommandeStatut as C
from allonova.domain.dispatch.staff import StaffRole
from tests.support.api import Api
from tests.support.factories import HOUR, NOW
from tests.support.nova import Colleague, Office, an_office
from tests.support.wire import NOBODY, data, refusal

WORD = "Zénobie-Quarcoo"
PHONE, EMAIL = "+2250799887766", "zenobie@canaris.test"
DAY = 24 * HOUR


async def a_known_client(office: Office) -> Any:
    """A client with something everywhere: a course that was driven, one that was cancelled, words about both."""
    body = {"type": "particulier", "nom": WORD, "contactEmail": EMAIL, "contactPhone": PHONE, "adresse": WORD}
    client = data(await office.admin.post("/api/clients", body), 201)
    for ahead in (1, 5):
        order = {"clientId": client["id"], "priseEnCharge": WORD, "destination": WORD, "vol": "AF 702"}
        order |= {"dateISO": (NOW + ahead * HOUR).isoformat(), "commentaire": WORD}
        order |= {"priseEnChargePoint": {"lat": 5.123456, "lon": -4.1}}
        course = data(await office.admin.post("/api/commandes", order), 201)
        noted = {"type": "retard", "titre": WORD, "description": WORD, "commandeId": course["id"]}
        data(await office.admin.post("/api/interventions", noted), 201)
        if ahead == 1:
            await drive(office, course["id"])
        else:
            data(await office.admin.delete(f"/api/commandes/{course['id']}?motif={WORD}"))
    await office.api.relay()
    return client


async def drive(office: Office, commande_id: str) -> None:
    """The first chauffeur takes a course to its end."""
    chauffeur, path = office.chauffeurs[0], f"/api/commandes/{commande_id}"
    data(await office.admin.patch(path, {"taxiId": str(chauffeur.user.taxi_id)}))
    demande = data(await chauffeur.get("/api/me/demandes"))[0]
    data(await chauffeur.post(f"/api/demandes/{demande['id']}/accept"))
    for statut in ("en-cours", "terminee"):
        data(await chauffeur.patch(path, {"statut": statut}))


async def kept(api: Api) -> str:
    """All there is a day and a bit later, when answers, codes and counters are gone."""
    api.clock.advance(2 * DAY + HOUR)
    await api.run("cleanup")
    return await api.inside.everything()


async def figures(office: Office) -> Any:
    """What the company sees of its day."""
    return data(await office.admin.get("/api/stats/flotte", date=NOW.date().isoformat()))


async def test_nobody_can_tell_who_it_was_when_a_client_is_erased(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=1)
    await office.hire(StaffRole.ADMIN)  # who is told of everything
    client, before = await a_known_client(office), await figures(office)
    assert WORD in await api.inside.everything()
    assert (await office.admin.post(f"/api/clients/{client['id']}/erase")).status_code == 204
    assert await figures(office) == before
    everything = await kept(api)
    for trace in (WORD, "zenobie", PHONE, EMAIL, "AF 702", "5.123456"):
        with subtests.test(trace):
            assert trace not in everything


async def test_courses_stay_without_words_when_a_client_is_erased(api: Api) -> None:
    office = await an_office(api, taxis=1)
    client = await a_known_client(office)
    url = f"/api/clients/{client['id']}"
    for _ in range(2):
        assert (await office.admin.post(f"{url}/erase")).status_code == 204
    assert [data(await office.admin.get(url))[name] for name in ("nom", "active", "adresse")] == ["***", False, None]
    courses = data(await office.admin.get("/api/commandes"))
    assert {(c["statut"], c["priseEnCharge"], c["vol"]) for c in courses} == {
        ("terminee", "***", None), ("annulee", "***", None),
    }  # fmt: skip
    assert data(await office.admin.get("/api/commandes", q="zenobie")) == []
    refusal(await office.admin.patch(url, {"nom": "Yao"}), 404, "not_found")


async def test_refused_when_an_order_of_the_client_is_open(api: Api) -> None:
    office = await an_office(api, taxis=1)
    course = await office.commande()
    url = f"/api/clients/{office.client.id}"
    before = await api.inside.everything()
    refusal(await office.admin.post(f"{url}/erase"), 409, "conflict")
    assert await api.inside.everything() == before
    data(await office.admin.delete(f"/api/commandes/{course.id}"))
    assert (await office.admin.post(f"{url}/erase")).status_code == 204


async def test_all_of_him_is_there_when_a_client_is_exported(api: Api) -> None:
    office = await an_office(api, taxis=1)
    client = await a_known_client(office)
    await office.commande(statut=C.ANNULEE, annulee_at=NOW)  # somebody else's
    dossier = data(await office.admin.get(f"/api/clients/{client['id']}/export"))
    assert set(dossier) == {"exportedAt", "client", "commandes", "interventions"}
    assert dossier["client"] == data(await office.admin.get(f"/api/clients/{client['id']}"))
    assert {(c["statut"], c["commentaire"], c["motifAnnulation"]) for c in dossier["commandes"]} == {
        ("terminee", WORD, None), ("annulee", WORD, WORD),
    }  # fmt: skip
    assert [each["titre"] for each in dossier["interventions"]] == [WORD, WORD]


async def a_known_chauffeur(office: Office) -> Colleague:
    """A chauffeur with something everywhere: a phone, a place, a course, a refusal, messages."""
    taxi = office.taxis[0]
    assert office.chauffeurs[0].user.taxi_id == taxi.id
    chauffeur = office.chauffeurs[0]
    data(await office.admin.patch(f"/api/users/{chauffeur.id}", {"name": WORD, "phone": PHONE}))
    data(await chauffeur.post("/api/me/devices", {"token": "token-of-a-phone", "platform": "android"}), 201)
    assert (await chauffeur.post("/api/me/position", {"lat": 5.123456, "lon": -4.1})).is_success
    refused, driven = await office.commande(date_iso=NOW + 5 * HOUR), await office.commande(date_iso=NOW + HOUR)
    data(await office.admin.patch(f"/api/commandes/{refused.id}", {"taxiId": str(taxi.id)}))
    demande = data(await chauffeur.get("/api/me/demandes"))[0]
    data(await chauffeur.post(f"/api/demandes/{demande['id']}/refuse", {"motif": WORD}))
    await drive(office, str(driven.id))
    data(await office.admin.patch(f"/api/users/{chauffeur.id}", {"email": EMAIL}))
    await office.api.relay()
    return chauffeur


async def test_nobody_can_tell_who_it_was_when_a_chauffeur_is_erased(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=1)
    chauffeur, before = await a_known_chauffeur(office), await figures(office)
    assert (await office.admin.post(f"/api/users/{chauffeur.id}/erase")).status_code == 204
    counted = await figures(office)
    assert counted["courses"] == before["courses"]
    refusal(await chauffeur.get("/api/me"), 401, "auth_required")
    assert await api.inside.dispatch("devices") == await api.inside.dispatch("positions") == []
    everything = await kept(api)
    for trace in (WORD, "zenobie", PHONE, EMAIL, "5.123456"):
        with subtests.test(trace):
            assert trace not in everything


async def test_account_stays_closed_when_it_is_erased(api: Api) -> None:
    office = await an_office(api, taxis=1)
    chauffeur = await a_known_chauffeur(office)
    url = f"/api/users/{chauffeur.id}"
    for _ in range(2):
        assert (await office.admin.post(f"{url}/erase")).status_code == 204
    gone = data(await office.admin.get(url))
    assert [gone[name] for name in ("name", "phone", "taxiId", "active")] == ["***", None, None, False]
    refusal(await office.admin.patch(url, {"active": True}), 404, "not_found")
    again = {"email": EMAIL, "role": "chauffeur", "name": "Awa", "taxiId": str(office.taxis[0].id)}
    data(await office.admin.post("/api/users", again), 201)


async def test_last_admin_stays_when_he_wants_to_be_erased(api: Api) -> None:
    office = await an_office(api, taxis=0)
    url = f"/api/users/{office.admin.id}/erase"
    refusal(await office.admin.post(url), 409, "conflict")
    other = await office.hire(StaffRole.ADMIN)
    assert (await office.admin.post(url)).status_code == 204
    assert data(await other.get(f"/api/users/{office.admin.id}"))["name"] == "***"


async def test_refused_when_the_chauffeur_is_driving_or_promised(api: Api) -> None:
    office = await an_office(api, taxis=1)
    chauffeur = office.chauffeurs[0]
    course = await office.commande(
        statut=C.ASSIGNEE, taxi_id=chauffeur.user.taxi_id, chauffeur_id=chauffeur.id, assignee_at=NOW
    )
    url = f"/api/users/{chauffeur.id}/erase"
    refusal(await office.admin.post(url), 409, "conflict")
    assert (await office.admin.post(f"{url}?force=true")).status_code == 204
    assert data(await office.admin.get(f"/api/commandes/{course.id}"))["statut"] == "en-attente"


async def test_all_of_him_is_there_when_a_chauffeur_is_exported(api: Api) -> None:
    office = await an_office(api, taxis=1)
    chauffeur = await a_known_chauffeur(office)
    dossier = data(await office.admin.get(f"/api/users/{chauffeur.id}/export"))
    assert dossier["user"] == data(await office.admin.get(f"/api/users/{chauffeur.id}"))
    assert {d["motif"] for d in dossier["demandes"]} == {WORD, None}
    assert [(p["lat"], p["lon"]) for p in dossier["positions"]] == [(5.123456, -4.1)]
    assert [c["statut"] for c in dossier["commandes"]] == ["terminee"]
    assert [device["platform"] for device in dossier["devices"]] == ["android"]
    assert {"notifications", "actes", "semaines", "lastLogin", "emailConfirmedAt", "exportedAt"} < set(dossier)
    assert office.client.nom not in str(dossier["commandes"])


async def test_trail_says_so_when_somebody_is_exported_or_erased(api: Api) -> None:
    office = await an_office(api, taxis=1)
    client, chauffeur = f"/api/clients/{office.client.id}", f"/api/users/{office.chauffeurs[0].id}"
    for url in (client, chauffeur):
        data(await office.admin.get(f"{url}/export"))
        assert (await office.admin.post(f"{url}/erase")).status_code == 204
    lines = await api.inside.dispatch("audit_log")
    deeds = [line.action for line in lines]
    assert deeds == ["client.exporte", "client.efface", "user.exporte", "user.efface"]
    assert office.client.nom not in str([line.payload for line in lines])


async def test_nobody_is_found_when_the_id_is_nobodys(api: Api) -> None:
    office = await an_office(api, taxis=0)
    for noun in ("clients", "users"):
        refusal(await office.admin.get(f"/api/{noun}/{NOBODY}/export"), 404, "not_found")
        refusal(await office.admin.post(f"/api/{noun}/{NOBODY}/erase"), 404, "not_found")
