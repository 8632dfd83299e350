"""What the back office's word does to the money of a booking."""

from __future__ import annotations

from dataclasses import dataclass

from allonova.application.carpool.access import require_undisputed
from allonova.application.carpool.end_ride import complete_booking
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.refund_by_admin import RefundByAdmin, RefundWish
from allonova.application.kernel.wired import wired
from allonova.application.money.decide_refund import audit_refund
from allonova.domain.carpool.booking import Booking, BookingStage
from allonova.domain.carpool.dispute import RefundBeyondRole
from allonova.domain.carpool.events import BookingArbitrated
from allonova.domain.carpool.fares import kept_of_escrow
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.roles import Area, Right, Role, may
from allonova.domain.kernel.changes import Actor
from allonova.domain.money.payment import Payment, PaymentStatus
from allonova.domain.money.refund import Refund, RefundStatus, RefundTooMuch, RideNotOver

ARBITRATED = "arbitrated"  # why a booking ended of which the back office decided
DRIVER_NO_SHOW = "driver_no_show"  # the same where it was the driver's fault: his record is made of these


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Who decides, in which role, and what he notes of it."""

    actor: Actor
    role: Role
    reason: str


@wired
class ArbitrationDesk:
    """Decides whose the money of a booking is. The caller has locked the booking's trip; here the payment is locked.

    Who has no right over payments gives back no more of one booking than `support_refund_limit`, all that the back
    office ever gave back of it counted together. Above the four-eyes amount a refund waits for another admin; its
    francs stay with driver and platform until then, where no payout takes them.
    """

    refund: RefundByAdmin

    async def give(self, unit: CarpoolUnit, trip: Trip, booking: Booking, amount: int, *, by: Judge) -> Refund:
        """Give back a part of what was paid, or all. What is still in escrow is decided with it: a ride that was begun
        is complete, one that never was is over.

        Raises:
            RefundTooMuch, RefundBeyondRole
            RideNotOver: a part, of a ride that is still to come.
            BookingDisputed: the rest would go to the driver, and another dispute about it is not decided.
        """
        payment = await self.payment_of(unit, booking)
        left = await self.refund.sources.left(unit, payment)
        if not 0 < amount <= left:
            raise RefundTooMuch(left)
        await self.require_within(unit, payment, amount, by)
        is_whole = booking.stage is BookingStage.PAID and amount == payment.amount - payment.refunded_amount
        if booking.is_frozen or (booking.stage is BookingStage.PAID and not is_whole):
            return await self._give_of_escrow(unit, trip, booking, payment, amount, by)
        if booking.in_escrow and not is_whole:
            desk = self.refund.sources.payments.endings
            await complete_booking(unit, desk.ids, trip, booking, by.actor, desk.clock.now())
        refund = self._made(payment, amount, by, gone=payment.amount - left)
        await self._keep(unit, refund, by)
        if refund.status is RefundStatus.PENDING:
            await self.refund.give(unit, payment, (trip, booking), refund, left=left, by=by.actor)
        return refund

    async def _give_of_escrow(
        self, unit: CarpoolUnit, trip: Trip, booking: Booking, payment: Payment, amount: int, by: Judge
    ) -> Refund:
        if not booking.is_frozen and self.refund.sources.payments.endings.clock.now() < booking.departure_time:
            raise RideNotOver(booking.stage)
        is_whole = amount == payment.amount - payment.refunded_amount
        refund = await self.part(unit, trip, booking, payment, amount, by=by, is_drivers_fault=is_whole)
        if refund is None:
            raise RuntimeError("a refund of nothing")
        return refund

    async def part(
        self,
        unit: CarpoolUnit,
        trip: Trip,
        booking: Booking,
        payment: Payment,
        amount: int | None,
        *,
        by: Judge,
        is_drivers_fault: bool,
    ) -> Refund | None:
        """End a booking whose fare is in escrow, or decide one that ended and whose sides disagree: `amount` francs go
        back, None for all, and the rest is shared as a fare is. With nothing back, the driver gets his whole fare.

        Raises:
            BookingDisputed: the driver would get something, and a dispute about it is not decided.
        """
        desk = self.refund.sources.payments.endings
        back = payment.amount - payment.refunded_amount if amount is None else amount
        refund = self._made(payment, back, by, gone=payment.refunded_amount) if back else None
        kept = kept_of_escrow(booking, payment, amount)
        if refund is not None and refund.status is RefundStatus.AWAITING_APPROVAL:
            kept = booking.amount_total
        if kept:
            await require_undisputed(unit, booking)
        reason = DRIVER_NO_SHOW if is_drivers_fault else ARBITRATED
        if booking.is_frozen:
            booking.arbitrate(by.actor, desk.clock.now(), reason, fee=kept)
        else:
            desk.free_seats(trip, booking)
            booking.cancel(by.actor, desk.clock.now(), reason, fee=kept)
        await desk.part(unit, trip, booking, payment, withheld=kept)
        if refund is not None:
            await self._keep(unit, refund, by)
            if refund.status is RefundStatus.PENDING:
                await desk.refunds.set_going(unit, payment, refund)
        await desk.keep(unit, booking, by.actor, BookingArbitrated(booking.id), "booking.arbitrated")
        await desk.close(unit, trip)
        return refund

    async def payment_of(self, unit: CarpoolUnit, booking: Booking) -> Payment:
        """What its passenger paid, locked. Raises RefundTooMuch when nothing of it is left."""
        found = await unit.payments.open_of(booking.id)
        if found is None or found.status is not PaymentStatus.PAID:
            raise RefundTooMuch(0)
        return await unit.payments.get(found.id, lock=True)

    async def require_within(self, unit: CarpoolUnit, payment: Payment, amount: int, by: Judge) -> None:
        """Raises RefundBeyondRole for what is more than his role may give back."""
        limit = self.refund.rules().support_refund_limit
        if amount and not may(by.role, Area.MONEY, Right.ALL):
            ordered = (await unit.refunds.claims(payment.id)).ordered
            if ordered + amount > limit:
                raise RefundBeyondRole(limit)

    def _made(self, payment: Payment, amount: int, by: Judge, *, gone: int) -> Refund:
        wish = RefundWish(payment_id=payment.id, amount=amount, reason=by.reason)
        return self.refund.made(payment, amount, wish, by.actor, gone=gone)

    async def _keep(self, unit: CarpoolUnit, refund: Refund, by: Judge) -> None:
        await unit.refunds.add(refund)
        await audit_refund(unit, refund, "refund.requested", by.actor)
