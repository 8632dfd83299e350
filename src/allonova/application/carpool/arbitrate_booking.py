"""The back office decides how a booking ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, show_booking
from allonova.application.carpool.arbitration import ARBITRATED, ArbitrationDesk, Judge
from allonova.application.carpool.end_ride import complete_booking
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import SharedBooking, shared_booking
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import Booking, BookingStage, BookingStatus
from allonova.domain.carpool.dispute import BookingDisputed, RefundBeyondRole
from allonova.domain.carpool.events import BookingArbitrated
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.roles import Role
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import (
    DomainError,
    InvalidTransition,
    NotFound,
    PreconditionFailed,
)
from allonova.domain.money.refund import RefundTooMuch


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """How a booking ends: `completed`, or `cancelled` with `refund_amount` francs back to its passenger, by default all
    that is left of what he paid. `is_drivers_fault` marks the driver's record; left out, it is his fault if all goes
    back of a ride about which the sides disagree.
    """

    status: BookingStatus
    refund_amount: int | None = None
    is_drivers_fault: bool | None = None
    reason: str


@wired
class ArbitrateBooking:
    """End a booking by the back office's word, or decide whose money it is that waits because its sides disagree about
    the ride. A dispute about it is decided first, unless the passenger gets everything back.
    """

    begin: Begin[CarpoolUnit]
    desk: ArbitrationDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        InvalidTransition,
        RefundTooMuch,
        RefundBeyondRole,
        BookingDisputed,
        PreconditionFailed,
    )

    async def __call__(
        self, *, by: Actor, role: Role, booking_id: UUID, ruling: Ruling, expected: int | None
    ) -> SharedBooking:
        """Under the lock of the trip, then of the payment. `expected` is the version of `If-Match`."""
        judge = Judge(actor=by, role=role, reason=ruling.reason)
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            before = shared_booking(await show_booking(unit, booking_id, trip.driver_id))
            require_version(expected, booking.version, before)
            if ruling.status is BookingStatus.COMPLETED:
                await self._complete(unit, trip, booking, ruling, judge)
            elif ruling.status is not BookingStatus.CANCELLED:
                raise InvalidTransition(from_=booking.stage, to=ruling.status)
            elif booking.is_frozen or booking.stage is BookingStage.PAID:
                await self._part(unit, trip, booking, ruling, judge)
            else:
                await self._cancel(unit, trip, booking, ruling, judge)
            meta: dict[str, str | int] = {"status": ruling.status.value, "reason": ruling.reason}
            await unit.audit.put(actor=by, action="booking.ruled", entity="booking", entity_id=booking_id, meta=meta)
            return shared_booking(await show_booking(unit, booking_id, trip.driver_id))

    async def _complete(self, unit: CarpoolUnit, trip: Trip, booking: Booking, ruling: Ruling, by: Judge) -> None:
        endings = self.desk.refund.sources.payments.endings
        await complete_booking(unit, endings.ids, trip, booking, by.actor, endings.clock.now())
        if ruling.refund_amount:
            await self.desk.give(unit, trip, booking, ruling.refund_amount, by=by)
        await unit.outbox.put(BookingArbitrated(booking.id))

    async def _part(self, unit: CarpoolUnit, trip: Trip, booking: Booking, ruling: Ruling, by: Judge) -> None:
        payment = await self.desk.payment_of(unit, booking)
        left = payment.amount - payment.refunded_amount
        amount = left if ruling.refund_amount is None else ruling.refund_amount
        if amount > left:
            raise RefundTooMuch(left)
        if booking.is_frozen or amount < left:  # else it is what a cancelled trip gives back as well
            await self.desk.require_within(unit, payment, amount, by)
        fault = booking.is_frozen and amount == left if ruling.is_drivers_fault is None else ruling.is_drivers_fault
        await self.desk.part(unit, trip, booking, payment, ruling.refund_amount, by=by, is_drivers_fault=fault)

    async def _cancel(self, unit: CarpoolUnit, trip: Trip, booking: Booking, ruling: Ruling, by: Judge) -> None:
        """One that nobody paid; others cannot be cancelled any more."""
        endings = self.desk.refund.sources.payments.endings
        if ruling.refund_amount and booking.stage in (BookingStage.PENDING, BookingStage.ACCEPTED):
            raise RefundTooMuch(0)
        await endings.cancel(unit, trip, booking, by=by.actor, reason=ARBITRATED)
        await endings.close(unit, trip)
