"""Who may do what in the back office: every route, asked by everybody."""

from __future__ import annotations

import re

from allonova.adapters.http.answers import TOLD, spec
from allonova.adapters.http.openapi import create_openapi
from allonova.adapters.http.provide import AdminRow
from allonova.domain.identity.roles import Area, Right, Role
from allonova.main.docs.map import Feature, features
from allonova.main.docs.roles import guarded, row_of
from allonova.main.wiring import http_config
from tests.support.api import Api
from tests.support.serving import SETTINGS, app_of
from tests.support.wire import NOBODY, ROOT

APP = app_of(http_config(SETTINGS))
OPENAPI = create_openapi(APP)
BESIDE = ("PATCH", "/api/v1/disputes/{id}")  # the source document's path of what /admin/disputes/{id} is, too
ADMIN = [
    feature
    for feature in features(APP)
    if feature.path.startswith("/api/v1/admin/") or (feature.method, feature.path) == BESIDE
]
ROWS = [(feature, row) for feature, row in guarded(APP) if feature in ADMIN]
OPEN = {"/api/v1/admin/login", "/api/v1/admin/token/refresh", "/api/v1/admin/password/reset"}
ANY_ROLE = {
    "/api/v1/admin/me",
    "/api/v1/admin/me/totp",
    "/api/v1/admin/me/totp/confirm",
    "/api/v1/admin/logout",
}


def name_of(feature: Feature) -> str:
    return f"{feature.method} {feature.path}"


def url(feature: Feature) -> str:
    """Its path, with an id of nothing."""
    return ROOT + re.sub(r"\{[^}]*\}", NOBODY, feature.path)


def test_route_names_its_row_when_it_is_of_the_back_office() -> None:
    rowless = {feature.path for feature in ADMIN if row_of(feature.endpoint) is None}
    assert rowless == OPEN | ANY_ROLE


def test_route_names_a_row_when_it_alone_is_of_the_back_office() -> None:
    assert [name_of(feature) for feature, _ in guarded(APP) if feature not in ADMIN] == []


def test_openapi_asks_for_the_right_token_when_a_route_is_of_the_back_office() -> None:
    for feature in ADMIN:
        asked = OPENAPI["paths"][feature.path][feature.method.lower()]["security"]
        assert asked == [{"AdminBearer": []}] + [{}] * (feature.path in OPEN), name_of(feature)


def test_openapi_announces_403_when_a_route_stands_in_a_row() -> None:
    announced = spec(None, row=True)["openapi_extra"][TOLD].responses[403]["description"]
    for feature, _ in ROWS:
        answers = OPENAPI["paths"][feature.path][feature.method.lower()]["responses"]
        assert announced.partition(":")[0] in answers["403"]["description"], name_of(feature)


async def test_every_role_may_look_at_itself_when_it_is_logged_in(api: Api) -> None:
    for role in Role:
        assert (await (await api.admin(role)).get("/admin/me")).status_code == 200


def test_row_is_one_dependency_when_two_routes_ask_alike() -> None:
    assert AdminRow(Area.KYC, Right.ALL) == AdminRow(Area.KYC, Right.ALL)
    assert len({AdminRow(Area.KYC, Right.ALL), AdminRow(Area.KYC, Right.READ)}) == 2
