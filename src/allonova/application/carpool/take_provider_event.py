"""Take in what a payment provider reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.carpool.access import lock_booking
from allonova.application.carpool.ports import CarpoolUnit, StoredEvent
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.money.ports import ProviderEvent, Reported
from allonova.domain.carpool.booking import LIVE, Booking, BookingStatus
from allonova.domain.carpool.events import BookingPaid
from allonova.domain.carpool.fares import booking_paid, payment_without_booking
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.kernel.changes import PROVIDER
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.events import PaymentMismatched, RefundDue
from allonova.domain.money.payment import AMOUNT_MISMATCH, Method, Payment, PaymentStatus


@dataclass(frozen=True, slots=True)
class TakeProviderEvent:
    """Settle a payment by its provider's word: once per event, whatever the order, the copies and the delay.

    Money moves the payment, the booking, the seats and the books in one transaction. Money for seats that are gone is
    kept apart and sent back. Events that are not about money, or not about a payment of ours, are kept and change
    nothing.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    rules: Rules

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, event: ProviderEvent) -> str:
        """Returns the outcome: `paid`, `attempt_failed`, `refund_due`, `mismatch`, `known`, `unknown`, `ignored`."""
        async with self.begin() as unit:
            payment = await self._payment(unit, event)
            stored = StoredEvent(
                id=self.ids.new(),
                provider=event.provider,
                event_id=event.event_id,
                kind=event.kind,
                payment_id=payment.id if payment else None,
                outcome="unknown" if payment is None else event.reported.value,
                received_at=self.clock.now(),
            )
            if not await unit.webhook_events.put(stored):
                return "known"
            if payment is None or payment.booking_id is None:
                return "unknown"
            trip, booking = await lock_booking(unit, payment.booking_id)
            payment = await unit.payments.get(payment.id)
            return await self._settle(unit, event, payment, trip, booking)

    async def _payment(self, unit: CarpoolUnit, event: ProviderEvent) -> Payment | None:
        """By our own id where the provider repeats it (its event may overtake our commit), else by its reference."""
        if event.payment_id is not None:
            return await unit.payments.find(id=event.payment_id, method=Method(event.provider))
        return await unit.payments.find(provider_ref=event.provider_ref, method=Method(event.provider))

    async def _settle(
        self, unit: CarpoolUnit, event: ProviderEvent, payment: Payment, trip: Trip, booking: Booking
    ) -> str:
        now = self.clock.now()
        if event.reported is Reported.OTHER:
            return "ignored"
        if not _is_ours(event, payment):
            payment.flag(AMOUNT_MISMATCH, at=now)
            await unit.payments.save(payment)
            await unit.outbox.put(PaymentMismatched(payment.id))
            await self._audit(unit, payment, "payment.mismatched")
            return "mismatch"
        if event.reported is Reported.ATTEMPT_FAILED:
            if payment.status is not PaymentStatus.INIT:
                return "known"
            payment.note_attempt(code=event.failure_code, message=event.failure_message, at=now)
            await unit.payments.save(payment)
            return "attempt_failed"
        if not payment.pay(provider_ref=event.provider_ref, raw=event.raw, at=now):
            return "known"
        await unit.payments.save(payment)
        await self._audit(unit, payment, "payment.paid")
        return await self._place(unit, payment, trip, booking)

    async def _place(self, unit: CarpoolUnit, payment: Payment, trip: Trip, booking: Booking) -> str:
        """Put the money where it belongs: on the booking, or apart."""
        now = self.clock.now()
        if not await self._seats_still_there(unit, trip, booking):
            await unit.journal.post(payment_without_booking(self.ids.new(), payment, now))
            await unit.outbox.put(RefundDue(payment.id))
            return "refund_due"
        if booking.status is BookingStatus.CANCELLED:
            booking.departure_time = trip.leaves_at(booking.ride)
            booking.revive(now, self.rules.hold)
            trip.hold(booking.ride, booking.seats)
        booking.pay(now)
        trip.sell(booking.ride, booking.seats)
        await unit.trips.save(trip)
        await unit.bookings.save(booking)
        await unit.journal.post(booking_paid(self.ids.new(), payment, booking, now))
        await unit.outbox.put(BookingPaid(booking.id))
        return "paid"

    async def _seats_still_there(self, unit: CarpoolUnit, trip: Trip, booking: Booking) -> bool:
        """Held for it, or its hold ended without money and nobody took them meanwhile, nor he others on this trip, and
        the way is still the one that he booked.
        """
        if booking.status is BookingStatus.ACCEPTED:
            return True
        if trip.was_rerouted_since(booking.created_at):
            return False
        is_running = trip.status in (TripStatus.PUBLISHED, TripStatus.ONGOING)
        in_time = self.clock.now() < trip.leaves_at(booking.ride)
        is_free = booking.was_left_unpaid and is_running and in_time and trip.bookable(booking.ride) >= booking.seats
        return is_free and not await self._has_booked_anew(unit, booking)

    async def _has_booked_anew(self, unit: CarpoolUnit, booking: Booking) -> bool:
        trip_id, passenger_id = booking.trip_id, booking.passenger_id
        live = [await unit.bookings.find(trip_id=trip_id, passenger_id=passenger_id, status=status) for status in LIVE]
        return any(other is not None for other in live)

    async def _audit(self, unit: CarpoolUnit, payment: Payment, action: str) -> None:
        await unit.audit.put(actor=PROVIDER, action=action, entity="payment", entity_id=payment.id)


def _is_ours(event: ProviderEvent, payment: Payment) -> bool:
    same_ref = payment.provider_ref in (None, event.provider_ref)
    return same_ref and event.amount == payment.amount and event.currency == payment.currency
