"""Logging in with a password, forgetting it, changing it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from allonova.adapters.crypto.passwords import Argon2Passwords
from allonova.domain.identity.user import User
from tests.support.api import Api, Person
from tests.support.factories import MINUTE, SECOND, a_user
from tests.support.passwords import CHEAP, GOOD, OTHER, Counted, hash_cheaply
from tests.support.wire import ROOT, ROUNDS, data, fresh_email, fresh_phone, paths, refusal

__all__ = ["hash_cheaply"]


async def login(api: Api, identifier: str, password: str = GOOD) -> httpx.Response:
    """Log in."""
    return await api.http.post("/auth/login", json={"identifier": identifier, "password": password})


async def forgot(api: Api, identifier: str) -> httpx.Response:
    """Ask for a link."""
    return await api.http.post("/auth/password/forgot", json={"identifier": identifier})


async def reset(api: Api, token: str, password: str = OTHER) -> httpx.Response:
    """Use the link."""
    return await api.http.post("/auth/password/reset", json={"token": token, "password": password})


async def change(person: Person, **body: object) -> httpx.Response:
    """Change the password."""
    return await person.post("/me/password", body)


async def an_account(**given: Any) -> User:
    """With a verified phone and e-mail, and the password."""
    made = {"email": fresh_email(), "is_email_verified": True, "password_hash": await CHEAP.hash(GOOD)}
    return a_user(**(made | given))


@pytest_asyncio.fixture(loop_scope="session")
async def user(api: Api) -> User:
    """An account that is kept."""
    user = await an_account()
    await api.keep(user)
    return user


async def token_of(api: Api, email: str | None) -> str:
    """Forget the password; what the mail brings."""
    assert (await forgot(api, str(email))).status_code == 202
    return await api.link_token(str(email))


async def kinds_of(api: Api, user: User) -> tuple[list[str], list[str]]:
    """The templates of the SMS and mails that an account got."""
    texts = [message["template"] for message in await api.messages(str(user.phone))]
    return texts, [mail["template"] for mail in await api.mails(str(user.email))]


async def test_somebody_is_in_when_the_password_is_right(api: Api, user: User) -> None:
    for identifier in (str(user.phone), str(user.email), str(user.email).upper(), f"00{str(user.phone)[1:]}"):
        tokens = data(await login(api, identifier))
        assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
        data(await api.http.get("/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))


@pytest.mark.promise("accounts-alike")
async def test_refusal_and_work_are_the_same_whatever_is_wrong(api: Api, user: User, hasher: Counted) -> None:
    kept = user.password_hash
    others = [
        a_user(password_hash=kept, is_phone_verified=False),
        a_user(password_hash=kept, is_active=False),
        a_user(password_hash=None),
        a_user(password_hash="not a hash"),
    ]
    await api.keep(*others)
    seen = []
    for identifier, password in [
        *((str(other.phone), GOOD) for other in others),
        (str(user.phone), OTHER),
        (fresh_phone(), GOOD),
        (fresh_email(), GOOD),
    ]:
        hasher.take()
        answer = await login(api, identifier, password)
        seen.append((answer.status_code, answer.json()["error"], hasher.take()))
    assert all(each == seen[0] for each in seen)
    assert (seen[0][0], seen[0][1]["code"], seen[0][2]) == (401, "auth_required", {"verify": 1})


async def test_password_opens_nothing_when_that_way_is_not_verified(api: Api) -> None:
    user = await an_account(is_email_verified=False)
    await api.keep(user)
    refusal(await login(api, str(user.email)), 401, "auth_required")
    data(await login(api, str(user.phone)))


async def test_hash_is_made_anew_when_parameters_have_changed(api: Api) -> None:
    older = Argon2Passwords(memory_kib=16, passes=1)
    user = await an_account(password_hash=await older.hash(GOOD))
    await api.keep(user)
    data(await login(api, str(user.phone)))
    async with api.service.platform.begin() as unit:
        kept = (await unit.users.get(user.id)).password_hash
    assert kept != user.password_hash
    assert not CHEAP.is_outdated(str(kept))
    data(await login(api, str(user.phone)))


@pytest.mark.parametrize("body", [{"identifier": "awa"}, {"identifier": "a@b", "password": "x"}, {"password": "x"}])
async def test_login_is_malformed_when_the_identifier_is_neither(api: Api, body: dict[str, str]) -> None:
    answer = await api.http.post("/auth/login", json={"password": "x"} | body)
    assert paths(refusal(answer, 422, "validation_error")) == ["identifier"]


async def test_login_is_limited_when_one_account_is_tried_often(api: Api, user: User) -> None:
    api.configure(auth_per_minute=2)
    statuses = [(await login(api, name)).status_code for name in (str(user.email), str(user.email).upper())]
    assert [*statuses, (await login(api, str(user.email), OTHER)).status_code] == [200, 200, 429]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/password/forgot", {"identifier": "awa@exemple.test"}),
        ("/auth/password/reset", {"token": "x" * 43, "password": GOOD}),
        ("/auth/email/verify", {"token": "x" * 43}),
    ],
)
async def test_third_call_is_refused_when_two_a_minute_are_granted(api: Api, path: str, body: dict[str, str]) -> None:
    api.configure(auth_per_minute=2)
    statuses = [(await api.http.post(path, json=body)).status_code for _ in range(3)]
    assert 429 not in statuses[:2]
    assert statuses[2] == 429


@pytest.mark.promise("accounts-alike")
async def test_answer_and_work_are_the_same_when_nobody_has_forgotten(api: Api, user: User, hasher: Counted) -> None:
    seen = []
    for identifier in (str(user.email), fresh_email(), str(user.phone), fresh_phone()):
        answer = await forgot(api, identifier)
        seen.append((data(answer, 202), hasher.take()))
    assert seen == [({"expires_in": 1800}, {})] * 4


async def test_link_goes_to_the_phone_when_the_phone_asks(api: Api, user: User) -> None:
    await forgot(api, str(user.phone))
    message = (await api.messages(str(user.phone)))[0]
    assert message["template"] == "password_reset"
    token = message["body"].partition(f"{ROOT}/reset-password#token=")[2].split()[0].rstrip(".")
    assert (await reset(api, token)).status_code == 204


@pytest.mark.promise("links-once")
async def test_link_goes_to_the_mail_when_the_mail_asks_and_the_host_header_lies(api: Api, user: User) -> None:
    await api.http.post("/auth/password/forgot", json={"identifier": user.email}, headers={"Host": "evil.test"})
    (mail,) = await api.mails(str(user.email))
    assert mail["data"]["url"] == f"{ROOT}/reset-password#token={mail['data']['token']}"


async def test_nothing_goes_out_when_nobody_has_the_address(api: Api) -> None:
    for identifier in (email := fresh_email(), phone := fresh_phone()):
        await forgot(api, identifier)
    assert await api.mails(email) == []
    assert await api.messages(phone) == []


async def test_three_links_go_out_when_ten_are_asked_for(api: Api, user: User) -> None:
    for _ in range(10):
        assert (await forgot(api, str(user.email))).status_code == 202
        await api.relay()
    assert len(await api.mails(str(user.email))) == 3


async def test_new_password_counts_when_the_link_was_used(api: Api, user: User) -> None:
    assert (await reset(api, await token_of(api, user.email))).status_code == 204
    refusal(await login(api, str(user.phone), GOOD), 401, "auth_required")
    data(await login(api, str(user.phone), OTHER))
    assert await kinds_of(api, user) == (["password_changed"], ["password_changed", "password_reset"])


@pytest.mark.promise("out-is-out")
async def test_every_session_ends_when_the_link_was_used(api: Api, user: User) -> None:
    tokens = data(await login(api, str(user.phone)))
    await reset(api, await token_of(api, user.email))
    answer = await api.http.post("/auth/token/refresh", json={"refresh_token": tokens["refresh_token"]})
    refusal(answer, 401, "auth_required")
    await api.relay()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    refusal(await api.http.get("/me", headers=headers), 401, "auth_required")


async def test_address_is_verified_when_its_link_set_the_password(api: Api) -> None:
    email = fresh_email()
    data(await api.http.post("/auth/register", json={"email": email, "password": GOOD}), 201)
    stale = await api.link_token(email)
    assert (await reset(api, await token_of(api, email))).status_code == 204
    assert data(await login(api, email, OTHER))["user"]["is_email_verified"] is True
    data(await api.http.post("/auth/email/verify", json={"token": stale}))
    refusal(await login(api, email, GOOD), 401, "auth_required")


@pytest.mark.promise("links-once")
async def test_link_is_used_once_when_twenty_use_it_at_a_time(api: Api) -> None:
    for _ in range(ROUNDS):
        await api.keep(user := await an_account())
        token = await token_of(api, user.email)
        answers = await asyncio.gather(*(reset(api, token) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [204] + [422] * 19


async def test_link_is_dead_when_half_an_hour_is_over(api: Api, user: User) -> None:
    token = await token_of(api, user.email)
    api.clock.advance(30 * MINUTE)
    refusal(await reset(api, token), 422, "otp_invalid")
    token = await token_of(api, user.email)
    api.clock.advance(30 * MINUTE - SECOND)
    assert (await reset(api, token)).status_code == 204


async def test_link_is_dead_when_the_address_went_to_nobody(api: Api, user: User) -> None:
    token = await token_of(api, user.email)
    async with api.service.platform.begin() as unit:
        kept = await unit.users.get(user.id)
        kept.email = None
        await unit.users.save(kept)
    refusal(await reset(api, token), 422, "otp_invalid")


@pytest.mark.parametrize("password", ["1234567", "x" * 129, "password1", "AZERTYUIOP", 12345678])
async def test_link_lives_on_when_the_password_is_refused(api: Api, user: User, password: Any) -> None:
    token = await token_of(api, user.email)
    assert paths(refusal(await reset(api, token, password), 422, "validation_error")) == ["password"]
    assert (await reset(api, token)).status_code == 204


@pytest.mark.promise("links-once")
async def test_no_reset_link_lies_in_the_store_when_it_was_sent(api: Api, user: User) -> None:
    token = await token_of(api, user.email)
    assert token not in await api.inside.everything()


@pytest.mark.promise("out-is-out")
async def test_other_sessions_end_when_the_password_changes(api: Api, user: User) -> None:
    person, there = await api.log_in(str(user.phone)), await api.log_in(str(user.phone))
    assert (await change(person, current=GOOD, new=OTHER)).status_code == 204
    await api.relay()
    data(await person.get("/me"))
    refusal(await there.get("/me"), 401, "auth_required")
    body = {"refresh_token": there.tokens["refresh_token"]}
    refusal(await api.http.post("/auth/token/refresh", json=body), 401, "auth_required")
    data(await login(api, str(user.phone), OTHER))
    assert "password_changed" in (await kinds_of(api, user))[1]


async def test_first_password_is_set_when_there_was_none(api: Api) -> None:
    person = await api.passenger()
    assert (await change(person, new=GOOD)).status_code == 204
    data(await login(api, person.phone))


@pytest.mark.parametrize(("given", "code"), [({}, "missing"), ({"current": OTHER}, "wrong_password")])
async def test_password_stays_when_the_present_one_is_not_given(
    api: Api, user: User, given: dict[str, str], code: str
) -> None:
    person = await api.log_in(str(user.phone))
    details = refusal(await change(person, new=OTHER, **given), 422, "validation_error")
    assert [(fault["path"], fault["code"]) for fault in details["fields"]] == [("current", code)]
    data(await login(api, str(user.phone)))


async def test_sixth_try_is_refused_when_its_password_is_right(api: Api, user: User) -> None:
    person = await api.log_in(str(user.phone))
    guesses = await asyncio.gather(*(change(person, current=f"guess {n}", new=OTHER) for n in range(20)))
    assert sorted(answer.status_code for answer in guesses) == [422] * 5 + [429] * 15
    answer = await change(person, current=GOOD, new=OTHER)
    refusal(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "600"
    api.clock.advance(timedelta(minutes=10))
    assert (await change(person, current=GOOD, new=OTHER)).status_code == 204


async def test_one_change_counts_when_two_come_at_once(api: Api, user: User) -> None:
    person = await api.log_in(str(user.phone))
    news = [OTHER, f"{OTHER} encore"]
    answers = await asyncio.gather(*(change(person, current=GOOD, new=new) for new in news))
    assert sorted(answer.status_code for answer in answers) in ([204, 409], [204, 422])
    assert sorted([(await login(api, str(user.phone), new)).status_code for new in news]) == [200, 401]


async def test_pending_link_is_dead_when_the_password_changed(api: Api, user: User) -> None:
    token = await token_of(api, user.email)
    person = await api.log_in(str(user.phone))
    assert (await change(person, current=GOOD, new=OTHER)).status_code == 204
    refusal(await reset(api, token, GOOD), 422, "otp_invalid")


async def test_new_password_is_refused_when_it_is_common(api: Api) -> None:
    person = await api.passenger()
    assert paths(refusal(await change(person, new="iloveyou1"), 422, "validation_error")) == ["new"]
