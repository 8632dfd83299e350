"""Walks every route: what it asks for and what it may answer is what the OpenAPI says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from allonova.adapters.http.errors import status_of
from allonova.adapters.http.openapi import create_openapi
from allonova.main.docs.map import Feature, features
from allonova.main.wiring import http_config
from tests.support.api import Api
from tests.support.nova import Office, an_office
from tests.support.serving import SETTINGS, app_of
from tests.support.wire import ADDRESS, NOBODY, ROOT, refusal

APP = app_of(http_config(SETTINGS))
OPENAPI = create_openapi(APP)
FEATURES = {f"{feature.method} {feature.path}": feature for feature in features(APP)}
HOOKS = ("/payments/webhook/", "/notifications/webhook/", "/notifications/receipts/")
UNLIMITED = {"GET /healthz", "GET /readyz"} | {name for name in FEATURES if any(hook in name for hook in HOOKS)}
PUBLIC = {
    "POST /api/v1/auth/register",
    "POST /api/v1/auth/otp/send",
    "POST /api/v1/auth/otp/verify",
    "POST /api/v1/auth/token/refresh",
    "POST /api/v1/auth/email/verify",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/social/{provider}",
    "POST /api/v1/auth/password/forgot",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/admin/login",
    "POST /api/v1/admin/token/refresh",
    "POST /api/v1/admin/password/reset",
    "GET /api/v1/trips/search",
    "GET /api/v1/trips/price-hint",
    "GET /api/v1/trips/{id}",
    "GET /api/v1/trips/{id}/stops",
    "GET /api/v1/public/rides/{token}",
    "POST /api/onboarding/bootstrap",
    "GET /api/public/captcha-config",
    "POST /api/public/commandes",
    "GET /api/public/commandes/{reference}",
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/logout",
    "POST /auth/magic-link/consume",
    "POST /auth/email/confirm",
    "POST /auth/password/forgot",
    "POST /auth/password/reset",
} | UNLIMITED
LIMITED = sorted(set(FEATURES) - UNLIMITED)
PRIVATE = sorted(set(FEATURES) - PUBLIC)


def operation(name: str) -> Any:
    """What the OpenAPI says of a route."""
    feature = FEATURES[name]
    return OPENAPI["paths"][feature.path][feature.method.lower()]


def is_admin(name: str) -> bool:
    """Whether a route is of the back office, which has tokens of its own."""
    return FEATURES[name].path.startswith("/api/v1/admin/") or name == "PATCH /api/v1/disputes/{id}"


def is_of_nova(name: str) -> bool:
    """Whether a route is of companies' staff, who have tokens of their own."""
    return FEATURES[name].path.startswith(("/api/", "/auth/")) and not FEATURES[name].path.startswith("/api/v1/")


def scheme_of(name: str) -> str:
    """Whose tokens open a route."""
    if is_of_nova(name):
        return "StaffBearer"
    return "AdminBearer" if is_admin(name) else "HTTPBearer"


def url(feature: Feature) -> str:
    """Its path, with an id of nothing."""
    return ROOT + re.sub(r"\{[^}]*\}", NOBODY, feature.path)


async def test_route_answers_401_when_it_needs_a_token_and_gets_none(api: Api, subtests: pytest.Subtests) -> None:
    for name in PRIVATE:
        with subtests.test(name):
            answer = await api.http.request(FEATURES[name].method, url(FEATURES[name]))
            refusal(answer, 401, "auth_required")
            assert "401" in operation(name)["responses"]
            assert operation(name)["security"] == [{scheme_of(name): []}]


async def test_route_asks_for_no_token_when_it_is_public(api: Api, subtests: pytest.Subtests) -> None:
    for name in sorted(PUBLIC - UNLIMITED):
        with subtests.test(name):
            answer = await api.http.request(FEATURES[name].method, url(FEATURES[name]))
            assert answer.status_code in (200, 404, 422)
            assert {} in operation(name)["security"]


async def test_route_refuses_a_bad_token_when_it_may_get_one(api: Api, subtests: pytest.Subtests) -> None:
    headers = {"Authorization": "Bearer a.b.c"}
    for name in LIMITED:
        with subtests.test(name):
            answer = await api.http.request(FEATURES[name].method, url(FEATURES[name]), headers=headers)
            refusal(answer, 401, "auth_required")
            assert "401" in operation(name)["responses"]


async def test_route_answers_429_when_an_address_is_at_its_limit(api: Api, subtests: pytest.Subtests) -> None:
    api.configure(anonymous_per_minute=1, trusted_proxies=(ADDRESS,))
    for number, name in enumerate(LIMITED):
        with subtests.test(name):
            method, headers = FEATURES[name].method, {"X-Forwarded-For": f"198.51.100.{number}"}
            first, second = [await api.http.request(method, url(FEATURES[name]), headers=headers) for _ in range(2)]
            assert first.status_code != 429
            refusal(second, 429, "rate_limited")
            assert second.headers["retry-after"]
            assert (second.headers["ratelimit-limit"], second.headers["ratelimit-remaining"]) == ("1", "0")
            assert "429" in operation(name)["responses"]


async def test_route_answers_429_when_a_user_is_at_his_limit(api: Api, subtests: pytest.Subtests) -> None:
    api.configure(user_per_minute=1)
    office = await an_office(api, taxis=0)
    for name in PRIVATE:
        with subtests.test(name):
            method, headers = FEATURES[name].method, await a_bearer(api, office, name)
            path = url(FEATURES[name])
            first, second = [await api.http.request(method, path, headers=headers) for _ in range(2)]
            assert first.status_code not in (401, 429)
            refusal(second, 429, "rate_limited")


async def a_bearer(api: Api, office: Office, name: str) -> dict[str, str]:
    """The header of somebody new who may enter a route, as far as its world goes."""
    if is_of_nova(name):
        return (await office.hire()).bearer
    return (await api.admin() if is_admin(name) else await api.passenger()).bearer


@pytest.mark.parametrize("name", FEATURES)
def test_route_announces_what_its_use_case_may_refuse_when_asked(name: str) -> None:
    announced = operation(name)["responses"]
    assert {str(status_of(error)) for act in FEATURES[name].acts for error in act.errors} <= set(announced)  # type: ignore[attr-defined]
    assert all(answer["description"] for answer in announced.values())


@pytest.mark.parametrize("name", LIMITED)
def test_refusals_are_envelopes_when_the_openapi_shows_them(name: str) -> None:
    for status, answer in operation(name)["responses"].items():
        if status >= "400":
            schema = answer["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorEnvelope"}
