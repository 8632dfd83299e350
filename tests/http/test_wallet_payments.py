"""Paying for a booking out of one's wallet."""

from __future__ import annotations

from typing import Any

import httpx

from allonova.domain.money.payment import Method
from allonova.domain.money.rules import MoneyRules
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR
from tests.support.purses import filled, require_sound_books, wallet_of
from tests.support.sales import sold
from tests.support.wire import data, fresh_key, refusal

FARE = 12_000


async def paying(passenger: Person, booking: Any, *, key: str | None = None, **given: Any) -> httpx.Response:
    """The answer to a payment out of the wallet."""
    body = {"booking_id": booking["id"], "method": "wallet", **given}
    return await passenger.post("/payments/init", body, key=key or fresh_key())


async def a_booking_to_pay(api: Api, *francs: int) -> tuple[Person, Any]:
    """Of two seats for 12,000 francs, by somebody who has so much."""
    driver, passenger = await api.driver(), await api.passenger()
    for amount in francs:
        await filled(api, passenger, amount)
    return passenger, await api.accepted(passenger, driver, await api.trip(driver), seats=2)


async def test_paid_at_once_when_the_wallet_holds_enough(api: Api) -> None:
    passenger, booking = await a_booking_to_pay(api, FARE + 1)
    key = fresh_key()
    first = await paying(passenger, booking, key=key)
    started = data(first)
    assert (started["payment"]["status"], started["intent"]) == ("paid", {"kind": "instant"})
    assert started["payment"]["provider_ref"] is None
    assert await wallet_of(passenger) == (1, 1)
    again = await paying(passenger, booking, key=key)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "paid"
    line = data(await passenger.get("/wallet/txns"))[0]
    assert (line["type"], line["source"], line["ref"]) == ("debit", "payment", started["payment"]["id"])
    refusal(await paying(passenger, booking), 409, "conflict")
    await require_sound_books(api)


async def test_refused_when_the_wallet_holds_too_little(api: Api) -> None:
    passenger, booking = await a_booking_to_pay(api, FARE - 1)
    refusal(await paying(passenger, booking), 402, "insufficient_funds")
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "accepted"
    await filled(api, passenger, 1_000)
    data(await paying(passenger, booking))
    await require_sound_books(api)


async def test_refused_when_wallets_are_switched_off(api: Api) -> None:
    passenger, booking = await a_booking_to_pay(api, FARE)
    api.follow(money=MoneyRules(enable_wallet=False))
    refusal(await paying(passenger, booking), 409, "conflict")
    assert await api.wave_sessions(booking["id"]) == []


async def test_card_money_is_spent_first(api: Api) -> None:
    passenger, booking = await a_booking_to_pay(api, 5_000)
    await filled(api, passenger, 10_000, method=Method.CARD)
    assert await wallet_of(passenger) == (15_000, 5_000)
    data(await paying(passenger, booking))
    assert await wallet_of(passenger) == (3_000, 3_000)


async def test_back_in_the_wallet_but_for_the_fee_when_it_is_cancelled(api: Api) -> None:
    passenger = await api.passenger()
    await filled(api, passenger, FARE)
    sale = await sold(api, "wallet", passenger=passenger)
    await sale.cancel(ahead=12 * HOUR)
    assert await wallet_of(passenger) == (8_400, 8_400)
    assert await sale.status() == ("paid", 8_400, "cancelled")
    await require_sound_books(api)


async def test_whole_in_the_wallet_when_the_driver_cancels(api: Api) -> None:
    passenger = await api.passenger()
    await filled(api, passenger, FARE)
    sale = await sold(api, "wallet", passenger=passenger)
    api.clock.at = DEPARTURE - HOUR
    data(await sale.driver.post(f"/bookings/{sale.booking['id']}/cancel"))
    assert await wallet_of(passenger) == (FARE, FARE)
    assert await sale.status() == ("refunded", FARE, "cancelled")
    await require_sound_books(api)
