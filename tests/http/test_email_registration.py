"""Accounts open with a link that comes by mail, and whoever claims somebody else's address gains nothing by it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.factories import HOUR, MINUTE, SECOND, a_user
from tests.support.passwords import GOOD, OTHER, Counted, hash_cheaply
from tests.support.wire import ROOT, ROUNDS, data, fresh_email, fresh_phone, paths, refusal

__all__ = ["hash_cheaply"]

DAY = timedelta(days=1)


@pytest.fixture
def email() -> str:
    """Of somebody new."""
    return fresh_email()


async def register(api: Api, **body: object) -> Any:
    """The answer to a registration."""
    api.clock.advance(SECOND)
    return data(await api.http.post("/auth/register", json=body), 201)


async def verify(api: Api, token: str) -> httpx.Response:
    """Use the link."""
    return await api.http.post("/auth/email/verify", json={"token": token})


async def login(api: Api, identifier: str, password: str) -> int:
    """The status of a login."""
    answer = await api.http.post("/auth/login", json={"identifier": identifier, "password": password})
    return answer.status_code


async def test_account_is_open_when_its_link_comes_back(api: Api, email: str) -> None:
    answer = await register(api, email=email, password=GOOD, first_name="Awa")
    assert answer == {"verification": {"channel": "email", "expires_in": 86400}}
    assert await login(api, email, GOOD) == 401
    me = data(await verify(api, await api.link_token(email)))["user"]
    assert (me["email"], me["phone"], me["first_name"], me["is_email_verified"]) == (email, None, "Awa", True)
    assert await login(api, email, GOOD) == 200
    assert await login(api, email.upper(), GOOD) == 200


async def test_link_leads_to_the_page_with_its_token_in_the_fragment_when_it_is_mailed(api: Api, email: str) -> None:
    await api.http.post("/auth/register", json={"email": email}, headers={"Host": "evil.test"})
    (mail,) = await api.mails(email)
    assert mail["template"] == "email_verify"
    assert mail["data"]["url"] == f"{ROOT}/verify-email#token={mail['data']['token']}"
    assert len(mail["data"]["token"]) == 43


@pytest.mark.promise("links-once")
async def test_link_still_works_when_a_scanner_has_looked_at_the_page(api: Api, email: str) -> None:
    await register(api, email=email)
    url = (await api.mails(email))[0]["data"]["url"]
    for method in ("GET", "HEAD"):
        await api.http.request(method, url)
    data(await verify(api, await api.link_token(email)))


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "phone"),
        ({"phone": "+2250700000042", "email": "awa@exemple.test"}, "email"),
        ({"phone": None, "email": None}, "phone"),
        ({"email": "awa"}, "email"),
        ({"email": "awa@"}, "email"),
        ({"email": "a\r\nBcc: b@exemple.test"}, "email"),
        ({"email": "awa@exemple.test", "password": "1234567"}, "password"),
        ({"email": "awa@exemple.test", "password": "x" * 129}, "password"),
        ({"email": "awa@exemple.test", "password": "password1"}, "password"),
        ({"email": "awa@exemple.test", "password": "PassWord1"}, "password"),
    ],
)
async def test_registration_is_refused_when_it_is_not_sound(api: Api, body: dict[str, object], path: str) -> None:
    before = await api.inside.everything()
    answer = await api.http.post("/auth/register", json=body)
    assert paths(refusal(answer, 422, "validation_error")) == [path]
    assert await api.inside.everything() == before


@pytest.mark.parametrize(
    "name", ["id", "is_active", "is_email_verified", "password_hash", "role", "balance", "version", "referral_code"]
)
async def test_field_is_refused_when_it_is_not_the_callers_to_set(api: Api, email: str, name: str) -> None:
    answer = await api.http.post("/auth/register", json={"email": email, name: True})
    assert paths(refusal(answer, 422, "validation_error")) == [name]


async def test_made_up_address_is_refused_when_the_service_is_in_production(api: Api, email: str) -> None:
    api.configure(takes_test_addresses=False)
    answer = await api.http.post("/auth/register", json={"email": email})
    assert paths(refusal(answer, 422, "validation_error")) == ["email"]


@pytest.mark.promise("accounts-alike")
async def test_answer_and_work_are_the_same_when_the_address_has_an_account(api: Api, hasher: Counted) -> None:
    known, claimed = a_user(email=fresh_email(), is_email_verified=True), fresh_email()
    await api.keep(known)
    await register(api, email=claimed)
    seen = []
    for address in (known.email, claimed, fresh_email()):
        hasher.take()
        seen.append((await register(api, email=address, password=GOOD), hasher.take()))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][1] == {"hash": 1, "verify": 1}


async def test_owner_is_told_when_his_address_registers_again(api: Api, email: str) -> None:
    await api.keep(a_user(email=email, is_email_verified=True))
    await register(api, email=email.upper(), password=GOOD, first_name="Mallory")
    assert [mail["template"] for mail in await api.mails(email)] == ["registration_repeated"]


async def test_fourth_link_is_refused_when_three_went_out_in_ten_minutes(api: Api, email: str) -> None:
    for _ in range(3):
        await register(api, email=email)
        await api.relay()
    answer = await api.http.post("/auth/register", json={"email": email.upper()})
    refusal(answer, 429, "rate_limited")
    assert len(await api.mails(email)) == 3
    api.clock.advance(10 * MINUTE)
    await register(api, email=email)


@pytest.mark.promise("links-once")
async def test_link_is_dead_when_it_was_used(api: Api, email: str) -> None:
    await register(api, email=email)
    token = await api.link_token(email)
    data(await verify(api, token))
    refusal(await verify(api, token), 422, "otp_invalid")


async def test_link_works_to_its_last_second_and_no_longer(api: Api, email: str) -> None:
    await register(api, email=email)
    token = await api.link_token(email)
    api.clock.advance(DAY)
    refusal(await verify(api, token), 422, "otp_invalid")
    await register(api, email=email)
    token = await api.link_token(email)
    api.clock.advance(DAY - SECOND)
    data(await verify(api, token))


async def test_older_link_is_dead_when_a_newer_one_was_made(api: Api, email: str) -> None:
    await register(api, email=email)
    old = await api.link_token(email)
    await register(api, email=email)
    refusal(await verify(api, old), 422, "otp_invalid")
    data(await verify(api, await api.link_token(email)))


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 200])
async def test_link_is_dead_when_nobody_made_it(api: Api, token: str) -> None:
    refusal(await verify(api, token), 422, "otp_invalid")


async def test_link_is_dead_when_it_was_made_for_something_else(api: Api, email: str) -> None:
    await api.keep(a_user(email=email))
    await api.http.post("/auth/password/forgot", json={"identifier": email})
    refusal(await verify(api, await api.link_token(email)), 422, "otp_invalid")


async def test_link_opens_nothing_when_the_account_was_suspended(api: Api, email: str) -> None:
    await register(api, email=email)
    token = await api.link_token(email)
    async with api.service.platform.begin() as unit:
        user = await unit.users.find(email=email)
        user.is_active = False
        await unit.users.save(user)
    refusal(await verify(api, token), 422, "otp_invalid")


@pytest.mark.promise("links-once")
async def test_one_enters_when_a_link_is_used_twenty_times_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        await register(api, email=(email := fresh_email()))
        token = await api.link_token(email)
        answers = await asyncio.gather(*(verify(api, token) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] + [422] * 19


async def test_one_account_opens_when_an_address_registers_many_times_at_once(api: Api, email: str) -> None:
    tries = [api.http.post("/auth/register", json={"email": email, "password": GOOD}) for _ in range(10)]
    statuses = sorted([answer.status_code for answer in await asyncio.gather(*tries)])
    assert statuses == [201] * 3 + [429] * 7
    data(await verify(api, await api.link_token(email)))


async def test_no_token_and_no_password_lies_in_the_store_when_somebody_registered(api: Api, email: str) -> None:
    await register(api, email=email, password=GOOD)
    token = await api.link_token(email)
    everything = await api.inside.everything()
    assert token not in everything
    assert GOOD not in everything


async def prove(api: Api, who: str) -> None:
    """Come in by the newest link or code."""
    if "@" in who:
        data(await verify(api, await api.link_token(who)))
    else:
        data(await api.http.post("/auth/otp/verify", json={"phone": who, "code": await api.code(who)}))


def naming(who: str) -> dict[str, str]:
    """The field of a registration."""
    return {"email": who} if "@" in who else {"phone": who}


@pytest.fixture(params=["phone", "email"])
def who(request: pytest.FixtureRequest) -> str:
    """A phone or an e-mail that two people register."""
    return fresh_email() if request.param == "email" else fresh_phone()


@pytest.mark.parametrize("order", [(GOOD, OTHER), (OTHER, GOOD)], ids=["stranger second", "stranger first"])
async def test_strangers_password_opens_nothing_when_two_register_at_a_time(
    api: Api, who: str, order: tuple[str, str]
) -> None:
    for password in order:
        await register(api, **naming(who), password=password)
    await prove(api, who)
    assert [await login(api, who, password) for password in (GOOD, OTHER)] == [401, 401]


async def test_strangers_password_opens_nothing_when_the_owner_registers_without_one(api: Api, who: str) -> None:
    await register(api, **naming(who), password=OTHER)
    await register(api, **naming(who))
    await prove(api, who)
    assert await login(api, who, OTHER) == 401


async def test_strangers_password_opens_nothing_when_the_owner_asks_for_a_code(api: Api) -> None:
    phone = fresh_phone()
    await register(api, phone=phone, password=OTHER)
    await api.log_in(phone)
    assert await login(api, phone, OTHER) == 401


async def test_strangers_password_opens_nothing_when_it_comes_after_the_owners_code(api: Api) -> None:
    phone = fresh_phone()
    await register(api, phone=phone)
    data(await api.http.post("/auth/otp/send", json={"phone": phone}))
    await register(api, phone=phone, password=OTHER)
    await prove(api, phone)
    assert await login(api, phone, OTHER) == 401


async def test_password_stays_when_a_verified_account_registers_again(api: Api, who: str) -> None:
    await register(api, **naming(who), password=GOOD)
    await prove(api, who)
    api.clock.advance(DAY)
    await register(api, **naming(who), password=OTHER)
    if "@" not in who:
        await prove(api, who)
    assert [await login(api, who, password) for password in (GOOD, OTHER)] == [200, 401]


async def test_password_counts_when_its_owner_sends_the_registration_twice(api: Api, who: str) -> None:
    for _ in range(2):
        await register(api, **naming(who), password=GOOD)
    await prove(api, who)
    assert await login(api, who, GOOD) == 200


async def test_password_counts_when_nothing_of_an_older_registration_works_any_more(api: Api, who: str) -> None:
    await register(api, **naming(who), password=OTHER)
    api.clock.advance(DAY + HOUR)
    await register(api, **naming(who), password=GOOD)
    await prove(api, who)
    assert [await login(api, who, password) for password in (GOOD, OTHER)] == [200, 401]


async def test_no_password_counts_when_two_register_at_once(api: Api, email: str) -> None:
    bodies = [{"email": email, "password": password} for password in (GOOD, OTHER)]
    await asyncio.gather(*(api.http.post("/auth/register", json=body) for body in bodies))
    assert len(await api.mails(email)) == 1  # of a link that was replaced nobody hears
    await prove(api, email)
    assert [await login(api, email, password) for password in (GOOD, OTHER)] == [401, 401]


@pytest.mark.parametrize(("path", "words"), [("/verify-email", "Confirmer"), ("/reset-password", "mot de passe")])
async def test_page_asks_nothing_of_other_hosts_when_it_is_opened(api: Api, path: str, words: str) -> None:
    answer = await api.http.get(f"{ROOT}{path}", headers={"Accept-Language": "fr"})
    assert answer.status_code == 200
    assert words in answer.text
    assert 'lang="fr"' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert 'lang="en"' in (await api.http.get(f"{ROOT}{path}")).text
    script = await api.http.get(f"{ROOT}/links.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "://" not in answer.text + script.text
