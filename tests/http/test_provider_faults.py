"""Wave breaks down while a payment is begun: nothing is lost, nothing is doubled, and a repeat goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.api import Api, Person
from tests.support.factories import MINUTE, SECOND
from tests.support.wire import ROUNDS, data, fresh_key, refusal

DOWN = ("error", "html", "timeout")


async def held(api: Api) -> tuple[Person, Any]:
    """A passenger, and his booking whose seats are held."""
    driver, passenger = await api.driver(), await api.passenger()
    return passenger, await api.accepted(passenger, driver, await api.trip(driver))


async def pay(passenger: Person, booking: Any, key: str) -> httpx.Response:
    """Begin a payment by Wave."""
    return await passenger.post("/payments/init", {"booking_id": booking["id"], "method": "wave"}, key=key)


async def pending_id(passenger: Person, booking: Any) -> str:
    """The payment under way, as a refusal names it."""
    return str(refusal(await pay(passenger, booking, fresh_key()), 409, "conflict")["payment_id"])


@pytest.mark.parametrize("kind", DOWN)
async def test_repeat_goes_on_with_the_payment_when_wave_was_down(api: Api, kind: str) -> None:
    passenger, booking = await held(api)
    await api.arm(kind)
    key = fresh_key()
    assert refusal(await pay(passenger, booking, key), 503, "provider_unavailable") == {"provider": "wave"}
    begun = await pending_id(passenger, booking)
    payment = data(await pay(passenger, booking, key))["payment"]
    assert (payment["id"], payment["status"]) == (begun, "init")
    assert len(await api.wave_sessions(begun)) == 1
    await api.press(payment["provider_ref"], "paid")
    await api.audit_books()


@pytest.mark.parametrize("kind", DOWN)
async def test_nothing_is_kept_of_the_answer_when_wave_stays_down(api: Api, kind: str) -> None:
    passenger, booking = await held(api)
    await api.arm(kind, times=4)
    key = fresh_key()
    for _ in range(2):
        answer = await pay(passenger, booking, key)
        refusal(answer, 503, "provider_unavailable")
        assert "idempotent-replayed" not in answer.headers


async def test_session_is_found_again_when_waves_answer_was_lost(api: Api) -> None:
    passenger, booking = await held(api)
    await api.arm("accepted_then_timeout")
    payment = data(await pay(passenger, booking, fresh_key()))["payment"]
    assert [session["id"] for session in await api.wave_sessions(payment["id"])] == [payment["provider_ref"]]


async def lost(api: Api, passenger: Person, booking: Any, key: str) -> Any:
    """Wave took the payment, its answer was lost, and it could not be asked again; the session it has."""
    await api.arm("accepted_then_timeout")
    await api.arm("error")
    refusal(await pay(passenger, booking, key), 503, "provider_unavailable")
    (session,) = await api.wave_sessions(await pending_id(passenger, booking))
    return session


async def test_repeat_finds_the_session_when_the_first_call_made_it(api: Api) -> None:
    passenger, booking = await held(api)
    key = fresh_key()
    session = await lost(api, passenger, booking, key)
    payment = data(await pay(passenger, booking, key))["payment"]
    assert payment["provider_ref"] == session["id"]
    assert len(await api.wave_sessions(payment["id"])) == 1


async def test_money_counts_when_the_webhook_overtakes_our_own_commit(api: Api) -> None:
    passenger, booking = await held(api)
    key = fresh_key()
    session = await lost(api, passenger, booking, key)
    await api.press(session["id"], "paid")
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "paid"
    payment = data(await pay(passenger, booking, key))["payment"]
    assert (payment["status"], payment["provider_ref"]) == ("paid", session["id"])
    assert len(await api.wave_sessions(payment["id"])) == 1
    assert len((await api.ledger())["charges"]) == 1
    await api.audit_books()


async def hanging(api: Api, passenger: Person, booking: Any, key: str) -> asyncio.Task[httpx.Response]:
    """A request that waits for Wave."""
    await api.arm("timeout", delay_s=30)
    task = asyncio.create_task(pay(passenger, booking, key))
    async with asyncio.timeout(5):
        while not api.real_time.asked:
            await asyncio.sleep(0.001)
    return task


async def test_repeat_is_told_to_wait_when_the_first_is_still_running(api: Api) -> None:
    passenger, booking = await held(api)
    key = fresh_key()
    first = await hanging(api, passenger, booking, key)
    answer = await pay(passenger, booking, key)
    refusal(answer, 409, "conflict")
    assert answer.headers["retry-after"] == "61"
    await api.real_time.forward(30)
    refusal(await first, 503, "provider_unavailable")
    data(await pay(passenger, booking, key))


@pytest.mark.promise("one-effect-per-key")
async def test_repeat_takes_over_when_the_first_died_on_the_way(api: Api) -> None:
    passenger, booking = await held(api)
    key = fresh_key()
    first = await hanging(api, passenger, booking, key)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    begun = await pending_id(passenger, booking)
    api.clock.advance(MINUTE - SECOND)
    refusal(await pay(passenger, booking, key), 409, "conflict")
    api.clock.advance(SECOND)
    assert data(await pay(passenger, booking, key))["payment"]["id"] == begun
    assert len(await api.wave_sessions(begun)) == 1


@pytest.mark.promise("one-effect-per-key")
async def test_one_payment_is_begun_when_many_requests_bring_one_key_at_once(api: Api) -> None:
    passenger, booking = await held(api)
    key = fresh_key()
    answers = await asyncio.gather(*(pay(passenger, booking, key) for _ in range(10)))
    good = {answer.content for answer in answers if answer.status_code == 200}
    assert len(good) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(await api.wave_sessions(await pending_id(passenger, booking))) == 1


async def test_one_payment_is_begun_when_many_keys_come_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        passenger, booking = await held(api)
        answers = await asyncio.gather(*(pay(passenger, booking, fresh_key()) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
        assert len(await api.wave_sessions(await pending_id(passenger, booking))) == 1
