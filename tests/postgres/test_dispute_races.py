"""Disputes and rulings that come at once, with each other and with the end of the ride."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest

from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.arbitrate_booking import ArbitrateBooking, Ruling
from allonova.application.carpool.arbitration import ArbitrationDesk
from allonova.application.carpool.cancel_booking import CancelBooking
from allonova.application.carpool.decide_dispute import DecideDispute
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.end_ride import EndRide
from allonova.application.carpool.open_dispute import OpenDispute
from allonova.application.carpool.refund_by_admin import RefundByAdmin
from allonova.application.carpool.refund_sources import SourceDesk
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.carpool.settle_rides import SettleRides
from allonova.application.money.ports import Reach
from allonova.application.money.refund_desk import RefundDesk
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.dispute import Decision, Dispute, DisputeCategory, DisputeStatus
from allonova.domain.carpool.fares import booking_paid, ride_completed
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.rules import MoneyRules
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    NumberedIds,
    SetClock,
    a_booking,
    a_dispute,
    a_driver,
    a_payment,
    a_trip,
    a_user,
    keep,
    new_id,
    paid,
)

ROUNDS = 3
FARE = 6_000


@dataclass(frozen=True, slots=True)
class Ride:
    """What is argued about."""

    trip: Trip
    booking: Booking
    payment: Payment


@dataclass(frozen=True, slots=True)
class Stage:
    """The use cases on real connections, a week after the ride."""

    units: PostgresUnits
    pool: Pool
    clock: SetClock
    endings: EndingDesk
    desk: ArbitrationDesk

    async def ride(self, *, is_over: bool = False, is_started: bool = False, is_frozen: bool = False) -> Ride:
        """A booking that was paid by card, as the books know it."""
        driver, passenger = a_driver(), a_user()
        trip = a_trip(driver)
        booking = paid(trip, a_booking(trip, passenger))
        payment = a_payment(booking, method=Method.CARD, status=PaymentStatus.PAID, provider_ref=f"pi-{new_id()}")
        entries = [booking_paid(new_id(), payment, NOW)]
        if is_over or is_started:
            booking.checked_in_at = booking.started_at = NOW
        if is_over:
            booking.complete(an_admin(), NOW)
            entries.append(ride_completed(new_id(), booking, driver.id, NOW))
        if is_frozen:
            booking.driver_no_show(Actor(Party.PASSENGER, passenger.id), DEPARTURE + 20 * MINUTE)
            trip.unsell(booking.ride, booking.seats)
        async with self.units.begin() as unit:
            await keep(unit, driver, passenger, trip, booking, payment)
            for entry in entries:
                await unit.journal.post(entry)
        return Ride(trip, booking, payment)

    async def dispute(self, ride: Ride) -> Dispute:
        """One that somebody looks at."""
        dispute = a_dispute(ride.trip, ride.booking, status=DisputeStatus.IN_REVIEW, created_at=self.clock.now())
        async with self.units.begin() as unit:
            await keep(unit, dispute)
        return dispute

    async def decide(self, dispute: Dispute, amount: int, status: DisputeStatus = DisputeStatus.RESOLVED) -> str:
        """The back office, in one way."""
        decision = Decision(status=status, resolution="Oui.", refund_amount=amount)
        decided = DecideDispute(self.units.begin, self.clock, self.desk)
        return await outcome(
            decided(by=an_admin(), role=Role.SUPER, dispute_id=dispute.id, decision=decision, expected=None)
        )

    async def rule(self, ride: Ride, status: BookingStatus, amount: int | None = None) -> str:
        """The back office, in the other way."""
        ruling = Ruling(status=status, refund_amount=amount, reason="x")
        arbitrate = ArbitrateBooking(self.units.begin, self.desk)
        return await outcome(
            arbitrate(by=an_admin(), role=Role.SUPER, booking_id=ride.booking.id, ruling=ruling, expected=None)
        )

    async def complain(self, ride: Ride) -> str:
        """The passenger."""
        files: Any = None
        opened = OpenDispute(self.units.begin, self.clock, self.endings.ids, files)
        return await outcome(
            opened(
                caller_id=ride.booking.passenger_id,
                booking_id=ride.booking.id,
                category=DisputeCategory.PAYMENT,
                description="Trop cher.",
            )
        )

    async def settle(self) -> str:
        """The job."""
        await SettleRides(self.units.begin, PostgresCarpoolQueries(self.pool), self.endings)()
        return "job"

    async def given(self, ride: Ride) -> int:
        """What is spoken for of a payment."""
        async with self.units.begin() as unit:
            return (await unit.refunds.claims(ride.payment.id)).all

    async def booking(self, ride: Ride) -> Booking:
        """As it is now."""
        async with self.units.begin() as unit:
            return await unit.bookings.get(ride.booking.id)

    async def require_sound_books(self) -> None:
        """They prove themselves."""
        assert (await PostgresBooks(self.pool).verify()).faults == ()


def an_admin() -> Actor:
    """Somebody of the back office."""
    return Actor(Party.ADMIN, new_id())


async def outcome(deed: Awaitable[object]) -> str:
    """`done`, or the name of the refusal."""
    try:
        await deed
    except DomainError as error:
        return type(error).__name__
    return "done"


@pytest.fixture
def stage(units: PostgresUnits, pool: Pool) -> Stage:
    clock, ids = SetClock(DEPARTURE + 7 * 24 * HOUR), NumberedIds()
    refunds = RefundDesk(clock, ids, {Method.CARD: Reach.PARTS}, MoneyRules)
    endings = EndingDesk(clock, ids, Rules, refunds)
    desk = ArbitrationDesk(RefundByAdmin(units.begin, SourceDesk(PaymentDesk(endings)), MoneyRules))
    return Stage(units, pool, clock, endings, desk)


@pytest.mark.promise("refunds-bounded")
@pytest.mark.parametrize("stage_of", ["is_over", "is_started", "is_frozen"])
async def test_one_refund_is_given_when_twenty_resolve_with_sixty_percent(stage: Stage, stage_of: str) -> None:
    for _ in range(ROUNDS):
        ride = await stage.ride(**{stage_of: True})
        dispute = await stage.dispute(ride)
        outcomes = await asyncio.gather(*(stage.decide(dispute, FARE * 6 // 10) for _ in range(20)))
        assert Counter(outcomes) == {"done": 1, "InvalidTransition": 19}
        assert await stage.given(ride) == FARE * 6 // 10
    await stage.require_sound_books()


@pytest.mark.promise("refunds-bounded")
async def test_no_more_goes_back_than_was_paid_when_two_disputes_are_resolved_at_once(stage: Stage) -> None:
    for _ in range(ROUNDS):
        ride = await stage.ride(is_over=True)
        first = await stage.dispute(ride)
        second = a_dispute(ride.trip, ride.booking, by_driver=True, status=DisputeStatus.IN_REVIEW)
        async with stage.units.begin() as unit:
            await keep(unit, second)
        outcomes = await asyncio.gather(*(stage.decide(one, FARE * 6 // 10) for one in (first, second) * 5))
        assert Counter(outcomes)["done"] == 1
        assert await stage.given(ride) == FARE * 6 // 10
    await stage.require_sound_books()


async def test_ride_is_frozen_or_complete_when_it_is_disputed_at_that_moment(stage: Stage) -> None:
    end = EndRide(stage.units.begin, stage.clock, stage.endings.ids)
    for _ in range(3 * ROUNDS):
        ride = await stage.ride(is_started=True)
        ended = outcome(end(caller_id=ride.trip.driver_id, booking_id=ride.booking.id))
        outcomes = await asyncio.gather(ended, stage.complain(ride), stage.settle())
        status = (await stage.booking(ride)).status
        assert outcomes[1] == "done"
        assert (status is BookingStatus.PAID) is (outcomes[0] == "BookingDisputed")
        stage.clock.advance(MINUTE)
        await stage.settle()
        assert (await stage.booking(ride)).status is status
        await stage.require_sound_books()


async def test_frozen_money_is_decided_once_when_admins_and_the_job_do_so_at_once(stage: Stage) -> None:
    for _ in range(ROUNDS):
        ride = await stage.ride(is_frozen=True)
        deeds = [stage.rule(ride, BookingStatus.CANCELLED, FARE * n // 10) for n in range(0, 10, 2)]
        deeds += [stage.settle() for _ in range(3)]
        outcomes = Counter(await asyncio.gather(*deeds))
        assert outcomes["done"] <= 1
        assert not (await stage.booking(ride)).is_frozen
        await stage.require_sound_books()


async def test_paid_booking_ends_once_when_admins_and_both_sides_end_it(stage: Stage) -> None:
    stage.clock.at = DEPARTURE - 3 * HOUR
    cancel = CancelBooking(stage.units.begin, stage.endings)
    for _ in range(ROUNDS):
        ride = await stage.ride()
        deeds = [stage.rule(ride, BookingStatus.CANCELLED, FARE // 2) for _ in range(4)]
        deeds += [
            outcome(cancel(caller_id=who, booking_id=ride.booking.id, reason=None))
            for who in (ride.booking.passenger_id, ride.trip.driver_id) * 2
        ]
        assert Counter(await asyncio.gather(*deeds)) == {"done": 1, "InvalidTransition": 7}
        await stage.require_sound_books()


async def test_driver_and_admin_complete_a_ride_once(stage: Stage) -> None:
    end = EndRide(stage.units.begin, stage.clock, stage.endings.ids)
    for _ in range(ROUNDS):
        ride = await stage.ride(is_started=True)
        deeds = [stage.rule(ride, BookingStatus.COMPLETED, 1_000) for _ in range(4)]
        deeds += [outcome(end(caller_id=ride.trip.driver_id, booking_id=ride.booking.id)) for _ in range(4)]
        assert Counter(await asyncio.gather(*deeds))["done"] == 1
        assert (await stage.booking(ride)).status is BookingStatus.COMPLETED
        await stage.require_sound_books()


async def test_one_dispute_is_open_when_a_side_opens_ten_at_once(stage: Stage) -> None:
    for _ in range(ROUNDS):
        ride = await stage.ride(is_over=True)
        outcomes = await asyncio.gather(*(stage.complain(ride) for _ in range(10)))
        assert Counter(outcomes) == {"done": 1, "AlreadyDisputed": 9}
