"""Paying by card, with the played Stripe at the other end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from allonova.domain.money.events import PaymentHinted
from tests.support.api import Api, Person
from tests.support.factories import HOUR
from tests.support.wire import data, fresh_key, refusal


async def begun(api: Api) -> tuple[Person, Any, Any]:
    """A passenger, his booking, and what Stripe's form needs."""
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver), seats=2)
    return passenger, booking, data(await begin(passenger, booking))


async def begin(passenger: Person, booking: Any) -> Any:
    body = {"booking_id": booking["id"], "method": "card"}
    return await passenger.post("/payments/init", body, key=fresh_key())


async def payment_of(passenger: Person, started: Any) -> Any:
    return data(await passenger.get(f"/payments/{started['payment']['id']}"))


async def books(api: Api) -> Any:
    return data(await api.outside.get("/ledger", params={"provider": "stripe"}))


async def test_card_is_held_then_taken(api: Api) -> None:
    passenger, booking, started = await begun(api)
    assert set(started["intent"]) == {"kind", "client_secret", "publishable_key"}
    ref = started["payment"]["provider_ref"]
    assert started["intent"]["client_secret"].startswith(f"{ref}_secret_")
    await api.press(ref, "paid")
    assert (await payment_of(passenger, started))["status"] == "authorized"
    await api.relay()
    paid = await payment_of(passenger, started)
    assert (paid["status"], paid["amount"]) == ("paid", 12_000)
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "paid"
    assert [(line["ref"], line["amount"]) for line in (await books(api))["charges"]] == [(ref, 12_000)]


async def test_cancelled_ride_goes_back_to_the_card(api: Api) -> None:
    passenger, booking, started = await begun(api)
    await api.press(started["payment"]["provider_ref"], "paid")
    await api.relay()
    data(await passenger.post(f"/bookings/{booking['id']}/cancel", {}))
    await api.relay()
    (line,) = (await books(api))["refunds"]
    assert line["amount"] == (await payment_of(passenger, started))["refunded_amount"] > 0


async def test_held_money_is_let_go_when_the_ride_is_gone(api: Api) -> None:
    passenger, booking, started = await begun(api)
    ref = started["payment"]["provider_ref"]
    data(await passenger.post(f"/bookings/{booking['id']}/cancel", {}))
    await api.press(ref, "paid")
    await api.relay()
    intent = await api.outside.get(f"/stripe/v1/payment_intents/{ref}", headers={"Authorization": "Bearer any"})
    assert intent.json()["status"] == "canceled"
    assert (await payment_of(passenger, started))["status"] == "failed"
    assert (await books(api))["charges"] == []


async def test_one_decline_counts_once_however_often_it_is_read(api: Api) -> None:
    passenger, _, started = await begun(api)
    ref = started["payment"]["provider_ref"]
    await api.press(ref, "failed")
    for _ in range(4):
        async with api.service.platform.begin() as unit:
            await unit.outbox.put(PaymentHinted(UUID(started["payment"]["id"])))
        await api.relay()
    assert (await payment_of(passenger, started))["status"] == "init"
    await api.press(ref, "paid")
    await api.relay()
    assert (await payment_of(passenger, started))["status"] == "paid"


async def test_three_declines_are_enough(api: Api) -> None:
    passenger, booking, started = await begun(api)
    for _ in range(3):
        await api.press(started["payment"]["provider_ref"], "failed")
    api.clock.advance(HOUR)
    refusal(await begin(passenger, booking), 409, "conflict")


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_bank_takes_the_money_back(api: Api, outcome: str) -> None:
    passenger, _, started = await begun(api)
    ref = started["payment"]["provider_ref"]
    await api.press(ref, "paid")
    await api.relay()
    data(await api.outside.post("/stripe/disputes", json={"payment_intent": ref, "outcome": outcome}))
    await api.relay()
    assert (await payment_of(passenger, started))["status"] == "refunded"
    kept = await api.service.platform.carpool.payment(UUID(started["payment"]["id"]), payer_id=None)
    assert kept is not None
    assert kept.flags == ([] if outcome == "won" else ["chargeback"])
    assert (await api.service.platform.books.verify()).faults == ()
