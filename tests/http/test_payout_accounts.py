"""Where one's money goes: one's own phone at once, any other number once a code has come back from it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.api import Api, Person
from tests.support.factories import HOUR, MINUTE, SECOND
from tests.support.wire import data, fresh_email, fresh_phone, paths, refusal

DAY = 24 * HOUR


async def name(person: Person, phone: str, method: str = "wave") -> httpx.Response:
    """Ask for another account."""
    person.api.clock.advance(SECOND)
    return await person.send("PUT", "/me/payout-account", json={"method": method, "phone": phone})


async def confirm(person: Person, code: str) -> httpx.Response:
    """Bring the code back."""
    return await person.post("/me/payout-account/confirm", {"code": code})


async def code_at(api: Api, phone: str) -> str:
    """The last code that came there for a payout account."""
    return str(next(m["data"]["code"] for m in await api.messages(phone) if m["template"] == "payout_code"))


def other(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def shown(person: Person) -> tuple[Any, ...]:
    """The account that counts."""
    account = data(await person.get("/me/payout-account"))
    return account["method"], account["phone"], account["is_default"]


async def test_own_phone_by_wave_counts_when_nothing_was_named(api: Api) -> None:
    person = await api.passenger()
    assert data(await person.get("/me/payout-account")) == {
        "method": "wave",
        "phone": person.phone,
        "is_default": True,
        "confirmed_at": None,
        "frozen_until": None,
    }


async def test_nothing_counts_when_no_phone_is_verified(api: Api) -> None:
    person = await api.passenger(email=fresh_email(), is_email_verified=True, is_phone_verified=False)
    refusal(await person.get("/me/payout-account"), 404, "not_found")
    refusal(await api.http.get("/me/payout-account"), 401, "auth_required")


async def test_own_phone_counts_at_once_when_it_is_named(api: Api) -> None:
    person = await api.passenger()
    changed = data(await name(person, person.phone, "mtn"))
    until = api.clock.now() + DAY
    assert changed["code"] is None
    assert changed["account"] == data(await person.get("/me/payout-account"))
    assert await shown(person) == ("mtn", person.phone, False)
    assert datetime.fromisoformat(changed["account"]["frozen_until"]) == until


async def test_nothing_changes_when_the_account_that_counts_is_named_again(api: Api) -> None:
    person = await api.passenger()
    before = await api.inside.everything()
    assert data(await name(person, person.phone))["account"]["is_default"] is True
    assert await api.inside.everything() == before
    await name(person, person.phone, "mtn")
    before = await api.inside.everything()
    assert data(await name(person, person.phone, "mtn"))["code"] is None
    assert await api.inside.everything() == before


async def test_other_number_counts_when_its_code_comes_back(api: Api) -> None:
    person, phone = await api.passenger(), fresh_phone()
    asked = data(await name(person, phone, "mtn"))
    assert asked["code"] == {"expires_in": 600, "retry_after": 0}
    assert asked["account"]["phone"] == person.phone
    assert await shown(person) == ("wave", person.phone, True)
    account = data(await confirm(person, await code_at(api, phone)))
    assert (account["method"], account["phone"], account["is_default"]) == ("mtn", phone, False)
    assert account == data(await person.get("/me/payout-account"))
    assert account["frozen_until"] is not None
    assert data(await name(person, phone, "wave"))["code"] is None
    assert await shown(person) == ("wave", phone, False)


async def test_owner_is_told_at_his_phone_and_mail_when_his_account_changed(api: Api) -> None:
    email, phone = fresh_email(), fresh_phone()
    person = await api.passenger(email=email, is_email_verified=True)
    await name(person, phone)
    assert [m["template"] for m in await api.messages(phone)] == ["payout_code"]
    data(await confirm(person, await code_at(api, phone)))
    assert [m["template"] for m in await api.messages(person.phone)] == ["payout_account_changed"]
    assert [m["template"] for m in await api.mails(email)] == ["payout_account_changed"]
    assert [line.action for line in await api.inside.audit()][-2:] == [
        "user.payout_account_asked",
        "user.payout_account_changed",
    ]


async def test_number_is_sealed_when_it_is_kept(api: Api) -> None:
    person, phone = await api.passenger(phone="+2250799999921"), "+2250799999922"
    await name(person, phone)
    data(await confirm(person, await code_at(api, phone)))
    data(await name(person, person.phone))
    kept = await api.inside.everything()
    assert phone not in kept
    assert kept.count(person.phone) == 1, "his own, which is searched for"


async def test_another_accounts_phone_counts_when_its_code_comes_back(api: Api) -> None:
    person, friend = await api.passenger(), await api.passenger()
    await name(person, friend.phone)
    data(await confirm(person, await code_at(api, friend.phone)))
    assert await shown(person) == ("wave", friend.phone, False)


async def test_code_is_refused_when_it_is_wrong_used_old_or_anothers(api: Api) -> None:
    person, stranger, phone = await api.passenger(), await api.passenger(), fresh_phone()
    refusal(await confirm(person, "123456"), 422, "otp_invalid")
    await name(person, phone)
    first = await code_at(api, phone)
    await name(person, phone, "mtn")
    second = await code_at(api, phone)
    refusal(await confirm(person, first), 422, "otp_invalid")
    refusal(await confirm(stranger, second), 422, "otp_invalid")
    data(await confirm(person, second))
    refusal(await confirm(person, second), 422, "otp_invalid")
    assert await shown(person) == ("mtn", phone, False)
    api.clock.advance(10 * MINUTE)
    await name(person, late := fresh_phone())
    code = await code_at(api, late)
    api.clock.advance(10 * MINUTE)
    refusal(await confirm(person, code), 422, "otp_invalid")


async def test_code_of_an_account_serves_nothing_else(api: Api) -> None:
    person, phone = await api.passenger(), fresh_phone()
    await name(person, phone)
    code = await code_at(api, phone)
    refusal(await person.post("/me/phone/confirm", {"code": code}), 422, "otp_invalid")
    refusal(await api.http.post("/auth/otp/verify", json={"phone": phone, "code": code}), 422, "otp_invalid")
    api.clock.advance(SECOND)
    data(await person.post("/me/phone", {"phone": phone}), 202)
    change = next(m["data"]["code"] for m in await api.messages(phone) if m["template"] == "otp")
    refusal(await confirm(person, change), 422, "otp_invalid")
    data(await confirm(person, code))


async def test_tries_end_when_three_were_wrong(api: Api) -> None:
    person, phone = await api.passenger(), fresh_phone()
    await name(person, phone)
    code = await code_at(api, phone)
    for _ in range(3):
        refusal(await confirm(person, other(code)), 422, "otp_invalid")
    answer = await confirm(person, code)
    refusal(answer, 429, "rate_limited")
    assert int(answer.headers["retry-after"]) <= 600
    assert await shown(person) == ("wave", person.phone, True)


@pytest.mark.parametrize("is_one_number", [True, False])
async def test_codes_end_when_three_were_sent(api: Api, is_one_number: bool) -> None:
    person, phone = await api.passenger(), fresh_phone()
    for method in ("wave", "mtn", "wave"):
        data(await name(person, phone if is_one_number else fresh_phone(), method))
    asker = await api.passenger() if is_one_number else person
    answer = await name(asker, phone, "mtn")
    refusal(answer, 429, "rate_limited")
    api.clock.advance(timedelta(seconds=int(answer.headers["retry-after"])))
    data(await name(asker, phone, "mtn"))


async def test_refused_when_it_is_no_phone_or_no_way(api: Api) -> None:
    person = await api.passenger()
    assert paths(refusal(await name(person, "12"), 422, "validation_error")) == ["phone"]
    assert paths(refusal(await name(person, person.phone, "orange"), 422, "validation_error")) == ["method"]


async def test_account_is_taken_away_and_forgotten_with_its_owner(api: Api) -> None:
    person, phone = await api.passenger(), "+2250799999931"
    await name(person, phone)
    data(await confirm(person, await code_at(api, phone)))
    assert data(await person.get("/me/export"))["payout_account"]["phone"] == phone
    assert (await person.send("DELETE", "/me")).status_code == 204
    kept = await api.inside.everything()
    assert phone not in kept
    async with api.service.platform.begin() as unit:
        assert await unit.payout_accounts.of(person.id) is None
