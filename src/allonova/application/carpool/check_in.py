"""The driver reads the passenger's code."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side, show_booking
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.identity.send_otp import seconds_until
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import (
    Booking,
    CheckinClosed,
    TooManyCheckinTries,
    WrongCheckinCode,
)
from allonova.domain.carpool.events import BookingCheckedIn
from allonova.domain.carpool.rules import CHECKIN_TRIES, CHECKIN_WINDOW
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, Forbidden, InvalidTransition, NotFound


@wired
class CheckIn:
    """Show that the passenger is there: by the QR's token or the short code under it.

    Wrong codes are counted, and the count commits with the refusal.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        Forbidden,
        InvalidTransition,
        CheckinClosed,
        WrongCheckinCode,
        TooManyCheckinTries,
    )

    async def __call__(self, *, caller_id: UUID, booking_id: UUID, code: str) -> BookingView:
        """Only that trip's driver may; again with the right code answers the same, unchanged."""
        now = self.clock.now()
        tries = f"checkin:{booking_id}"
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_side(caller_id, trip, booking)
            wait_until = await unit.attempts.take(tries, limit=CHECKIN_TRIES, window=CHECKIN_WINDOW, now=now)
            refusal: DomainError | None
            if wait_until is not None:
                refusal = TooManyCheckinTries(seconds_until(wait_until, now))
            else:
                refusal = await self._check(unit, booking, code, by)
            if refusal is None:
                await unit.attempts.clear(tries)
                return await show_booking(unit, booking_id, caller_id)
        raise refusal

    async def _check(self, unit: CarpoolUnit, booking: Booking, code: str, by: Actor) -> WrongCheckinCode | None:
        was_in = booking.checked_in_at
        try:
            booking.check_in(code, by, self.clock.now())
        except WrongCheckinCode as wrong:
            return wrong
        if booking.checked_in_at != was_in:
            await unit.bookings.save(booking)
            await unit.outbox.put(BookingCheckedIn(booking.id))
            await unit.audit.put(actor=by, action="booking.checked_in", entity="booking", entity_id=booking.id)
        return None
