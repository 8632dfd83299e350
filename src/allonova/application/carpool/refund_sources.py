"""Whose francs go back when somebody of the back office gives a payment back."""

from __future__ import annotations

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.settle_payment import PaymentDesk, Place
from allonova.application.kernel.wired import wired
from allonova.application.money.refund_desk import wallet_of
from allonova.domain.carpool.booking import Booking, BookingStage
from allonova.domain.carpool.events import BookingCancelled
from allonova.domain.carpool.fares import Kept, share_back
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.money.journal import Account, EntryKind, wallet
from allonova.domain.money.movements import refund_owed
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.refund import MoneyFrozen, NotRefundable, Refund, RefundTooMuch, RideNotOver

REFUNDED = "refunded"  # why a booking ended whose money somebody of the back office gave back
ENDINGS = {BookingStage.COMPLETED: EntryKind.RIDE_COMPLETED, BookingStage.CANCELLED: EntryKind.BOOKING_CANCELLED}


@wired
class SourceDesk:
    """Finds the francs of a refund by what became of its booking, which the caller has locked with the payment."""

    payments: PaymentDesk

    async def left(self, unit: CarpoolUnit, payment: Payment, *, but: int = 0) -> int:
        """What nobody speaks for of what the payer paid, `but` for one's own claim. Raises NotRefundable."""
        if payment.status not in (PaymentStatus.PAID, PaymentStatus.REFUNDED):
            raise NotRefundable(payment.status)
        return payment.amount - (await unit.refunds.claims(payment.id)).all + but

    def require(self, payment: Payment, place: Place, amount: int, *, left: int) -> None:
        """Refuse what cannot be given back as things stand.

        Raises:
            RefundTooMuch, RideNotOver, MoneyFrozen
        """
        if not 0 < amount <= left:
            raise RefundTooMuch(left)
        if place is None:
            return
        _, booking = place
        if booking.is_frozen:
            raise MoneyFrozen
        is_whole = booking.stage is BookingStage.PAID and amount == payment.amount - payment.refunded_amount
        if booking.stage not in ENDINGS and not is_whole:
            raise RideNotOver(booking.stage)

    async def take(
        self, unit: CarpoolUnit, payment: Payment, place: Place, refund: Refund, *, left: int, by: Actor
    ) -> None:
        """Into `refunds_due` with them; a ride that has not begun is cancelled for it. Raises InsufficientFunds."""
        if place is None:
            await self._from_wallet(unit, payment, refund)
            return
        trip, booking = place
        if booking.stage is BookingStage.PAID:
            await self._from_escrow(unit, payment, trip, booking, by)
            return
        entry = await unit.journal.find(ENDINGS[booking.stage], "booking", booking.id)
        kept, before = Kept.of(entry), payment.amount - (booking.cancel_refund or 0) - left
        if kept.whole < before + refund.amount:
            raise RefundTooMuch(max(0, kept.whole - before))
        given = share_back(
            refund.amount, kept=kept.whole, commission=kept.commission, driver_id=trip.driver_id, before=before
        )
        await self._owe(unit, refund, *given)

    async def _from_wallet(self, unit: CarpoolUnit, payment: Payment, refund: Refund) -> None:
        desk = self.payments.endings
        now = desk.clock.now()
        purse = await wallet_of(unit, desk.ids, payment.user_id, now)
        is_card = payment.method is Method.CARD
        purse.give_back(desk.ids.new(), refund.amount, refund.id, now, spend_only=is_card)
        await unit.wallets.save(purse)
        await self._owe(unit, refund, (wallet(payment.user_id), refund.amount))

    async def _from_escrow(self, unit: CarpoolUnit, payment: Payment, trip: Trip, booking: Booking, by: Actor) -> None:
        desk = self.payments.endings
        desk.free_seats(trip, booking)
        booking.cancel(by, desk.clock.now(), REFUNDED)
        await desk.part(unit, trip, booking, payment, withheld=0)
        await desk.keep(unit, booking, by, BookingCancelled(booking.id), "booking.cancelled")
        await desk.close(unit, trip)

    async def _owe(self, unit: CarpoolUnit, refund: Refund, *sources: tuple[Account, int]) -> None:
        desk = self.payments.endings
        await unit.journal.post(refund_owed(desk.ids.new(), refund, desk.clock.now(), *sources))
