"""What was on its way when the server's secret changed arrives all the same."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.http.nova.test_suivi import ordered
from tests.http.test_passwords import forgot, reset
from tests.http.test_payout_accounts import code_at, confirm, name, shown
from tests.http.test_sessions import refresh, rotated, token_of
from tests.support.api import Api, Person
from tests.support.factories import SECOND
from tests.support.keys import BOTH, NEW, turn_keys
from tests.support.wire import data, fresh_email, fresh_key, fresh_phone, refusal

pytestmark = [pytest.mark.promise("sealed-at-rest")]


async def verify(api: Api, phone: str, code: str) -> httpx.Response:
    """Log in by a code."""
    return await api.http.post("/auth/otp/verify", json={"phone": phone, "code": code})


async def ask(api: Api, phone: str) -> None:
    """Have a code sent."""
    data(await api.http.post("/auth/otp/send", json={"phone": phone}))


async def book(person: Person, trip: Any, key: str) -> httpx.Response:
    """Book under a key."""
    return await person.post("/bookings", {"trip_id": trip["id"], "seats": 1}, key=key)


async def test_code_opens_when_the_secret_changed_after_it_was_sent(api: Api) -> None:
    person = await api.passenger()
    await ask(api, person.phone)
    code = await api.code(person.phone)
    turn_keys(api, BOTH)
    data(await verify(api, person.phone, code))


async def test_code_is_the_one_that_was_kept_when_the_secret_changed_before_it_was_sent(api: Api) -> None:
    person = await api.passenger()
    await ask(api, person.phone)
    turn_keys(api, BOTH)
    data(await verify(api, person.phone, await api.code(person.phone)))


async def test_nothing_is_sent_when_the_secret_of_a_code_is_gone(api: Api) -> None:
    person, email = await api.passenger(), fresh_email()
    await api.change(person, email=email, is_email_verified=True)
    await ask(api, person.phone)
    assert (await forgot(api, email)).status_code == 202
    turn_keys(api, NEW)
    assert await api.messages(person.phone) == []
    assert await api.mails(email) == []
    api.clock.advance(SECOND)
    await ask(api, person.phone)
    data(await verify(api, person.phone, await api.code(person.phone)))


async def test_payout_number_is_read_when_the_secret_changed_meanwhile(api: Api) -> None:
    person, phone = await api.passenger(), fresh_phone()
    await name(person, phone)
    turn_keys(api, BOTH)
    data(await confirm(person, await code_at(api, phone)))
    assert await shown(person) == ("wave", phone, False)


async def test_link_works_when_the_secret_changed_before_it_was_mailed(api: Api) -> None:
    email = fresh_email()
    await api.passenger(email=email, is_email_verified=True)
    assert (await forgot(api, email)).status_code == 202
    turn_keys(api, BOTH)
    assert (await reset(api, await api.link_token(email))).is_success


async def test_sessions_go_on_when_the_secret_changed(api: Api) -> None:
    person = await api.passenger()
    turn_keys(api, BOTH)
    data(await person.get("/me"))
    newest = await rotated(api, token_of(person))
    turn_keys(api, NEW)
    refusal(await person.get("/me"), 401, "auth_required")
    data(await refresh(api, newest))


async def test_successor_is_the_very_same_when_the_secret_changed_before_it_was_asked_for_again(api: Api) -> None:
    person = await api.passenger()
    first = await rotated(api, token_of(person))
    turn_keys(api, BOTH)
    api.clock.advance(SECOND)
    assert await rotated(api, token_of(person)) == first
    data(await refresh(api, first))


async def test_kept_answer_is_replayed_when_the_secret_changed(api: Api) -> None:
    passenger, trip, key = await api.passenger(), await api.trip(await api.driver()), fresh_key()
    first = await book(passenger, trip, key)
    turn_keys(api, BOTH)
    again = await book(passenger, trip, key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"


async def test_mail_shows_the_same_follow_up_link_when_the_secret_changed(api: Api) -> None:
    it = await ordered(api)
    turn_keys(api, BOTH)
    assert it.token in str(await api.mails(it.email))
