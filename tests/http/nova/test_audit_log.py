"""The company's audit log, as its admins read it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.factories import HOUR
from tests.support.nova import Office, an_office
from tests.support.wire import NOBODY, data, refusal

PATH = "/api/audit_log"


async def three(office: Office) -> Any:
    """An intervention that was reported by a chauffeur, changed by the admin an hour later, and then thrown away."""
    given = {"type": "panne", "titre": "Moteur", "taxiId": str(office.taxis[0].id)}
    made = data(await office.chauffeurs[0].post("/api/interventions", given), 201)
    office.api.clock.advance(HOUR)
    path = f"/api/interventions/{made['id']}"
    data(await office.admin.patch(path, {"statut": "en-cours", "titre": "Le moteur"}))
    office.api.clock.advance(HOUR)
    assert (await office.admin.delete(path)).status_code == 204
    return made


async def actions(office: Office, **query: str | int) -> list[str]:
    return [line["action"] for line in data(await office.admin.get(PATH, **query))]


async def test_line_says_who_changed_what_and_no_words(api: Api) -> None:
    office = await an_office(api)
    made = await three(office)
    removed, changed, created = data(await office.admin.get(PATH))
    assert changed | {"id": "", "ts": ""} == {
        "id": "", "userId": str(office.admin.id), "action": "intervention.modifiee", "entity": "intervention",
        "entityId": made["id"], "ts": "",
        "payloadJson": {
            "before": {"statut": "ouverte", "titre": "***"},
            "after": {"statut": "en-cours", "titre": "***"},
        },
    }  # fmt: skip
    assert created["userId"] == str(office.chauffeurs[0].id)
    assert created["payloadJson"]["before"] == {}
    assert removed["payloadJson"]["after"] == {}
    assert created["ts"] == made["createdAt"]


async def test_log_is_narrowed_when_asked(api: Api) -> None:
    office = await an_office(api)
    made = await three(office)
    created, changed, removed = (f"intervention.{deed}" for deed in ("creee", "modifiee", "supprimee"))
    at = data(await office.admin.get(PATH, action=changed))[0]["ts"]
    asked: list[tuple[dict[str, str | int], list[str]]] = [
        ({}, [removed, changed, created]),
        ({"sort": "ts"}, [created, changed, removed]),
        ({"userId": str(office.chauffeurs[0].id)}, [created]),
        ({"userId": str(office.admin.id), "sort": "ts"}, [changed, removed]),
        ({"action": created}, [created]),
        ({"action": f"in:{created},{removed}"}, [removed, created]),
        ({"entity": "intervention", "entityId": made["id"]}, [removed, changed, created]),
        ({"entityId": NOBODY}, []),
        ({"entity": "taxi"}, []),
        ({"date_from": at}, [removed, changed]),
        ({"date_to": at}, [created]),
        ({"date_from": at[:10], "date_to": at[:10], "page": 2, "page_size": 2}, [created]),
    ]
    for query, wanted in asked:
        assert await actions(office, **query) == wanted, query


async def test_log_is_the_companys_own_and_its_admins(api: Api) -> None:
    office, other = await an_office(api), await an_office(api)
    made = await three(office)
    assert data(await other.admin.get(PATH)) == []
    assert data(await other.admin.get(PATH, entityId=made["id"])) == []
    refusal(await office.chauffeurs[0].get(PATH), 403, "forbidden")


@pytest.mark.parametrize("query", ["sort=action", "userId=x", "action=A%20B", "payload=x", "date_from=hier", "q=x"])
async def test_query_is_refused_when_it_is_not_declared(api: Api, query: str) -> None:
    office = await an_office(api, taxis=0)
    refusal(await office.admin.get(f"{PATH}?{query}"), 422, "validation_error")
