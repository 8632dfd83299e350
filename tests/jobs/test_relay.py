"""The outbox's relay: every effect, each once as far as that can be, and a failing one leaves the others alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from allonova.application.kernel.relay import ATTEMPTS, backoff
from tests.support.api import Api, Person
from tests.support.factories import HOUR, SECOND, a_user
from tests.support.wire import data, fresh_phone


async def asked(api: Api) -> str:
    """A phone whose code waits in the outbox."""
    user = a_user()
    await api.keep(user)
    data(await api.http.post("/auth/otp/send", json={"phone": user.phone}))
    return user.phone or ""


async def paid(api: Api) -> tuple[Person, Person]:
    """A driver and a passenger who are to hear of a payment; all earlier news is delivered."""
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    payment = (await api.started(passenger, booking))["payment"]
    await api.relay()
    await api.press(payment["provider_ref"], "paid")
    return driver, passenger


async def test_message_goes_out_once_when_the_relay_runs_again(api: Api) -> None:
    phone = await asked(api)
    assert [await api.relay() for _ in range(3)] == [1, 0, 0]
    api.clock.advance(24 * HOUR)
    assert len(await api.messages(phone)) == 1


async def test_message_goes_out_once_when_many_relays_run_at_once(api: Api) -> None:
    phones = [await asked(api) for _ in range(10)]
    tried = await asyncio.gather(*(api.relay() for _ in range(5)))
    assert sum(tried) == 10
    assert Counter([len(await api.messages(phone)) for phone in phones]) == {1: 10}


async def test_all_go_out_when_there_are_more_than_one_batch(api: Api) -> None:
    for _ in range(60):
        data(await api.http.post("/auth/otp/send", json={"phone": fresh_phone()}))
    assert await api.relay() == 60


async def test_message_goes_out_later_when_the_vendor_is_down(api: Api) -> None:
    phone = await asked(api)
    await api.arm("error", provider="brevo")
    assert (await api.relay(), await api.messages(phone)) == (1, [])
    api.clock.advance(15 * SECOND - SECOND)
    assert await api.messages(phone) == []
    api.clock.advance(SECOND)
    assert len(await api.messages(phone)) == 1


async def test_delivery_is_given_up_when_it_failed_twelve_times(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    driver = await api.driver(email="yao@example.test", is_email_verified=True, notify_sms=False)
    await api.pending(await api.passenger(), await api.trip(driver))
    await api.arm("error", provider="brevo", times=100)
    for attempt in range(1, ATTEMPTS + 1):
        await _fail(api, attempt)
        assert await waiting(api) == [(attempt, attempt == ATTEMPTS)]
    api.clock.advance(1000 * HOUR)
    assert await api.relay() == 0
    assert "delivery failed" in [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


async def waiting(api: Api) -> list[tuple[int, bool]]:
    """Of the mails that have not arrived: how often each was tried, and whether it was given up."""
    mails = [sent for sent in await api.inside.outbox() if sent.subscriber == "mail_notice"]
    return [(sent.attempts, sent.is_dead) for sent in mails if not sent.is_done]


async def _fail(api: Api, attempt: int) -> None:
    """One failing try, no sooner than its time; with the first went what made the notice, what its other channels had
    to do, and the look for people who want the trip.
    """
    assert await api.relay() == 1 + 6 * (attempt == 1)
    api.clock.advance(backoff(attempt) - SECOND)
    assert await api.relay() == 0
    api.clock.advance(SECOND)


async def test_waits_grow_when_tries_fail() -> None:
    waits = [backoff(attempt) for attempt in range(1, 13)]
    assert waits[:3] == [15 * SECOND, 30 * SECOND, 60 * SECOND]
    assert waits == sorted(waits)
    assert waits[-1] == 4 * HOUR


async def test_others_hear_of_it_when_one_subscriber_fails(api: Api) -> None:
    driver, passenger = await paid(api)
    await api.arm("error", provider="brevo")
    assert sorted([await heard(api, driver), await heard(api, passenger)]) == [0, 1]
    api.clock.advance(15 * SECOND)
    assert [await heard(api, driver), await heard(api, passenger)] == [1, 1]


async def heard(api: Api, person: Person) -> int:
    """How often somebody was told of a payment."""
    return len([message for message in await api.messages(person.phone) if "booking_paid" in message["template"]])


async def test_message_is_given_up_at_once_when_the_vendor_says_it_never_arrives(api: Api) -> None:
    await api.keep(user := a_user(phone="+00000"))
    data(await api.http.post("/auth/otp/send", json={"phone": fresh_phone()}))
    async with api.service.platform.begin() as unit:
        (otp,) = [await unit.otps.find(consumed_at=None)]
        otp.target = str(user.phone)
        await unit.otps.save(otp)
    await api.relay()
    assert [(sent.attempts, sent.is_dead) for sent in await api.inside.outbox()] == [(1, True)]


async def test_code_is_not_sent_when_it_died_on_the_way(api: Api) -> None:
    phone = await asked(api)
    api.clock.advance(HOUR)
    assert await api.messages(phone) == []
    assert [sent.is_done for sent in await api.inside.outbox()] == [True]


async def test_delivery_waits_when_this_release_does_not_know_its_subscriber(api: Api) -> None:
    phone = await asked(api)
    older = replace(api.service.relay, subscriptions={})
    assert await older() == 1
    api.clock.advance(15 * SECOND)
    assert len(await api.messages(phone)) == 1


@pytest.mark.promise("outbox-order")
async def test_relay_goes_on_when_another_died_with_a_delivery_in_hand(api: Api) -> None:
    phone = await asked(api)
    held = await api.service.platform.deliveries.claim(now=api.clock.now(), lease=60 * SECOND, limit=10)
    assert len(held) == 1
    assert await api.relay() == 0
    api.clock.advance(60 * SECOND)
    assert len(await api.messages(phone)) == 1


async def test_effects_are_one_when_a_whole_story_is_relayed_twice(api: Api) -> None:
    driver, passenger = await paid(api)
    await api.relay()
    await api.relay()
    for person, template in ((driver, "booking_paid_driver"), (passenger, "booking_paid_passenger")):
        assert [m["template"] for m in await api.messages(person.phone)].count(template) == 1
    await api.audit_books()
