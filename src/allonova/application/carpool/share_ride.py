"""Let somebody follow one's ride."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import lock_booking, require_side
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.ride_views import RideShare
from allonova.application.identity.codes import token_hash
from allonova.application.kernel.ports import Begin, Clock, Ids, Secrets
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.events import RideLinkEnded, RideShared
from allonova.domain.carpool.ride_link import NotShareable, RideLink, link_ends_at, require_shareable
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, Forbidden, NotFound
from allonova.domain.kernel.machine import Party


def require_passenger(caller_id: UUID, trip: Trip, booking: Booking) -> Actor:
    """The caller as the booking's passenger. Raises Forbidden for its driver, NotFound for anybody else."""
    by = require_side(caller_id, trip, booking)
    if by.party is not Party.PASSENGER:
        raise Forbidden
    return by


@wired
class ShareRide:
    """Make a link that shows a paid ride until it ends. It takes the place of the one before; the driver is told of the
    first.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    secrets: Secrets
    web_url: str

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden, NotShareable)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> RideShare:
        """Only its passenger may."""
        now, token = self.clock.now(), self.secrets.token()
        async with self.begin() as unit:
            trip, booking = await lock_booking(unit, booking_id)
            by = require_passenger(caller_id, trip, booking)
            require_shareable(booking.status)
            expires_at = link_ends_at(trip.arrival_eta)
            if now >= expires_at:
                raise NotShareable(booking.status)
            is_first = not await unit.ride_links.has_any(booking_id)
            await end_link(unit, booking_id, self.clock)
            link = RideLink(
                id=self.ids.new(),
                booking_id=booking_id,
                token_hash=token_hash(token),
                expires_at=expires_at,
                created_at=now,
                updated_at=now,
            )
            await unit.ride_links.add(link)
            if is_first:
                await unit.outbox.put(RideShared(booking_id))
            await unit.audit.put(actor=by, action="booking.shared", entity="booking", entity_id=booking_id)
        # The token stands in the fragment, which browsers keep to themselves.
        return RideShare(url=f"{self.web_url}/ride#token={token}", token=token, expires_at=expires_at)


async def end_link(unit: CarpoolUnit, booking_id: UUID, clock: Clock) -> bool:
    """Revoke the link of a booking whose trip the caller has locked. False when it has none."""
    link = await unit.ride_links.find(booking_id=booking_id, revoked_at=None)
    if link is None:
        return False
    link.revoke(clock.now())
    await unit.ride_links.save(link)
    await unit.outbox.put(RideLinkEnded(link.id))
    return True
