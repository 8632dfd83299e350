"""Ending a booking before the ride: who may, what it costs, and where the money goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.wire import data, refusal

FARE = 6_000
DAY = 24 * HOUR
# money.md, Fees and cancellation: free from 24 h on, then 30 %, within two hours 50 %; after departure a no-show's.
WINDOWS = [
    (DAY, 0),
    (DAY - SECOND, 1_800),
    (2 * HOUR, 1_800),
    (2 * HOUR - SECOND, 3_000),
    (SECOND, 3_000),
    (timedelta(0), 6_000),
    (-HOUR, 6_000),
]


async def a_paid_ride(api: Api, *, ahead: timedelta = DAY, **given: Any) -> tuple[Person, Person, Any]:
    """Driver, passenger and a booking that was paid two days before departure; now is `ahead` of it."""
    api.clock.at = DEPARTURE - 2 * DAY
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.paid(passenger, driver, await api.trip(driver, **given))
    api.clock.at = DEPARTURE - ahead
    return driver, passenger, booking


async def cancelled(person: Person, booking: Any, **body: Any) -> Any:
    """What the booking became, with its money."""
    return data(await person.post(f"/bookings/{booking['id']}/cancel", body or None))


async def balance(person: Person) -> int:
    """What the wallet holds."""
    return int(data(await person.get("/wallet"))["balance"])


async def fill_wallet(api: Api, passenger: Person, driver: Person) -> None:
    """A wallet of 4,200 francs: what is left of a fare that was cancelled 30 % too late."""
    now = api.clock.now()
    trip = await api.trip(driver, departure_time=(now + 20 * HOUR).isoformat())
    await cancelled(passenger, await api.paid(passenger, driver, trip))
    assert await balance(passenger) == 4_200


async def test_booking_is_over_when_the_driver_says_no(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.pending(passenger, await api.trip(driver))
    path = f"/bookings/{booking['id']}"
    refusal(await passenger.post(f"{path}/reject"), 403, "forbidden")
    refusal(await (await api.driver()).post(f"{path}/reject"), 404, "not_found")
    done = data(await driver.post(f"{path}/reject"))
    assert (done["status"], done["cancellation"]) == (
        "cancelled", {"by": "driver", "reason": "rejected", "fee": None, "refund": None},
    )  # fmt: skip
    refusal(await driver.post(f"{path}/reject"), 409, "invalid_transition")
    assert (await api.messages(passenger.phone))[0]["template"] == "booking_rejected"
    data(await passenger.post("/bookings", {"trip_id": booking["trip"]["id"], "seats": 1}), 201)


async def test_nothing_is_taken_when_nothing_was_paid(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, seats_available=3)
    for who in ("passenger", "driver"):
        passenger = await api.passenger()
        booking = await api.accepted(passenger, driver, trip, seats=3)
        done = await cancelled(passenger if who == "passenger" else driver, booking, reason="Pneu crevé")
        assert done["cancellation"] == {"by": who, "reason": "Pneu crevé", "fee": None, "refund": None}
        assert done["trip"]["status"] == "published"
    assert await api.inside.journal() == []


@pytest.mark.parametrize(("ahead", "fee"), WINDOWS)
async def test_fee_follows_the_window_when_a_passenger_cancels(api: Api, ahead: timedelta, fee: int) -> None:
    _, passenger, booking = await a_paid_ride(api, ahead=ahead)
    done = await cancelled(passenger, booking)
    assert (done["status"], done["cancellation"]["fee"], done["cancellation"]["refund"]) == (
        "cancelled", fee, FARE - fee,
    )  # fmt: skip
    await api.relay()
    assert await balance(passenger) == (FARE - fee if fee else 0)
    trip = data(await passenger.get(f"/trips/{booking['trip']['id']}"))
    assert trip["seats_available"] == 3
    await api.audit_books()


async def test_whole_payment_goes_back_to_wave_when_it_is_free(api: Api) -> None:
    _, passenger, booking = await a_paid_ride(api)
    await cancelled(passenger, booking)
    assert (await api.ledger())["refunds"] == []
    await api.relay()
    (refund,) = (await api.ledger())["refunds"]
    assert refund["amount"] == FARE
    assert [movement.kind for movement in await api.inside.journal()] == [
        "booking_paid", "booking_cancelled", "refund_sent",
    ]  # fmt: skip
    assert (await api.messages(passenger.phone))[0]["template"] in ("refund_sent", "booking_cancelled_passenger")
    await api.audit_books()


async def test_fee_is_withheld_and_shared_when_the_wallet_is_empty(api: Api) -> None:
    driver, passenger, booking = await a_paid_ride(api, ahead=HOUR)
    await cancelled(passenger, booking)
    released, returned = (await api.inside.journal())[-2:]
    assert released.francs == {
        "escrow": -6_000,
        f"driver_payable:{driver.id}": 2_700,
        "commission": 300,
        "refunds_due": 3_000,
    }
    assert returned.francs == {"refunds_due": -3_000, f"wallet:{passenger.id}": 3_000}
    (line,) = data(await passenger.get("/wallet/txns"))
    assert (line["type"], line["amount"], line["source"], line["ref"], line["balance_after"]) == (
        "credit", 3_000, "refund", booking["id"], 3_000,
    )  # fmt: skip
    assert (await api.ledger())["refunds"] == []
    await api.audit_books()


async def test_payment_goes_back_whole_when_the_wallet_covers_the_fee(api: Api) -> None:
    driver, passenger, booking = await a_paid_ride(api, ahead=DAY + HOUR)
    await fill_wallet(api, passenger, driver)
    api.clock.at = DEPARTURE - HOUR
    done = await cancelled(passenger, booking)
    assert done["cancellation"] == {"by": "passenger", "reason": "cancelled", "fee": 3_000, "refund": 6_000}
    await api.relay()
    assert await balance(passenger) == 1_200
    lines = data(await passenger.get("/wallet/txns"))
    assert [(line["type"], line["amount"], line["source"]) for line in lines] == [
        ("debit", 3_000, "fee"), ("credit", 4_200, "refund"),
    ]  # fmt: skip
    assert [refund["amount"] for refund in (await api.ledger())["refunds"]] == [FARE]
    await api.audit_books()


@pytest.mark.parametrize(("ahead", "penalty"), [(DAY, 0), (DAY - SECOND, 1_000), (-HOUR, 1_000)])
async def test_passenger_loses_nothing_when_the_driver_cancels(api: Api, ahead: timedelta, penalty: int) -> None:
    driver, passenger, booking = await a_paid_ride(api, ahead=ahead)
    done = await cancelled(driver, booking)
    assert done["cancellation"] == {"by": "driver", "reason": "cancelled", "fee": 0, "refund": FARE}
    await api.relay()
    assert [refund["amount"] for refund in (await api.ledger())["refunds"]] == [FARE]
    fined = [movement.francs for movement in await api.inside.journal() if movement.kind == "driver_penalty"]
    assert fined == ([{f"driver_payable:{driver.id}": -penalty, "penalties": penalty}] if penalty else [])
    templates = [message["template"] for message in await api.messages(passenger.phone)]
    assert "booking_cancelled_passenger" in templates
    await api.audit_books()


async def test_refused_when_the_passenger_is_aboard(api: Api) -> None:
    driver, passenger, booking = await a_paid_ride(api, ahead=HOUR)
    path = f"/bookings/{booking['id']}"
    data(await driver.post(f"{path}/checkin", {"code": booking["checkin_code"]}))
    for person in (passenger, driver):
        details = refusal(await person.post(f"{path}/cancel"), 409, "invalid_transition")
        assert details == {"from": "checked_in", "to": "cancelled"}


async def test_booking_does_not_exist_when_a_stranger_cancels(api: Api) -> None:
    _, _, booking = await a_paid_ride(api)
    refusal(await (await api.passenger()).post(f"/bookings/{booking['id']}/cancel"), 404, "not_found")


async def test_cancelled_once_when_it_is_asked_twice(api: Api) -> None:
    _, passenger, booking = await a_paid_ride(api, ahead=HOUR)
    await cancelled(passenger, booking)
    refusal(await passenger.post(f"/bookings/{booking['id']}/cancel"), 409, "invalid_transition")
    assert await balance(passenger) == 3_000


async def test_refund_goes_to_the_wallet_when_wave_refuses_it(api: Api) -> None:
    _, passenger, booking = await a_paid_ride(api)
    await cancelled(passenger, booking)
    async with api.service.platform.begin() as unit:
        payment = await unit.payments.open_of(UUID(booking["id"]))
        assert payment is not None
        payment.provider_ref = "cos-unknown"  # what Wave has never heard of, it refuses to give back
        await unit.payments.save(payment)
    await api.relay()
    shown = data(await passenger.get(f"/payments/{payment.id}"))
    assert (shown["status"], shown["refunded_amount"], await balance(passenger)) == ("refunded", FARE, FARE)
    assert (await api.service.platform.books.verify()).faults == ()


async def test_late_money_goes_back_whole_when_the_booking_was_cancelled_meanwhile(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    started = await api.started(passenger, booking)
    await cancelled(passenger, booking)
    await api.press(started["payment"]["provider_ref"], "paid")
    await api.relay()
    assert [refund["amount"] for refund in (await api.ledger())["refunds"]] == [FARE]
    assert await balance(passenger) == 0
    await api.audit_books()


async def test_trip_under_way_is_over_when_its_last_booking_is_cancelled(api: Api) -> None:
    api.clock.at = DEPARTURE - 2 * DAY
    driver, rider, absent = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver)
    aboard, waiting = await api.paid(rider, driver, trip), await api.paid(absent, driver, trip)
    api.clock.at = DEPARTURE + 10 * MINUTE
    path = f"/bookings/{aboard['id']}"
    data(await driver.post(f"{path}/checkin", {"code": aboard["checkin_code"]}))
    data(await driver.post(f"{path}/start-ride"))
    data(await driver.post(f"{path}/end-ride"))
    await cancelled(absent, waiting)
    assert data(await driver.get(f"/trips/{trip['id']}"))["status"] == "completed"
