"""One-time codes: few sends, few tries, one use, ten minutes."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from tests.support.api import Api
from tests.support.factories import MINUTE, SECOND, a_user
from tests.support.wire import data, fresh_phone, refusal


async def send(api: Api, phone: str) -> httpx.Response:
    """Ask for a code."""
    return await api.http.post("/auth/otp/send", json={"phone": phone})


async def verify(api: Api, phone: str, code: str) -> httpx.Response:
    """Bring a code back."""
    return await api.http.post("/auth/otp/verify", json={"phone": phone, "code": code})


def other(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.fixture
def phone() -> str:
    """Of the account."""
    return fresh_phone()


async def account(api: Api, phone: str) -> str:
    """Open an account with the phone; the code that came to it."""
    await api.keep(a_user(phone=phone))
    data(await send(api, phone))
    return await api.code(phone)


async def test_code_is_refused_when_it_was_used(api: Api, phone: str) -> None:
    code = await account(api, phone)
    data(await verify(api, phone, code))
    refusal(await verify(api, phone, code), 422, "otp_invalid")


async def test_code_works_when_ten_minutes_are_almost_over(api: Api, phone: str) -> None:
    code = await account(api, phone)
    api.clock.advance(10 * MINUTE - SECOND)
    data(await verify(api, phone, code))


async def test_code_is_refused_when_ten_minutes_are_over(api: Api, phone: str) -> None:
    code = await account(api, phone)
    api.clock.advance(10 * MINUTE)
    refusal(await verify(api, phone, code), 422, "otp_invalid")


async def test_code_is_refused_when_a_newer_one_was_sent(api: Api, phone: str) -> None:
    old = await account(api, phone)
    api.clock.advance(SECOND)
    data(await send(api, phone))
    refusal(await verify(api, phone, old), 422, "otp_invalid")
    data(await verify(api, phone, await api.code(phone)))


async def test_code_is_refused_when_it_belongs_to_another_phone(api: Api, phone: str) -> None:
    code = await account(api, phone)
    await account(api, other_phone := fresh_phone())
    refusal(await verify(api, other_phone, code), 422, "otp_invalid")


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "12345٣", " 12345", 123456])
async def test_code_is_malformed_when_it_is_not_six_digits(api: Api, phone: str, code: object) -> None:
    answer = await api.http.post("/auth/otp/verify", json={"phone": phone, "code": code})
    refusal(answer, 422, "validation_error")


async def test_fourth_send_is_refused_when_three_went_out_in_ten_minutes(api: Api, phone: str) -> None:
    data(await api.http.post("/auth/register", json={"phone": phone}), 201)
    for _ in range(2):
        api.clock.advance(MINUTE)
        data(await send(api, phone))
    for answer in (await send(api, phone), await api.http.post("/auth/register", json={"phone": phone})):
        refusal(answer, 429, "rate_limited")
        assert answer.headers["retry-after"] == str(8 * 60)
    assert len(await api.messages(phone)) == 3


async def test_next_send_is_granted_when_the_first_is_ten_minutes_old(api: Api, phone: str) -> None:
    for _ in range(3):
        data(await send(api, phone))
    api.clock.advance(10 * MINUTE - SECOND)
    refusal(await send(api, phone), 429, "rate_limited")
    api.clock.advance(SECOND)
    data(await send(api, phone))


async def test_sends_are_limited_alike_when_the_phone_has_no_account(api: Api, phone: str) -> None:
    statuses = [(await send(api, phone)).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.promise("remembered-refusals")
async def test_fourth_try_is_refused_when_its_code_is_right(api: Api, phone: str) -> None:
    code = await account(api, phone)
    for _ in range(3):
        refusal(await verify(api, phone, other(code)), 422, "otp_invalid")
    answer = await verify(api, phone, code)
    refusal(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "600"


@pytest.mark.promise("remembered-refusals")
async def test_tries_stay_used_up_when_another_code_is_sent(api: Api, phone: str) -> None:
    code = await account(api, phone)
    for _ in range(3):
        await verify(api, phone, other(code))
    api.clock.advance(MINUTE)
    data(await send(api, phone))
    refusal(await verify(api, phone, await api.code(phone)), 429, "rate_limited")


async def test_tries_start_anew_when_the_right_code_came(api: Api, phone: str) -> None:
    code = await account(api, phone)
    for _ in range(2):
        await verify(api, phone, other(code))
    data(await verify(api, phone, code))
    data(await send(api, phone))
    code = await api.code(phone)
    refused = [(await verify(api, phone, other(code))).status_code for _ in range(3)]
    assert refused == [422, 422, 422]


@pytest.mark.promise("counters")
async def test_three_tries_count_when_a_hundred_guess_at_once(api: Api, phone: str) -> None:
    code = await account(api, phone)
    guesses = await asyncio.gather(*(verify(api, phone, other(code)) for _ in range(100)))
    assert Counter(answer.status_code for answer in guesses) == {422: 3, 429: 97}
    refusal(await verify(api, phone, code), 429, "rate_limited")


@pytest.mark.promise("counters")
async def test_one_of_many_logs_in_when_they_bring_the_same_code_at_once(api: Api, phone: str) -> None:
    code = await account(api, phone)
    answers = await asyncio.gather(*(verify(api, phone, code) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]


async def test_no_code_lies_in_the_store_when_it_was_sent(api: Api, phone: str) -> None:
    code = await account(api, phone)
    assert code not in (await api.inside.everything()).replace(phone, "")
