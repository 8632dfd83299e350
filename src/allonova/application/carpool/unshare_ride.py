"""Let nobody follow one's ride any more."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.share_ride import end_link, require_passenger
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError, Forbidden, NotFound


@wired
class UnshareRide:
    """Take the link back: whoever has it sees nothing any more. Without a link it changes nothing."""

    begin: Begin[CarpoolUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> None:
        """Only its passenger may."""
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_passenger(caller_id, trip, booking)
            if await end_link(unit, booking_id, self.clock):
                await unit.audit.put(actor=by, action="booking.unshared", entity="booking", entity_id=booking_id)
