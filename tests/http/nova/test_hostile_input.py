"""No input causes a 5xx in NOVA: whatever is sent in any place of any request is refused in the envelope, or taken."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.hostile import BROKEN, IDS, QUERIES, VALUES, is_decent, places, put
from tests.support.nova import Colleague, an_office
from tests.support.passwords import hash_cheaply
from tests.support.wire import NOBODY, ROOT, fresh_key, refusal

__all__ = ["hash_cheaply"]

DAY = "2025-10-02"
POINT = {"lat": 5.3575, "lon": -4.0083}
COMMANDE = {
    "clientId": NOBODY, "priseEnCharge": "Plateau", "priseEnChargePoint": POINT, "destination": "Aéroport",
    "destinationPoint": POINT, "dateISO": "2025-10-02T08:30:00Z", "dureeMinutes": 45, "passagers": 2, "bagages": 1,
    "vol": "AF 702", "commentaire": "Deux enfants", "taxiId": None, "force": True, "motif": "Convenu",
}  # fmt: skip
SOCIETE = {
    "nom": "Taxis Lumière", "slug": "taxis-lumiere", "siret": "73282932000074", "adresse": "Plateau", "pays": "CI",
    "telephone": "+2252720000081", "email": "office@lumiere.test", "fuseau": "Africa/Abidjan", "slaMinutes": 120,
}  # fmt: skip
CLIENT = {
    "type": "hotel", "nom": "Ivoire", "contactEmail": "a@b.test", "contactPhone": "+2250700000009", "adresse": "Cocody",
}  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/commandes": COMMANDE,
    "PATCH /api/commandes/{commande}": {"statut": "annulee", **COMMANDE},
    "POST /api/commandes/{commande}/diffusion": {"taxiIds": [NOBODY], "rayonKm": 5},
    "POST /api/onboarding/bootstrap": {
        "societe": SOCIETE,
        "admin": {"email": "a@lumiere.test", "name": "Awa", "password": "quatre mots sans rapport"},
        "taxis": [{"numero": "1", "plaque": "AA-123-BB", "vignette": "V-1"}],
        "chauffeurs": [{"name": "Yao", "email": "y@lumiere.test", "phone": "0700000001", "taxiNumero": "1"}],
        "clients": [CLIENT],
        "captchaToken": "ok",
    },
    "POST /api/public/commandes": {
        "societe": "taxis-lumiere",
        "client": {"nom": "Awa", "email": "awa@clients.test", "phone": "+2250700000009"},
        "priseEnCharge": "Plateau",
        "dateISO": "2025-10-02T08:30:00Z",
        "passagers": 2,
        "bagages": 1,
        "vol": "AF 702",
        "captchaToken": "ok",
    },
    "PATCH /api/societe": {**SOCIETE, "dispatchAuto": True, "demandeSecondes": 180, "versionObligatoire": False},
    "PATCH /api/taxis/{taxi}": {"numero": "7", "plaque": "CC-1", "vignette": "V-7", "statut": "hors-service"},
    "POST /api/interventions": {"taxiId": NOBODY, "type": "panne", "titre": "Panne", "priorite": "haute"},
    "POST /api/users": {"email": "n@taxis.test", "role": "chauffeur", "name": "Yao", "phone": None, "taxiId": NOBODY},
    "POST /api/me/devices": {"platform": "android", "token": "t" * 40, "kind": "token"},
    "POST /auth/login": {"email": "a@taxis.test", "password": "quatre mots sans rapport"},
    "POST /auth/magic-link/consume": {"token": "x" * 43, "password": "quatre mots sans rapport"},
}
OPTIONAL = {"POST /api/commandes/{commande}/diffusion"}  # takes no body as well
ALIKE = ("destination", "destinationPoint", "vignette", "adresse", "commentaire", "titre", "priorite", "siret")
LISTS = ("/api/commandes", "/api/taxis", "/api/clients", "/api/users", "/api/interventions", "/api/notifications",
         "/api/audit_log")  # fmt: skip
DATES = (
    "date_from=0000-01-01", "date_from=0001-01-01", "date_to=9999-12-31", "date_to=10000-01-01", "date_from=%00",
    "date_from=2025-10-02T08:30:00", "date_to=9999-12-31T23:59:59-14:00", "date_from=0001-01-01T00:00:00%2B14:00",
    f"date_from={DAY}&date_from={DAY}", f"date_from={DAY}&date_to=2025-01-01", "date_from=1e400", "q=%00", "q=%25",
    "q=%5C", "q=%ED%A0%80", "q=" + "x" * 5_000, "q=" + "%20" * 200, "q='", "q=%F0%9F%9A%96", "q=", "q=a&q=b",
    "taxiId=null", "taxiId=x", "taxiId=in:null,null", "taxiId=in:" + ",".join([NOBODY] * 500), "statut=in:,",
    "userId=null", "lu=maybe", "active=1e400", "entityId=%00", "clientType=%ff",
)  # fmt: skip


async def send(who: Colleague, name: str, content: bytes, ids: dict[str, str]) -> httpx.Response:
    """JSON as bytes."""
    method, _, path = name.partition(" ")
    headers = {"Content-Type": "application/json", "Idempotency-Key": fresh_key()}
    return await who.send(method, path.format(**ids), content=content, headers=headers)


@pytest.mark.promise("no-500")
async def test_body_is_refused_when_it_is_no_sound_json(api: Api, subtests: pytest.Subtests) -> None:
    office = await an_office(api, taxis=0)
    ids = {"commande": NOBODY, "taxi": NOBODY}
    for name, body in BROKEN.items():
        with subtests.test(name):
            for each in BODIES.keys() - OPTIONAL:
                refusal(await send(office.admin, each, body, ids), 422, "validation_error")


@pytest.mark.promise("no-500")
@pytest.mark.parametrize("name", BODIES)
async def test_no_value_causes_a_fault_when_it_stands_in_any_place(api: Api, name: str) -> None:
    office = await an_office(api, taxis=1, slug="taxis-lumieres")
    ids = {"commande": str((await office.commande()).id), "taxi": str(office.taxis[0].id)}
    for place in places(BODIES[name], but=ALIKE):
        for raw in VALUES:
            answer = await send(office.admin, name, put(BODIES[name], place, raw), ids)
            assert is_decent(answer), (place, raw[:60], answer.text)


@pytest.mark.promise("no-500")
@pytest.mark.parametrize("path", LISTS)
async def test_no_query_causes_a_fault_when_it_asks_for_a_list(api: Api, path: str) -> None:
    office = await an_office(api, taxis=0)
    for query in (*QUERIES, *DATES):
        answer = await office.admin.get(f"{path}?{query}")
        assert is_decent(answer), (query, answer.text)


@pytest.mark.parametrize("path", ["/api/me/courses", "/api/me/demandes", "/api/me/stats", "/api/stats/flotte"])
async def test_no_query_causes_a_fault_when_it_asks_for_a_day(api: Api, path: str) -> None:
    office = await an_office(api, taxis=1)
    who = office.chauffeurs[0] if "/me/" in path else office.admin
    for query in (*QUERIES, *DATES, *(each.replace("date_from", "date") for each in DATES), "period=%00"):
        answer = await who.get(f"{path}?{query}")
        assert is_decent(answer), (query, answer.text)


@pytest.mark.promise("no-500")
@pytest.mark.parametrize("noun", ["commandes", "taxis", "clients", "users", "interventions"])
async def test_no_id_causes_a_fault_when_it_is_none(api: Api, noun: str) -> None:
    office = await an_office(api, taxis=0)
    for id in IDS:
        answer = await office.admin.get(f"/api/{noun}/{id}")
        assert answer.status_code < 500, (id, answer.text)
        assert is_decent(answer)


async def test_no_reference_or_token_causes_a_fault_when_it_is_none(api: Api) -> None:
    for id in (*IDS, "NV-2025-000001", "NV-%D9%A2-000001"):
        for token in ("", "x", "%00", "%ff", "x" * 5_000, "a&token=b"):
            answer = await api.http.get(f"{ROOT}/api/public/commandes/{id}?token={token}")
            assert 400 <= answer.status_code < 500, (id, answer.text)
            assert is_decent(answer)
