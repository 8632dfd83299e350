"""Somebody wants to follow a driver, or is him."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.frames import drive_channel, ride_channel
from allonova.application.carpool.report_location import Driving
from allonova.application.carpool.ride_queries import Approach, RideQueries
from allonova.application.carpool.ride_screen import OPEN, RideScreen
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.tracks import Tracks
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.location import Fix, Window, driving_window
from allonova.domain.kernel.errors import DomainError, Forbidden, NotFound


def newest(one: Fix | None, other: Fix | None) -> Fix | None:
    """The later of two positions."""
    known = [fix for fix in (one, other) if fix is not None]
    return max(known, key=lambda fix: fix.at, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TripSeat:
    """Which channel he follows: as the driver, or as the passenger of a booking who is first shown where the driver was
    seen.
    """

    channel: str
    trip_id: UUID
    driving: Driving | None = None
    booking_id: UUID | None = None
    seen: Fix | None = None


@wired
class EnterTrip:
    """The driver, and whoever has paid for a seat, until the trip is over."""

    queries: RideQueries
    tracks: Tracks[UUID, Fix]
    screen: RideScreen
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden)

    async def __call__(self, *, caller_id: UUID, trip_id: UUID) -> TripSeat:
        """Raises NotFound when there is no such trip under way, Forbidden for everybody else."""
        found = await self.queries.approach(trip_id, viewer_id=caller_id)
        if found is None or found.status not in OPEN or self.clock.now() > _window(found).until:
            raise NotFound
        if found.driver_id == caller_id:
            await self.screen.read([trip_id])
            driving = Driving(trip_id=trip_id, driver_id=caller_id, window=_window(found))
            return TripSeat(channel=drive_channel(trip_id), trip_id=trip_id, driving=driving)
        if found.booking_id is None:
            raise Forbidden
        return TripSeat(
            channel=ride_channel(found.booking_id),
            trip_id=trip_id,
            booking_id=found.booking_id,
            seen=newest(found.seen, self.tracks.last(trip_id)),
        )


def _window(trip: Approach) -> Window:
    return driving_window(trip.departure_time, trip.arrival_eta)
