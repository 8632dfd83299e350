"""What answers may ever hold: each secret or personal field, and the operations that show it, and no others.

That an answer has exactly the keys that the OpenAPI declares, every test over HTTP asks by the way (see `documented`);
here it is what the OpenAPI may declare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from allonova.adapters.http.openapi import create_openapi
from allonova.main.wiring import http_config
from tests.support.serving import SETTINGS, app_of

pytestmark = pytest.mark.promise("mass-assignment")

OPENAPI = create_openapi(app_of(http_config(SETTINGS)))
SCHEMAS = OPENAPI["components"]["schemas"]

NEVER = re.compile(
    r"(hash|salt|sealed_|ciphertext|password|passwd|mot_?de_?passe|totp_secret|api_key|lookup|digest)", re.IGNORECASE
)
"""No answer has anything of this name."""

LOGGED_IN = r"POST /api/v1/auth/(email/verify|login|otp/verify|social/\{provider\}|token/refresh)"
ONESELF = r"(GET|PATCH) /api/v1/me|POST /api/v1/me/(phone|email)/confirm|GET /api/v1/me/export"
DESK_OF_USERS = r"(GET|POST) /api/v1/admin/users|(GET|PATCH) /api/v1/admin/users/\{id\}"
DESK_ABOUT_USERS = (
    r"GET /api/v1/admin/users/segments/\{id\}/users|(GET|PATCH) /api/v1/admin/moderation/\{kind\}/\{id\}"
    r"|GET /api/v1/admin/(trips|bookings)(/\{id\})?|PATCH /api/v1/admin/trips/\{id\}|GET /api/v1/admin/disputes/\{id\}"
)
ADMINS = (
    r"(GET|POST) /api/v1/admin/admins|(GET|PATCH) /api/v1/admin/admins/\{id\}|GET /api/v1/admin/me"
    r"|POST /api/v1/admin/me/totp/confirm|POST /api/v1/admin/(login|token/refresh)"
)
ADMINS_NAMED = r"GET /api/v1/admin/(audit-logs|settings/history)"
PAYOUT_PHONE = (
    r"GET /api/v1/me/payout-account|PUT /api/v1/me/payout-account|POST /api/v1/me/payout-account/confirm"
    r"|GET /api/v1/me/payouts|POST /api/v1/wallet/withdraw|GET /api/v1/admin/payouts|POST /api/v1/admin/payouts/run"
)
PAYMENT_PAGE = (
    r"POST /api/v1/(payments/init|wallet/topup)"  # of an intent that waits for the payer's phone, or for his card
)
STAFF_IN = r"POST /auth/(login|refresh|magic-link/consume)|POST /api/onboarding/bootstrap"
STAFF = r"(GET|PATCH) /api/me|(GET|POST) /api/users|(GET|PATCH) /api/users/\{id\}"
CLIENTS = (
    r"(GET|POST) /api/clients|(GET|PATCH) /api/clients/\{id\}|(GET|POST) /api/commandes"
    r"|(GET|PATCH|DELETE) /api/commandes/\{id\}|POST /api/commandes/\{id\}/(diffusion|undo)"
    r"|POST /api/demandes/\{id\}/(accept|refuse)|GET /api/me/(courses|demandes)|GET /api/taxis/\{id\}"
    r"|POST /api/onboarding/bootstrap"
)
BOOKINGS = r"(GET|POST) /api/v1/bookings|GET /api/v1/bookings/\{id\}|POST /api/v1/bookings/\{id\}/[a-z-]+"
EXPORT = r"GET /api/v1/me/export"
ONE_USER = r"POST /api/v1/admin/users|(GET|PATCH) /api/v1/admin/users/\{id\}"
SOCIETE = r"(GET|PATCH) /api/societe"
FOUNDED = r"POST /api/onboarding/bootstrap"
VEHICLES = r"(GET|POST) /api/v1/vehicles|(GET|PATCH) /api/v1/vehicles/\{id\}|PATCH /api/v1/admin/vehicles/\{id\}"
CARS_OF_TRIPS = r"GET /api/v1/admin/trips(/\{id\})?|PATCH /api/v1/admin/trips/\{id\}|GET /api/v1/public/rides/\{token\}"
ADMIN_IN = r"POST /api/v1/admin/(login|token/refresh)"

STAFF_FILE = r"GET /api/users/\{id\}/export"
CLIENT_FILE = r"GET /api/clients/\{id\}/export"

SHOWN: Mapping[str, tuple[str, ...]] = {
    "phone": (
        *(LOGGED_IN, ONESELF, DESK_OF_USERS, DESK_ABOUT_USERS, PAYOUT_PHONE, PAYMENT_PAGE, STAFF_IN, STAFF),
        STAFF_FILE,
    ),
    "email": (
        *(LOGGED_IN, ONESELF, DESK_OF_USERS, DESK_ABOUT_USERS, ADMINS, ADMINS_NAMED, STAFF_IN, STAFF, SOCIETE),
        STAFF_FILE,
    ),
    "author_email": (r"(GET|POST) /api/v1/admin/users/\{id\}/notes",),
    "last_name": (LOGGED_IN, ONESELF, DESK_OF_USERS, DESK_ABOUT_USERS, r"GET /api/v1/admin/kyc/pending"),
    "birthdate": (LOGGED_IN, ONESELF, ONE_USER),
    "confirmed_gender": (ONE_USER,),
    "doc_number": (r"POST /api/v1/me/kyc|GET /api/v1/me/kyc/status|GET /api/v1/admin/kyc/pending", EXPORT),
    "plate_number": (VEHICLES, CARS_OF_TRIPS, EXPORT),
    "balance": (r"GET /api/v1/wallet|GET /api/v1/admin/users/\{id\}", EXPORT),
    "qr_code": (BOOKINGS, EXPORT),
    "checkin_code": (BOOKINGS, EXPORT),
    "access_token": (LOGGED_IN, ADMIN_IN),
    "refresh_token": (LOGGED_IN, ADMIN_IN),
    "accessToken": (STAFF_IN,),
    "refreshToken": (STAFF_IN,),
    "secret": (r"POST /api/v1/admin/me/totp",),
    "otpauth_url": (r"POST /api/v1/admin/me/totp",),
    "client_secret": (PAYMENT_PAGE,),
    "token": (r"POST /api/v1/bookings/\{id\}/share",),
    "ticket": (r"POST /api/(v1/)?ws/tickets",),
    "contactEmail": (CLIENTS, CLIENT_FILE),
    "contactPhone": (CLIENTS, CLIENT_FILE),
    "adresse": (CLIENTS, CLIENT_FILE, SOCIETE),
    "telephone": (SOCIETE, FOUNDED),
    "siret": (SOCIETE, FOUNDED),
}


def keys(schema: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every key that a schema declares, at any depth."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name not in seen:
            yield from keys(SCHEMAS[name], seen | {name})
        return
    yield from schema.get("properties", {})
    inside = [schema.get("items"), schema.get("additionalProperties"), *schema.get("properties", {}).values()]
    for inner in (*inside, *schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if isinstance(inner, dict):
            yield from keys(inner, seen)


def shown() -> dict[str, set[str]]:
    """The operations that show each key in an answer."""
    found: dict[str, set[str]] = {}
    for path, methods in OPENAPI["paths"].items():
        for method, operation in methods.items():
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    for key in keys(content.get("schema", {})):
                        found.setdefault(key, set()).add(f"{method.upper()} {path}")
    return found


SEEN = shown()


def test_secrets_are_in_no_answer_when_the_openapi_is_read() -> None:
    assert {key for key in SEEN if NEVER.search(key)} == set()


@pytest.mark.parametrize("key", SHOWN)
def test_field_is_shown_where_it_is_meant_to_be_and_nowhere_else(key: str) -> None:
    used = {meant for meant in SHOWN[key] if any(re.fullmatch(meant, name) for name in SEEN[key])}
    assert {name for name in SEEN[key] if not any(re.fullmatch(meant, name) for meant in SHOWN[key])} == set()
    assert used == set(SHOWN[key])


def test_nothing_personal_is_shown_when_an_operation_may_be_asked_without_a_token() -> None:
    of_oneself = {"access_token", "refresh_token", "accessToken", "refreshToken"}
    personal = SHOWN.keys() - of_oneself - {"plate_number"}  # the car's, to whoever has the link to a ride
    told = {
        f"{method.upper()} {path}"
        for path, methods in OPENAPI["paths"].items()
        for method, operation in methods.items()
        if method == "get" and {} in operation.get("security", [{}])
    }
    assert len(told) >= 9
    assert {key for key in personal if SEEN[key] & told} == set()
