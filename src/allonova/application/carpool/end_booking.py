"""What the ways of ending a booking have in common: its seats, its money, the word to both sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.carpool.access import complete_when_empty
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Clock, Ids
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.events import BookingCancelled, BookingEvent
from allonova.domain.carpool.fares import booking_cancelled, driver_penalty, fee_from_wallet
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.money.events import RefundDue
from allonova.domain.money.journal import REFUNDS_DUE, Account, wallet
from allonova.domain.money.payment import PaymentStatus
from allonova.domain.money.wallet import TxnSource, Wallet


@dataclass(frozen=True, slots=True)
class EndingDesk:
    """Ends bookings of a trip that the caller has locked. The caller saves the trip, once, when all are ended."""

    clock: Clock
    ids: Ids
    rules: Rules

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
        amount = self.rules.penalty(departure, now)
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
        """The fare leaves escrow. A provider gives back whole payments alone: the fee comes from the passenger's wallet
        if that holds enough, and the payment goes back whole; else the fee is withheld and the rest goes to the wallet.
        """
        payment = await unit.payments.open_of(booking.id)
        if payment is None or payment.status is not PaymentStatus.PAID:
            raise RuntimeError("a paid booking without its payment")
        if fee == 0 or await self._fee_from_wallet(unit, trip, booking, fee):
            await self._release(unit, trip, booking, fee=0, refund_to=REFUNDS_DUE)
            await unit.outbox.put(RefundDue(payment.id))
            booking.cancel_refund = booking.amount_total
            return
        rest = booking.cancel_refund = booking.amount_total - fee
        await self._release(unit, trip, booking, fee=fee, refund_to=wallet(booking.passenger_id))
        if rest:
            now = self.clock.now()
            payment.refund_part(rest, at=now)
            await unit.payments.save(payment)
            purse = await self.wallet_of(unit, booking.passenger_id)
            purse.credit(self.ids.new(), rest, TxnSource.REFUND, booking.id, now)
            await unit.wallets.save(purse)

    async def _fee_from_wallet(self, unit: CarpoolUnit, trip: Trip, booking: Booking, fee: int) -> bool:
        """Whether the passenger's wallet paid the fee."""
        now, commission = self.clock.now(), self.rules.commission(fee)
        purse = await self.wallet_of(unit, booking.passenger_id)
        if not purse.covers(fee):
            return False
        purse.debit(self.ids.new(), fee, TxnSource.FEE, booking.id, now)
        await unit.wallets.save(purse)
        entry = fee_from_wallet(self.ids.new(), booking, trip.driver_id, fee=fee, commission=commission, at=now)
        await unit.journal.post(entry)
        return True

    async def _release(self, unit: CarpoolUnit, trip: Trip, booking: Booking, *, fee: int, refund_to: Account) -> None:
        entry = booking_cancelled(
            self.ids.new(),
            booking,
            trip.driver_id,
            fee=fee,
            commission=self.rules.commission(fee),
            refund_to=refund_to,
            at=self.clock.now(),
        )
        await unit.journal.post(entry)

    async def wallet_of(self, unit: CarpoolUnit, user_id: UUID) -> Wallet:
        """Somebody's wallet, made if he has none."""
        now = self.clock.now()
        return await unit.wallets.of(
            user_id, new=Wallet(id=self.ids.new(), user_id=user_id, created_at=now, updated_at=now)
        )

    async def close(self, unit: CarpoolUnit, trip: Trip) -> None:
        """Save the trip whose bookings were ended; one that is under way completes with its last."""
        await unit.trips.save(trip)
        await complete_when_empty(unit, trip, self.clock.now())
