"""Cancellations that meet: with each other, with a check-in, at one wallet."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from uuid import UUID

import pytest

from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.cancel_booking import CancelBooking
from allonova.application.carpool.check_in import CheckIn
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.money.ports import Reach
from allonova.application.money.refund_desk import RefundDesk
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.fares import booking_paid
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.payment import Method, PaymentStatus
from allonova.domain.money.rules import MoneyRules
from allonova.domain.money.wallet import TxnSource, Wallet
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    NOW,
    NumberedIds,
    SetClock,
    a_booking,
    a_driver,
    a_payment,
    a_trip,
    a_user,
    keep,
    new_id,
    paid,
)

ROUNDS = 5
FEE = 1_800  # 30 % of 6,000: three hours before departure


@dataclass(frozen=True, slots=True)
class Stage:
    """The use cases on real connections, three hours before departure."""

    units: PostgresUnits
    pool: Pool
    cancel: CancelBooking
    check_in: CheckIn

    async def paid(self, passenger: User) -> tuple[Trip, Booking]:
        """A paid booking on a trip of its own, as the books know it."""
        driver = a_driver()
        trip = a_trip(driver)
        booking = paid(trip, a_booking(trip, passenger))
        payment = a_payment(booking, status=PaymentStatus.PAID, provider_ref=f"cos-{new_id()}")
        async with self.units.begin() as unit:
            await keep(unit, driver, trip, booking, payment)
            await unit.journal.post(booking_paid(new_id(), payment, NOW))
        return trip, booking

    async def faults(self) -> tuple[str, ...]:
        """What the books say, but for the wallets that were filled by hand."""
        report = await PostgresBooks(self.pool).verify()
        return tuple(fault for fault in report.faults if not fault.startswith("wallet"))

    async def balance(self, owner: User) -> int:
        """What a wallet holds."""
        return (await PostgresCarpoolQueries(self.pool).wallet(owner.id)).balance


@pytest.fixture
def stage(units: PostgresUnits, pool: Pool) -> Stage:
    clock, ids = SetClock(DEPARTURE - 3 * HOUR), NumberedIds()
    refunds = RefundDesk(clock, ids, {Method.WAVE: Reach.WHOLE}, MoneyRules)
    cancel = CancelBooking(units.begin, EndingDesk(clock, ids, Rules, refunds))
    return Stage(units, pool, cancel, CheckIn(units.begin, SetClock(DEPARTURE - HOUR)))


async def outcome(deed: Awaitable[object]) -> str:
    """`done`, or the code of the refusal."""
    try:
        await deed
    except DomainError as error:
        return error.code
    return "done"


async def filled(stage: Stage, owner: User, francs: int) -> None:
    """A wallet with francs that came from nowhere."""
    async with stage.units.begin() as unit:
        await keep(unit, owner)
        purse = await unit.wallets.of(
            owner.id, new=Wallet(id=new_id(), user_id=owner.id, created_at=NOW, updated_at=NOW)
        )
        purse.credit(new_id(), francs, TxnSource.ADJUSTMENT, new_id(), NOW)
        await unit.wallets.save(purse)


async def test_one_wins_when_twenty_cancel_one_booking_at_once(stage: Stage) -> None:
    for _ in range(ROUNDS):
        passenger = a_user()
        await filled(stage, passenger, FEE)
        trip, booking = await stage.paid(passenger)
        callers: list[UUID] = [passenger.id, trip.driver_id] * 10
        deeds = [outcome(stage.cancel(caller_id=c, booking_id=booking.id, reason=None)) for c in callers]
        assert Counter(await asyncio.gather(*deeds)) == {"done": 1, "invalid_transition": 19}
        assert await stage.balance(passenger) in (0, FEE)
    assert await stage.faults() == ()


async def test_one_fee_is_taken_from_the_wallet_when_it_holds_only_one(stage: Stage) -> None:
    for _ in range(ROUNDS):
        passenger = a_user()
        await filled(stage, passenger, FEE)
        bookings = [booking for _, booking in [await stage.paid(passenger) for _ in range(4)]]
        deeds = [stage.cancel(caller_id=passenger.id, booking_id=b.id, reason=None) for b in bookings]
        views = await asyncio.gather(*deeds)
        refunds = Counter(view.cancellation.refund for view in views if view.cancellation)
        # What one withheld fee leaves in the wallet may pay the next one's fee: the sum is the same in any order.
        assert set(refunds) <= {6_000, 6_000 - FEE}
        withheld = refunds[6_000 - FEE]
        assert await stage.balance(passenger) == FEE - (4 - withheld) * FEE + withheld * (6_000 - FEE)
        assert refunds[6_000] >= 1
    assert await stage.faults() == ()


async def test_one_wins_when_a_passenger_cancels_while_he_is_checked_in(stage: Stage) -> None:
    for _ in range(ROUNDS):
        passenger = a_user()
        async with stage.units.begin() as unit:
            await keep(unit, passenger)
        trip, booking = await stage.paid(passenger)
        outcomes = await asyncio.gather(
            outcome(stage.cancel(caller_id=passenger.id, booking_id=booking.id, reason=None)),
            outcome(stage.check_in(caller_id=trip.driver_id, booking_id=booking.id, code=booking.qr_code)),
        )
        assert sorted(outcomes) == ["done", "invalid_transition"]
    assert await stage.faults() == ()
