"""Accounts open with a code that comes by SMS, and nobody learns who has one."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.api import Api
from tests.support.factories import MINUTE, a_user
from tests.support.wire import data, fresh_phone, paths, refusal


async def register(api: Api, phone: str, **more: object) -> object:
    """The answer to a registration."""
    return data(await api.http.post("/auth/register", json={"phone": phone, **more}), 201)


async def test_account_is_open_when_its_code_comes_back(api: Api) -> None:
    phone = fresh_phone()
    answer = await register(api, phone, first_name="Awa", last_name="Koné")
    assert answer == {"verification": {"channel": "sms", "expires_in": 600}}
    body = {"phone": phone, "code": await api.code(phone)}
    tokens = data(await api.http.post("/auth/otp/verify", json=body))
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    me = data(await api.http.get("/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))
    assert me == tokens["user"]
    assert (me["phone"], me["first_name"], me["is_phone_verified"]) == (phone, "Awa", True)
    assert (me["is_driver"], me["is_active"], me["is_email_verified"]) == (False, True, False)


async def test_owner_sees_all_of_his_account_when_he_asks(api: Api) -> None:
    me = data(await (await api.passenger()).get("/me"))
    assert set(me) == {
        "id", "phone", "email", "first_name", "last_name", "gender", "gender_confirmed",
        "birthdate", "photo_url", "is_driver",
        "is_active", "is_phone_verified", "is_email_verified", "rating_avg", "rating_count", "preferences",
        "referral_code", "version", "created_at", "updated_at",
    }  # fmt: skip


async def test_code_speaks_french_when_the_account_does(api: Api) -> None:
    phone = fresh_phone()
    await api.http.post("/auth/register", json={"phone": phone}, headers={"Accept-Language": "fr"})
    assert "votre code" in (await api.messages(phone))[0]["body"]


@pytest.mark.promise("accounts-alike")
async def test_answer_is_the_same_when_the_phone_has_an_account(api: Api) -> None:
    passenger = await api.passenger()
    assert await register(api, passenger.phone) == await register(api, fresh_phone())


async def test_owner_is_told_when_his_phone_registers_again(api: Api) -> None:
    passenger = await api.passenger()
    await register(api, passenger.phone, first_name="Mallory")
    sent = [message["template"] for message in await api.messages(passenger.phone)]
    assert "registration_repeated" in sent
    assert data(await passenger.get("/me"))["first_name"] == "Awa"


async def test_nobody_is_told_of_an_account_when_its_phone_was_never_confirmed(api: Api) -> None:
    phone = fresh_phone()
    await register(api, phone)
    await register(api, phone)
    assert [message["template"] for message in await api.messages(phone)] == ["otp", "otp"]


async def test_one_account_opens_when_a_phone_registers_many_times_at_once(api: Api) -> None:
    phone = fresh_phone()
    tries = [api.http.post("/auth/register", json={"phone": phone}) for _ in range(10)]
    statuses = sorted([answer.status_code for answer in await asyncio.gather(*tries)])
    assert statuses == [201] * 3 + [429] * 7
    api.clock.advance(10 * MINUTE)
    data(await (await api.log_in(phone)).get("/me"))


@pytest.mark.parametrize("written", ["0700000042", "07 00 00 00 42", "+225 07 00 00 00 42", "00225 0700000042"])
async def test_phone_is_the_same_when_it_is_written_otherwise(api: Api, written: str) -> None:
    await register(api, written)
    assert len(await api.messages("+2250700000042")) == 1


@pytest.mark.parametrize("phone", ["", "123", "abc", "+", "+999 1234567", "0" * 40, 700000042])
async def test_phone_is_refused_when_it_is_none(api: Api, phone: object) -> None:
    answer = await api.http.post("/auth/register", json={"phone": phone})
    assert paths(refusal(answer, 422, "validation_error")) == ["phone"]


@pytest.mark.parametrize("name", ["id", "is_active", "is_driver", "is_phone_verified", "role", "balance", "version"])
async def test_field_is_refused_when_it_is_not_the_callers_to_set(api: Api, name: str) -> None:
    answer = await api.http.post("/auth/register", json={"phone": fresh_phone(), name: True})
    assert paths(refusal(answer, 422, "validation_error")) == [name]


async def test_no_message_goes_out_when_the_phone_has_no_account(api: Api) -> None:
    known, unknown = (await api.passenger()).phone, fresh_phone()
    answers = [data(await api.http.post("/auth/otp/send", json={"phone": phone})) for phone in (known, unknown)]
    assert answers[0] == answers[1] == {"expires_in": 600, "retry_after": 0}
    assert await api.messages(unknown) == []


@pytest.mark.promise("accounts-alike")
async def test_wrong_code_is_refused_alike_when_the_phone_has_no_account(api: Api) -> None:
    known, unknown = (await api.passenger()).phone, fresh_phone()
    errors = []
    for phone in (known, unknown):
        data(await api.http.post("/auth/otp/send", json={"phone": phone}))
        answer = await api.http.post("/auth/otp/verify", json={"phone": phone, "code": "000000"})
        errors.append((answer.status_code, answer.json()["error"]))
    assert errors[0] == errors[1]
    assert errors[0][1]["code"] == "otp_invalid"


async def test_nothing_opens_when_the_account_is_suspended(api: Api) -> None:
    user = a_user(is_active=False)
    await api.keep(user)
    data(await api.http.post("/auth/otp/send", json={"phone": user.phone}))
    assert await api.messages(user.phone or "") == []
