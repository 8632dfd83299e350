"""No write takes a field that it does not declare, whoever sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from allonova.adapters.http.openapi import create_openapi
from allonova.main.wiring import http_config
from tests.support.api import Api, Person
from tests.support.nova import Colleague, an_office
from tests.support.serving import SETTINGS, app_of
from tests.support.wire import NOBODY, fresh_key, refusal

# What a row has and a client must never set; where an operation declares one of them, it is left out there.
HOSTILE: dict[str, Any] = {
    "id": NOBODY,
    "user_id": NOBODY,
    "driver_id": NOBODY,
    "passenger_id": NOBODY,
    "role": "super",
    "status": "approved",
    "balance": 1_000_000,
    "price": 1,
    "is_admin": True,
    "permissions": ["*"],
    "amount_total": 1,
    "fees": 0,
    "version": 99,
    "is_active": True,
    "is_driver": True,
    "is_verified": True,
    "is_phone_verified": True,
    "verified": True,
    "rating_avg": 5,
    "seats_sold": [0],
    "password_hash": "x",
    "reviewed_by": NOBODY,
    "created_at": "2020-01-01T00:00:00Z",
}
HOSTILE_TO_NOVA: dict[str, Any] = {  # the other spelling too: only one is the API's
    "id": NOBODY,
    "societeId": NOBODY,
    "societe_id": NOBODY,
    "userId": NOBODY,
    "chauffeurId": NOBODY,
    "chauffeur_id": NOBODY,
    "taxi_id": NOBODY,
    "clientId": NOBODY,
    "creePar": NOBODY,
    "reference": "NV-2026-000001",
    "role": "admin",
    "statut": "terminee",
    "source": "admin",
    "active": True,
    "version": 99,
    "motDePasse": "x",
    "passwordHash": "x",
    "password_hash": "x",
    "emailConfirmedAt": "2020-01-01T00:00:00Z",
    "chevauchementForce": True,
    "slaSignaleAt": None,
    "essaisAuto": 0,
    "expireAt": "2030-01-01T00:00:00Z",
    "resoluAt": "2020-01-01T00:00:00Z",
    "date_iso": "2025-10-02T08:30:00Z",
    "actions": [],
    "createdAt": "2020-01-01T00:00:00Z",
}
OPENAPI = create_openapi(app_of(http_config(SETTINGS)))
SCHEMAS = OPENAPI["components"]["schemas"]
CHAUFFEURS = ("/api/demandes/", "/api/me/position")  # what only chauffeurs send
HOOK = "/webhook/"  # a provider's body is not ours to define


def resolved(schema: Any) -> Any:
    """A body's own schema, behind references and optional bodies."""
    if "$ref" in schema:
        return SCHEMAS[schema["$ref"].rpartition("/")[2]]
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return resolved(options[0]) if options else schema


def is_of_nova(path: str) -> bool:
    """Whether companies' staff and their clients call it."""
    return not path.startswith("/api/v1/")


def writes() -> Iterator[tuple[str, str, Any]]:
    """Every operation with a body."""
    for path, methods in sorted(OPENAPI["paths"].items()):
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None and HOOK not in path:
                yield method.upper(), path, resolved(content["schema"])


WRITES = list(writes())


def objects(schema: Any, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Every object schema within one."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name not in seen:
            yield from objects(SCHEMAS[name], seen | {name})
        return
    if "properties" in schema:
        yield schema.get("title", "?"), schema
    for inner in (*schema.get("properties", {}).values(), *schema.get("anyOf", ()), schema.get("items")):
        if isinstance(inner, dict):
            yield from objects(inner, seen)


@pytest.mark.promise("mass-assignment")
def test_closed_at_every_depth_when_a_body_is_declared() -> None:
    found = [(title, schema) for _, _, body in WRITES for title, schema in objects(body)]
    assert len(found) > 20
    assert {title for title, schema in found if schema.get("additionalProperties") is not False} == set()


@pytest.mark.promise("mass-assignment")
async def test_refused_and_nothing_changes_when_undeclared_fields_come(api: Api, subtests: pytest.Subtests) -> None:
    driver, admin, office = await api.driver(), await api.admin(), await an_office(api, taxis=1)
    before = await api.inside.everything()
    for method, path, schema in WRITES:
        hostile = HOSTILE_TO_NOVA if is_of_nova(path) else HOSTILE
        planted = {name: value for name, value in hostile.items() if name not in schema["properties"]}
        is_desk = "/admin/" in path or (method, path) == ("PATCH", "/api/v1/disputes/{id}")  # the back office's too
        person: Person | Colleague = admin if is_desk else driver
        if is_of_nova(path):
            person = office.chauffeurs[0] if path.startswith(CHAUFFEURS) else office.admin
        answer = await person.send(
            method,
            re.sub(r"\{[^}]*\}", NOBODY, path).removeprefix("/api/v1"),
            json=planted,
            headers={"Idempotency-Key": fresh_key()},
        )
        with subtests.test(f"{method} {path}"):
            faults = refusal(answer, 422, "validation_error")["fields"]
            refused = {fault["path"] for fault in faults if fault["code"] == "extra_forbidden"}
            assert refused >= planted.keys()
            assert await api.inside.everything() == before
