"""Wave may say it as often as it likes."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.user import User
from allonova.domain.money.payment import Payment
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage, all_at_once
from tests.support.factories import Driver, a_booking, accepted

COPIES = 50


async def an_accepted_booking(stage: Stage) -> tuple[Trip, Booking, Payment, User, Driver]:
    """Two held seats whose payment is under way."""
    driver, passenger = stage.a_driver(), stage.a_user()
    trip = await stage.a_trip(driver=driver)
    now = stage.clock.now()
    booking = a_booking(trip, passenger, seats=2, created_at=now, updated_at=now)
    accepted(trip, booking, at=now)
    payment = stage.a_payment(booking, provider_ref=f"cos-{booking.id.hex[:13]}")
    async with stage.units.begin() as unit:
        await unit.users.add(passenger)
        await unit.bookings.add(booking)
        await unit.payments.add(payment)
        await unit.trips.save(trip)
    return trip, booking, payment, passenger, driver


async def count(stage: Stage, what: str, id: UUID) -> int:
    """Rows about something."""
    found: int = await stage.pool.fetchval(f"SELECT count(*) FROM {what}", id)
    return found


@pytest.mark.promise("webhooks-any-order")
@pytest.mark.parametrize("rounds", [pytest.param(2, id="sample"), pytest.param(20, id="full", marks=pytest.mark.prove)])
@pytest.mark.parametrize("copies_of_one", [True, False], ids=["one_event", "many_events"])
async def test_payment_moves_once_when_fifty_webhooks_come_at_once(
    stage: Stage, rounds: int, copies_of_one: bool, quote: Quote
) -> None:
    for number in range(rounds):
        trip, booking, payment, passenger, driver = await an_accepted_booking(stage)
        either = stage.either
        event_id = f"EV_{payment.id.hex}" if copies_of_one else None
        outcomes = await all_at_once(stage.tell_paid(next(either), payment, event_id=event_id) for _ in range(COPIES))
        assert Counter(outcomes) == {"paid": 1, "known": COPIES - 1}
        paid = "carpool.booking_events WHERE booking_id = $1 AND to_status = 'paid'"
        assert await count(stage, paid, booking.id) == 1
        assert await count(stage, "platform.journal_entries WHERE ref_id = $1", payment.id) == 1
        events = "platform.webhook_events WHERE payment_id = $1"
        assert await count(stage, events, payment.id) == (1 if copies_of_one else COPIES)
        sold = await stage.pool.fetchval("SELECT seats_sold FROM carpool.trips WHERE id = $1", trip.id)
        assert sold == [2, 2]
        if number == 0:  # the messages take the same way each time
            await stage.all_delivered()
            assert await stage.sms_to(passenger.phone) == ["booking_paid_passenger"]
            assert await stage.sms_to(driver.user.phone) == ["booking_paid_driver"]
    await stage.require_sound_books()
    kind = "copies of one event" if copies_of_one else "events of one payment"
    quote(f"{rounds} rounds × {COPIES} {kind} at once: all 200, 1 moves the payment, 1 entry, 1 SMS to each side")
