"""Accounts of the back office: invited, given a password, changed, closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from allonova.application.identity.change_admin import ChangeAdmin
from allonova.application.identity.create_admin import CreateAdmin
from allonova.application.identity.invite_admin import InviteAdmin
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.kernel.errors import AlreadyExists, NotFound, ValidationError
from tests.support.api import Api
from tests.support.factories import HOUR, an_admin
from tests.support.staff import PASSWORD, CountingHasher, Knocking, hash_by
from tests.support.wire import ROOT, ROUNDS, data, paths, refusal

EMAIL = "ada@allonova.test"
OTHER = "une autre phrase bien longue"


@pytest_asyncio.fixture(loop_scope="session")
async def invited(api: Api) -> Knocking:
    """Somebody who has an account of support, and no password."""
    hash_by(api, CountingHasher())
    await deed(api, CreateAdmin)(by=SYSTEM, email=EMAIL, role=Role.SUPPORT)
    return Knocking(api, EMAIL)


def deed(api: Api, kind: type) -> Any:
    """A use case that no route has yet."""
    return api.service.edge.use[kind]


async def link(api: Api, *, mailed: bool = False) -> str:
    """The secret of a new link."""
    url: str = await deed(api, InviteAdmin)(by=SYSTEM, who=EMAIL, mailed=mailed)
    return url.partition("#token=")[2]


async def reset(api: Api, token: str, password: str = PASSWORD) -> Any:
    return await api.http.post("/admin/password/reset", json={"token": token, "password": password})


async def change(api: Api, **given: Any) -> None:
    await deed(api, ChangeAdmin)(
        **{"by": SYSTEM, "who": EMAIL, "role": None, "is_active": None, "reset_totp": False} | given
    )


async def test_login_opens_when_the_link_has_set_a_password(api: Api, invited: Knocking) -> None:
    refusal(await invited.log_in(), 401, "auth_required")
    assert (await reset(api, await link(api))).status_code == 204
    person = await invited.enter()
    assert data(await person.get("/admin/me"))["role"] == "support"


async def test_link_comes_by_mail_when_it_is_to(api: Api, invited: Knocking) -> None:
    token = await link(api, mailed=True)
    (mail,) = await api.mails(EMAIL)
    assert mail["template"] == "admin_invited"
    assert mail["data"] == {"token": token, "url": f"{ROOT}/admin-password#token={token}"}
    assert (await reset(api, token)).status_code == 204


async def test_nothing_is_mailed_when_the_link_is_dead_by_then(api: Api, invited: Knocking) -> None:
    await reset(api, await link(api, mailed=True))
    await change(api, is_active=False)
    assert await api.mails(EMAIL) == []


async def test_secret_is_nowhere_when_a_link_was_made(api: Api, invited: Knocking) -> None:
    token = await link(api, mailed=True)
    assert token not in await api.inside.everything()


async def test_link_is_dead_when_it_was_used_or_replaced_or_is_old(api: Api, invited: Knocking) -> None:
    replaced, used = await link(api), await link(api)
    await reset(api, used)
    old = await link(api)
    api.clock.advance(24 * HOUR)
    for token in (replaced, used, old, "x" * 43):
        refusal(await reset(api, token), 422, "otp_invalid")


async def test_link_still_works_when_the_password_was_a_common_one(api: Api, invited: Knocking) -> None:
    token = await link(api)
    assert paths(refusal(await reset(api, token, "password"), 422, "validation_error")) == ["password"]
    assert (await reset(api, token)).status_code == 204


@pytest.mark.promise("links-once")
async def test_one_password_is_set_when_a_link_is_used_twenty_times_at_once(api: Api, invited: Knocking) -> None:
    for _ in range(ROUNDS):
        token = await link(api)
        answers = await asyncio.gather(*(reset(api, token, f"{PASSWORD} {n}") for n in range(20)))
        assert sorted(answer.status_code for answer in answers) == [204] + [422] * 19


async def test_users_link_opens_nothing_when_it_is_tried_here(api: Api, invited: Knocking) -> None:
    refusal(
        await api.http.post("/auth/password/reset", json={"token": await link(api), "password": PASSWORD}),
        422,
        "otp_invalid",
    )


@pytest.mark.promise("out-is-out")
async def test_sessions_end_when_the_password_is_another(api: Api, invited: Knocking) -> None:
    await reset(api, await link(api))
    person = await invited.enter()
    await reset(api, await link(api), OTHER)
    refusal(await invited.log_in(), 401, "auth_required")
    body = {"refresh_token": person.tokens["refresh_token"]}
    refusal(await api.http.post("/admin/token/refresh", json=body), 401, "auth_required")
    await api.relay()
    refusal(await person.get("/admin/me"), 401, "auth_required")


@pytest.mark.promise("out-is-out")
@pytest.mark.parametrize("given", [{"role": Role.OPS}, {"is_active": False}, {"reset_totp": True}])
async def test_sessions_end_when_an_account_is_changed(api: Api, invited: Knocking, given: dict[str, Any]) -> None:
    await reset(api, await link(api))
    person = await invited.turn_totp_on()
    await change(api, **given)
    body = {"refresh_token": person.tokens["refresh_token"]}
    refusal(await api.http.post("/admin/token/refresh", json=body), 401, "auth_required")
    await api.relay()
    refusal(await person.get("/admin/me"), 401, "auth_required")


async def test_sessions_go_on_when_a_change_changes_nothing(api: Api, invited: Knocking) -> None:
    await reset(api, await link(api))
    person = await invited.enter()
    await change(api, role=Role.SUPPORT, is_active=True)
    await api.relay()
    data(await person.get("/admin/me"))


async def test_closed_account_stays_out_when_a_link_or_password_is_tried(api: Api, invited: Knocking) -> None:
    token = await link(api)
    await change(api, is_active=False)
    refusal(await reset(api, token), 422, "otp_invalid")
    with pytest.raises(NotFound):
        await link(api)


async def test_code_is_not_asked_for_when_the_authenticator_was_taken_away(api: Api, invited: Knocking) -> None:
    await reset(api, await link(api))
    await invited.turn_totp_on()
    await change(api, reset_totp=True)
    assert (await invited.enter()).tokens["admin"]["totp_enabled"] is False


async def test_role_is_the_present_one_when_a_pair_is_renewed(api: Api) -> None:
    admin = an_admin(Role.OPS)
    await api.keep(admin)
    person = await api.admin(Role.OPS, email="mover@allonova.test")
    async with api.service.platform.begin() as unit:  # as a database's owner might, past every use case
        kept = await unit.admins.get(person.id)
        kept.role = Role.FINANCE
        await unit.admins.save(kept)
    tokens = data(await api.http.post("/admin/token/refresh", json={"refresh_token": person.tokens["refresh_token"]}))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    refusal(await api.http.get("/admin/kyc/pending", headers=headers), 403, "forbidden")
    data(await api.http.get("/admin/kyc/pending", headers=person.bearer))


async def test_address_is_refused_when_another_spelling_has_an_account(api: Api, invited: Knocking) -> None:
    with pytest.raises(AlreadyExists):
        await deed(api, CreateAdmin)(by=SYSTEM, email=EMAIL.upper(), role=Role.OPS)


async def test_common_password_is_refused_when_an_account_is_made(api: Api) -> None:
    hash_by(api, CountingHasher())
    with pytest.raises(ValidationError):
        await deed(api, CreateAdmin)(by=SYSTEM, email=EMAIL, role=Role.OPS, password="password")


async def test_page_takes_the_secret_from_the_fragment_when_the_link_is_opened(api: Api) -> None:
    answer = await api.http.get(f"{ROOT}/admin-password", headers={"Accept-Language": "fr"})
    assert answer.status_code == 200
    assert 'data-path="/api/v1/admin/password/reset"' in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
