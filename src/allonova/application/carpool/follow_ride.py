"""Follow a ride by its link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.enter_trip import newest
from allonova.application.carpool.frames import link_channel
from allonova.application.carpool.ride_queries import LinkedRide, RideQueries
from allonova.application.carpool.ride_screen import RideScreen
from allonova.application.carpool.ride_views import FollowedRide, RideStatus
from allonova.application.identity.codes import token_hash
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.tracks import Tracks
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.location import Fix
from allonova.domain.kernel.errors import DomainError, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSeat:
    """Which channel he follows; `seen` is where the driver was seen, while the passenger is aboard."""

    channel: str
    trip_id: UUID
    booking_id: UUID
    seen: Fix | None


@wired
class FollowRide:
    """Look at a ride, or stay and follow it, until it ends or its passenger takes the link back."""

    queries: RideQueries
    tracks: Tracks[UUID, Fix]
    screen: RideScreen
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, token: str) -> FollowedRide:
        """Raises NotFound for a link that is wrong, revoked or over."""
        found = await self._linked(token)
        seen = self._seen(found)
        position = None if seen is None else self.screen.view(found.trip_id, found.booking_id, seen)
        return replace(found.ride, position=position)

    async def enter(self, *, token: str) -> LinkSeat:
        """Raises NotFound likewise."""
        found = await self._linked(token)
        return LinkSeat(
            channel=link_channel(found.link_id),
            trip_id=found.trip_id,
            booking_id=found.booking_id,
            seen=self._seen(found),
        )

    async def _linked(self, token: str) -> LinkedRide:
        found = await self.queries.linked(token_hash(token), now=self.clock.now())
        if found is None:
            raise NotFound
        return found

    def _seen(self, found: LinkedRide) -> Fix | None:
        if found.ride.status is not RideStatus.ONGOING:
            return None
        return newest(found.seen, self.tracks.last(found.trip_id))
