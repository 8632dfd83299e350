"""What the ways of ending a booking have in common: its seats, its money, the word to both sides."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.application.carpool.access import complete_when_empty
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.refund_desk import RefundDesk, wallet_of
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.events import BookingCancelled, BookingEvent
from allonova.domain.carpool.fares import Parting, booking_cancelled, driver_penalty, fee_from_wallet
from allonova.domain.carpool.rules import Rules, RulesNow
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.money.events import PromoReturned
from allonova.domain.money.payment import Payment, PaymentStatus
from allonova.domain.money.refund import RefundCause
from allonova.domain.money.wallet import TxnSource


@wired
class EndingDesk:
    """Ends bookings of a trip that the caller has locked. The caller saves the trip, once, when all are ended."""

    clock: Clock
    ids: Ids
    rules: RulesNow
    refunds: RefundDesk

    def rules_of(self, trip: Trip) -> Rules:
        """The rules of the corridor that a trip takes."""
        return self.rules().between(trip.origin_point, trip.destination_point)

    def free_seats(self, trip: Trip, booking: Booking) -> None:
        """Give back what a live booking holds or has bought; call before it ends."""
        if booking.status is BookingStatus.ACCEPTED:
            trip.release(booking.ride, booking.seats)
        elif booking.status is BookingStatus.PAID:
            trip.unsell(booking.ride, booking.seats)

    async def cancel(
        self, unit: CarpoolUnit, trip: Trip, booking: Booking, *, by: Actor, reason: str, fee: int = 0
    ) -> None:
        """Cancel a live booking: what was paid goes back but for `fee` francs."""
        is_paid = booking.status is BookingStatus.PAID
        self.free_seats(trip, booking)
        booking.cancel(by, self.clock.now(), reason, fee=fee)
        if is_paid:
            await self.pay_back(unit, trip, booking, fee=fee)
        await self.keep(unit, booking, by, BookingCancelled(booking.id), "booking.cancelled")

    async def end_bookings_of_trip(self, unit: CarpoolUnit, trip: Trip, *, by: Actor, reason: str) -> int:
        """Cancel every live booking of a trip; the passengers lose nothing.

        Returns:
            How many of them were paid.
        """
        live = await unit.bookings.live_of(trip.id)
        paid = sum(booking.status is BookingStatus.PAID for booking in live)
        for booking in sorted(live, key=lambda booking: booking.passenger_id):  # the order in which wallets are locked
            await self.cancel(unit, trip, booking, by=by, reason=reason)
        return paid

    async def fine_driver(
        self, unit: CarpoolUnit, trip: Trip, *, departure: datetime, ref_type: str, ref_id: UUID
    ) -> int:
        """Withhold the penalty of a driver who cancels what was paid, if it is late enough for one; returns it."""
        now = self.clock.now()
        amount = self.rules_of(trip).penalty(departure, now)
        if amount:
            entry = driver_penalty(self.ids.new(), trip.driver_id, amount, ref_type=ref_type, ref_id=ref_id, at=now)
            await unit.journal.post(entry)
        return amount

    async def keep(self, unit: CarpoolUnit, booking: Booking, by: Actor, event: BookingEvent, action: str) -> None:
        """Save what became of it and say so."""
        await unit.bookings.save(booking)
        await unit.outbox.put(event)
        await unit.audit.put(actor=by, action=action, entity="booking", entity_id=booking.id)

    async def pay_back(self, unit: CarpoolUnit, trip: Trip, booking: Booking, *, fee: int) -> None:
        """The fare leaves escrow. The fee comes from the passenger's wallet if that holds enough, and the payment goes
        back whole; else the fee is withheld, and what is left goes back.
        """
        found = await unit.payments.open_of(booking.id)
        if found is None or found.status is not PaymentStatus.PAID:
            raise RuntimeError("a paid booking without its payment")
        payment = await unit.payments.get(found.id, lock=True)
        withheld = 0 if fee == 0 or await self._fee_from_wallet(unit, trip, booking, fee) else fee
        back = await self.part(unit, trip, booking, payment, withheld=withheld)
        if back:
            refund = self.refunds.made(payment, back, RefundCause.CANCELLED)
            await self.refunds.open(unit, payment, refund)

    async def part(self, unit: CarpoolUnit, trip: Trip, booking: Booking, payment: Payment, *, withheld: int) -> int:
        """Share an escrow: what is withheld as a fare is shared, the rest is owed back, but for what was taken back
        already. Returns what the payer still gets.
        """
        commission = self.rules_of(trip).commission(withheld) if withheld else 0
        parting = Parting.of(payment, withheld=withheld, commission=commission)
        gone = min(payment.refunded_amount, parting.back)
        entry = booking_cancelled(self.ids.new(), booking, trip.driver_id, parting, self.clock.now(), gone=gone)
        await unit.journal.post(entry)
        if payment.discount and parting.promo_back == payment.discount:
            await unit.outbox.put(PromoReturned(payment.id))
        booking.cancel_refund = parting.back
        return parting.back - gone

    async def _fee_from_wallet(self, unit: CarpoolUnit, trip: Trip, booking: Booking, fee: int) -> bool:
        """Whether the passenger's wallet paid the fee."""
        now, commission = self.clock.now(), self.rules_of(trip).commission(fee)
        purse = await wallet_of(unit, self.ids, booking.passenger_id, now)
        if not purse.covers(fee):
            return False
        purse.debit(self.ids.new(), fee, TxnSource.FEE, booking.id, now)
        await unit.wallets.save(purse)
        entry = fee_from_wallet(self.ids.new(), booking, trip.driver_id, fee=fee, commission=commission, at=now)
        await unit.journal.post(entry)
        return True

    async def close(self, unit: CarpoolUnit, trip: Trip) -> None:
        """Save the trip whose bookings were ended; one that is under way completes with its last."""
        await unit.trips.save(trip)
        await complete_when_empty(unit, trip, self.clock.now())
