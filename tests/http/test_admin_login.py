"""How the back office's people get in, and how they are out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pyotp
import pytest
import pytest_asyncio

from allonova.adapters.local.limits import LocalRateLimiter
from allonova.domain.identity.admin_user import CODE_TRIES, LOGIN_TRIES
from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import ACCESS_TTL
from tests.support.api import Api
from tests.support.factories import HOUR, MINUTE, SECOND, an_admin
from tests.support.staff import PASSWORD, STEP, CountingHasher, Knocking, hash_by
from tests.support.wire import data, refusal

WRONG = "vier Wörter ohne Bezug"


@pytest.fixture
def hasher(api: Api) -> CountingHasher:
    """The service hashes by it."""
    counting = CountingHasher()
    hash_by(api, counting)
    return counting


@pytest_asyncio.fixture(loop_scope="session")
async def ada(api: Api, hasher: CountingHasher) -> Knocking:
    """A super admin with a password."""
    await api.keep(an_admin(email="ada@allonova.test", password_hash=f"kept:{PASSWORD}"))
    return Knocking(api, "Ada@allonova.test")


async def test_tokens_given_when_address_and_password_are_right(ada: Knocking) -> None:
    tokens = data(await ada.log_in())
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    assert tokens["admin"]["email"] == "ada@allonova.test"
    assert tokens["admin"]["last_login"] is not None
    assert set(tokens["admin"]) == {
        *("id", "email", "role", "is_active", "totp_enabled", "last_login", "version", "created_at", "updated_at"),
    }


async def test_account_shown_when_its_owner_asks(ada: Knocking) -> None:
    person = await ada.enter()
    shown = data(await person.get("/admin/me"))
    assert (shown["id"], shown["role"], shown["totp_enabled"]) == (str(person.id), "super", False)


@pytest.mark.promise("accounts-alike")
async def test_refusals_are_alike_when_anything_is_wrong(api: Api, ada: Knocking) -> None:
    closed, invited = an_admin(password_hash=f"kept:{PASSWORD}", is_active=False), an_admin()
    await api.keep(closed, invited)
    emails = ("nobody@allonova.test", closed.email, invited.email)
    answers = [await ada.log_in(WRONG), *[await Knocking(api, email).log_in() for email in emails]]
    assert [refusal(answer, 401, "auth_required") for answer in answers] == [{}] * 4
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1


@pytest.mark.promise("password-cost")
async def test_one_password_is_checked_when_the_address_is_known_or_not(
    api: Api, ada: Knocking, hasher: CountingHasher
) -> None:
    for email in (ada.email, "nobody@allonova.test"):
        await Knocking(api, email).log_in(WRONG)
    assert hasher.checks == [f"kept:{PASSWORD}", None]
    assert hasher.hashes == []


async def test_password_is_kept_anew_when_its_hash_was_made_with_weaker_parameters(
    api: Api, hasher: CountingHasher
) -> None:
    await api.keep(an_admin(email="old@allonova.test", password_hash=f"old:{PASSWORD}"))
    for _ in range(2):
        await Knocking(api, "old@allonova.test").enter()
    assert hasher.checks == [f"old:{PASSWORD}", f"kept:{PASSWORD}"]
    assert hasher.hashes == [PASSWORD]


@pytest.mark.promise("remembered-refusals")
async def test_refusal_is_remembered_when_the_address_is_known_or_not(api: Api, ada: Knocking) -> None:
    before = await api.inside.everything()
    for email in (ada.email, "nobody@allonova.test"):
        await Knocking(api, email).log_in(WRONG)
    after = await api.inside.everything()
    assert after.count("admin.login_refused") == before.count("admin.login_refused") + 2


async def test_tries_run_out_when_five_were_wrong(api: Api, ada: Knocking) -> None:
    for email in (ada.email, "nobody@allonova.test"):
        someone = Knocking(api, email)
        statuses = [(await someone.log_in(WRONG)).status_code for _ in range(LOGIN_TRIES + 1)]
        assert statuses == [401] * LOGIN_TRIES + [429]
        refusal(await someone.log_in(), 429, "rate_limited")
    api.clock.advance(10 * MINUTE)
    await ada.enter()


async def test_tries_are_one_count_when_the_address_is_written_otherwise(api: Api, ada: Knocking) -> None:
    for _ in range(LOGIN_TRIES):
        await ada.log_in(WRONG)
    refusal(await Knocking(api, "ADA@allonova.test").log_in(), 429, "rate_limited")


@pytest.mark.promise("counters")
async def test_no_more_than_five_are_looked_at_when_fifty_guess_at_once(ada: Knocking, hasher: CountingHasher) -> None:
    answers = await asyncio.gather(*(ada.log_in(f"guess {n}") for n in range(50)))
    assert sorted(answer.status_code for answer in answers) == [401] * LOGIN_TRIES + [429] * (50 - LOGIN_TRIES)
    assert len(hasher.checks) == LOGIN_TRIES


async def test_tries_are_forgotten_when_one_was_right(ada: Knocking) -> None:
    for _ in range(3):
        for _ in range(LOGIN_TRIES - 1):
            await ada.log_in(WRONG)
        await ada.enter()


async def test_login_is_limited_by_address_and_identifier_when_it_comes_often(api: Api, ada: Knocking) -> None:
    api.configure(auth_per_minute=2)
    api.app.state.edge = replace(api.app.state.edge, limiter=LocalRateLimiter(lambda: 1000.0))
    assert [(await ada.log_in()).status_code for _ in range(3)] == [200, 200, 429]


async def test_code_is_asked_for_when_the_password_is_right(ada: Knocking) -> None:
    await ada.turn_totp_on()
    assert refusal(await ada.log_in(), 401, "auth_required") == {"totp_required": True}
    assert refusal(await ada.log_in(totp=ada.wrong_code()), 401, "auth_required") == {"totp_required": True}
    assert refusal(await ada.log_in(WRONG, totp=ada.code()), 401, "auth_required") == {}
    person = await ada.enter(totp=ada.code())
    assert person.tokens["admin"]["totp_enabled"] is True


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_code_opens_when_its_clock_is_one_step_off(api: Api, ada: Knocking, steps: int) -> None:
    await ada.turn_totp_on()
    api.clock.advance(2 * STEP)
    await ada.enter(totp=ada.code(steps=steps))


@pytest.mark.parametrize("steps", [-2, 2])
async def test_code_is_refused_when_its_clock_is_further_off(api: Api, ada: Knocking, steps: int) -> None:
    await ada.turn_totp_on()
    api.clock.advance(4 * STEP)
    assert refusal(await ada.log_in(totp=ada.code(steps=steps)), 401, "auth_required") == {"totp_required": True}


async def test_code_is_refused_when_it_was_used(api: Api, ada: Knocking) -> None:
    await ada.turn_totp_on()
    code, earlier = ada.code(), ada.code(steps=-1)
    await ada.enter(totp=code)
    for spent in (code, earlier):
        refusal(await ada.log_in(totp=spent), 401, "auth_required")


async def test_code_is_refused_when_it_confirmed_the_authenticator(api: Api, ada: Knocking) -> None:
    await ada.turn_totp_on()
    refusal(await ada.log_in(totp=ada.code(steps=-1)), 401, "auth_required")


async def test_one_enters_when_a_code_comes_twenty_times_at_once(api: Api, ada: Knocking) -> None:
    await ada.turn_totp_on()
    for _ in range(4):
        api.clock.advance(20 * MINUTE)
        code = ada.code()
        answers = await asyncio.gather(*(ada.log_in(totp=code) for _ in range(20)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses.count(200) == 1
        assert set(statuses) <= {200, 401, 429}


async def test_codes_run_out_when_somebody_with_the_password_guesses(api: Api, ada: Knocking) -> None:
    await ada.turn_totp_on()
    statuses = []
    for _ in range(CODE_TRIES + 1):
        api.clock.advance(10 * MINUTE)
        statuses.append((await ada.log_in(totp=ada.wrong_code())).status_code)
    assert statuses == [401] * CODE_TRIES + [429]
    refusal(await ada.log_in(totp=ada.code()), 429, "rate_limited")
    api.clock.advance(24 * HOUR)
    await ada.enter(totp=ada.code())


async def test_password_is_asked_again_when_an_authenticator_is_set_up(ada: Knocking) -> None:
    person = await ada.enter()
    details = refusal(await person.post("/admin/me/totp", {"password": WRONG}), 422, "validation_error")
    assert [fault["path"] for fault in details["fields"]] == ["password"]


async def test_tries_run_out_when_a_stolen_token_guesses_the_password(ada: Knocking) -> None:
    person = await ada.enter()
    statuses = [(await person.post("/admin/me/totp", {"password": WRONG})).status_code for _ in range(LOGIN_TRIES + 1)]
    assert statuses == [422] * LOGIN_TRIES + [429]


async def test_secret_is_for_an_authenticator_when_it_is_made(ada: Knocking) -> None:
    person = await ada.enter()
    started = data(await person.post("/admin/me/totp", {"password": PASSWORD}))
    read = pyotp.parse_uri(started["otpauth_url"])
    assert (read.secret, read.name, read.issuer) == (started["secret"], "ada@allonova.test", "AlloNova")


@pytest.mark.promise("sealed-at-rest")
async def test_secret_is_unreadable_when_it_is_kept(api: Api, ada: Knocking) -> None:
    person = await ada.enter()
    first = data(await person.post("/admin/me/totp", {"password": PASSWORD}))["secret"]
    assert first not in await api.inside.everything()
    await ada.turn_totp_on()
    assert ada.authenticator is not None
    assert ada.authenticator.secret not in await api.inside.everything()


async def test_code_is_not_asked_for_when_the_secret_was_never_confirmed(ada: Knocking) -> None:
    person = await ada.enter()
    data(await person.post("/admin/me/totp", {"password": PASSWORD}))
    await ada.enter()


async def test_last_secret_counts_when_several_were_made(api: Api, ada: Knocking) -> None:
    person = await ada.enter()
    first, second = [
        pyotp.TOTP(data(await person.post("/admin/me/totp", {"password": PASSWORD}))["secret"]) for _ in range(2)
    ]
    now = api.clock.now()
    refusal(await person.post("/admin/me/totp/confirm", {"code": first.at(now)}), 422, "otp_invalid")
    data(await person.post("/admin/me/totp/confirm", {"code": second.at(now)}))


async def test_nothing_is_confirmed_when_nothing_was_started(ada: Knocking) -> None:
    person = await ada.enter()
    refusal(await person.post("/admin/me/totp/confirm", {"code": "123456"}), 409, "conflict")


async def test_codes_run_out_when_the_confirmation_is_guessed(ada: Knocking) -> None:
    person = await ada.enter()
    started = data(await person.post("/admin/me/totp", {"password": PASSWORD}))
    ada.authenticator = pyotp.TOTP(started["secret"])
    wrong = ada.wrong_code()
    statuses = [
        (await person.post("/admin/me/totp/confirm", {"code": wrong})).status_code for _ in range(CODE_TRIES + 1)
    ]
    assert statuses == [422] * CODE_TRIES + [429]


async def test_other_sessions_end_when_an_authenticator_is_turned_on(api: Api, ada: Knocking) -> None:
    other = await ada.enter()
    person = await ada.turn_totp_on()
    await api.relay()
    data(await person.get("/admin/me"))
    refusal(await other.get("/admin/me"), 401, "auth_required")


async def test_code_of_the_old_authenticator_is_asked_for_when_it_is_replaced(api: Api, ada: Knocking) -> None:
    person = await ada.turn_totp_on()
    for given in ({}, {"totp": ada.wrong_code()}):
        answer = await person.post("/admin/me/totp", {"password": PASSWORD, **given})
        details = refusal(answer, 422, "validation_error")
        assert [fault["path"] for fault in details["fields"]] == ["totp"]
    old = ada.authenticator
    started = data(await person.post("/admin/me/totp", {"password": PASSWORD, "totp": ada.code()}))
    ada.authenticator = pyotp.TOTP(started["secret"])
    data(await person.post("/admin/me/totp/confirm", {"code": ada.code()}))
    api.clock.advance(STEP)
    assert old is not None
    refusal(await ada.log_in(totp=old.at(api.clock.now())), 401, "auth_required")
    await ada.enter(totp=ada.code())


async def test_pair_is_renewed_when_the_access_token_has_died(api: Api, ada: Knocking) -> None:
    person = await ada.enter()
    first = person.tokens["refresh_token"]
    api.clock.advance(ACCESS_TTL)
    data(await person.get("/admin/me"))
    assert person.tokens["refresh_token"] != first
    assert person.tokens["admin"]["email"] == "ada@allonova.test"


async def test_session_ends_when_a_refresh_token_comes_back_late(api: Api, ada: Knocking) -> None:
    person = await ada.enter()
    body = {"refresh_token": person.tokens["refresh_token"]}
    successor = data(await api.http.post("/admin/token/refresh", json=body))["refresh_token"]
    api.clock.advance(11 * SECOND)
    for token in (body["refresh_token"], successor):
        refusal(await api.http.post("/admin/token/refresh", json={"refresh_token": token}), 401, "auth_required")
    await api.relay()
    refusal(await api.http.get("/admin/me", headers=person.bearer), 401, "auth_required")


async def test_session_ends_when_its_owner_logs_out(api: Api, ada: Knocking) -> None:
    person = await ada.enter()
    body = {"refresh_token": person.tokens["refresh_token"]}
    assert (await person.post("/admin/logout", body)).status_code == 204
    refusal(await api.http.post("/admin/token/refresh", json=body), 401, "auth_required")
    await api.relay()
    refusal(await person.get("/admin/me"), 401, "auth_required")


async def test_refresh_token_opens_nothing_when_it_is_of_the_other_api(api: Api, ada: Knocking) -> None:
    tokens: dict[str, Any] = {"/auth": (await ada.enter()).tokens, "/admin": (await api.passenger()).tokens}
    for door, others in tokens.items():
        body = {"refresh_token": others["refresh_token"]}
        refusal(await api.http.post(f"{door}/token/refresh", json=body), 401, "auth_required")
    data(await api.http.post("/admin/token/refresh", json={"refresh_token": tokens["/auth"]["refresh_token"]}))


@pytest.mark.parametrize("role", Role)
async def test_token_carries_the_role_when_anyone_of_the_back_office_logs_in(api: Api, role: Role) -> None:
    person = await api.admin(role)
    assert data(await person.get("/admin/me"))["role"] == role
