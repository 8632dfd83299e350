"""Tokens of one audience open nothing of another, and a token without a role nothing of the back office."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import ACCESS_TTL, Audience
from tests.http.test_tokens import claims, signed
from tests.support.api import Api
from tests.support.factories import SECOND
from tests.support.wire import data, refusal

AUDIENCES: list[Any] = [*Audience, None, "", "ALLOCAR", ["allocar", "allocar-admin"], "allocar allocar-admin"]


@pytest.mark.promise("tokens")
async def test_only_its_own_api_opens_when_a_token_has_an_audience(api: Api, subtests: pytest.Subtests) -> None:
    passenger, admin = await api.passenger(), await api.admin()
    doors = {"/me": (passenger, Audience.ALLOCAR), "/admin/me": (admin, Audience.ALLOCAR_ADMIN)}
    for path, (person, own) in doors.items():
        for audience in AUDIENCES:
            with subtests.test(path, audience=audience):
                token = signed(claims(person, aud=audience))
                answer = await api.http.get(path, headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code == (200 if audience == own else 401), answer.text


@pytest.mark.parametrize("role", [None, "", "SUPER", "root", "super ", ["super"], {"super": True}, 1, True])
async def test_nothing_opens_when_the_role_is_none_of_ours(api: Api, role: Any) -> None:
    token = signed(claims(await api.admin(), role=role))
    refusal(await api.http.get("/admin/me", headers={"Authorization": f"Bearer {token}"}), 401, "auth_required")


async def test_users_token_opens_nothing_more_when_it_claims_a_role(api: Api) -> None:
    token = signed(claims(await api.passenger(), role=Role.SUPER.value))
    refusal(await api.http.get("/admin/me", headers={"Authorization": f"Bearer {token}"}), 401, "auth_required")


@pytest.mark.promise("tokens")
async def test_nothing_opens_when_there_is_no_such_account_or_it_is_closed(api: Api) -> None:
    gone, closed = await api.admin(), await api.admin(is_active=False)
    token = signed(claims(gone, sub="00000000-0000-4000-8000-000000000000"))
    refusal(await api.http.get("/admin/me", headers={"Authorization": f"Bearer {token}"}), 401, "auth_required")
    refusal(await closed.get("/admin/me"), 401, "auth_required")


async def test_token_dies_when_fifteen_minutes_are_over(api: Api) -> None:
    person = await api.admin()
    api.clock.advance(ACCESS_TTL - SECOND)
    data(await api.http.get("/admin/me", headers=person.bearer))
    api.clock.advance(SECOND)
    refusal(await api.http.get("/admin/me", headers=person.bearer), 401, "auth_required")
