"""Shows drivers' positions to those who ride, with the time at which the car will be there."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from allonova.application.carpool.frames import LOCATION, link_channel, ride_channel
from allonova.application.carpool.ride_queries import Followed, RideQueries, Rider
from allonova.application.carpool.ride_views import LocationView, location_view
from allonova.application.kernel.live import Channels, ChannelsDown, Frame
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.roads import NoRoad, RoutePlanner
from allonova.application.kernel.tracks import Screen, loop_time
from allonova.domain.carpool.location import Fix
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Point

log = logging.getLogger(__name__)

RIDERS_S = 3.0  # who rides is read anew so often
ETA_EVERY_S = 30.0
ETA_OLD_S = 120.0
SILENT_S = 600.0
ROUTERS = 8  # questions to the router under way at a time
OPEN = (TripStatus.PUBLISHED, TripStatus.ONGOING)


@dataclass(slots=True)
class _Ride:
    """What this process knows of a trip; `followed` is None when the trip is gone."""

    followed: Followed | None
    read_at: float
    etas: dict[Point, datetime] = field(default_factory=dict)
    etas_at: float = -math.inf
    asked_at: float = -math.inf

    @property
    def riders(self) -> tuple[Rider, ...]:
        """Who is shown the driver."""
        return () if self.followed is None or self.followed.status not in OPEN else self.followed.riders


class RideScreen:
    """One frame for each passenger who has paid, since each has his own time of arrival; the link's viewers see it
    while he is aboard. Neither the database nor the router is waited for: who rides and when the car will be there is
    what was last known, and is brought up to date meanwhile.

    Args:
        now: seconds that pass evenly.
    """

    def __init__(
        self,
        queries: RideQueries,
        planner: RoutePlanner,
        channels: Channels,
        clock: Clock,
        *,
        now: Callable[[], float] = loop_time,
    ) -> None:
        self._queries = queries
        self._planner = planner
        self._channels = channels
        self._clock = clock
        self._now = now
        self._rides: dict[UUID, _Ride] = {}
        self._waiting: dict[UUID, Fix] = {}
        self._reading: set[UUID] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._routers = asyncio.Semaphore(ROUTERS)
        self.again: Callable[[UUID], None] = lambda trip_id: None

    async def show(self, fixes: Sequence[tuple[UUID, Fix]]) -> None:
        """See Screen; by the trip's id."""
        stale = [(trip_id, fix) for trip_id, fix in fixes if self._is_stale(trip_id)]
        self._waiting |= {trip_id: fix for trip_id, fix in stale if trip_id not in self._rides}
        if wanted := [trip_id for trip_id, _ in stale if trip_id not in self._reading]:
            self._reading |= set(wanted)
            self._spawn(self._read_and_show(wanted))
        await self._tell(fixes)

    async def read(self, trip_ids: Sequence[UUID]) -> None:
        """Learn who rides."""
        found = {ride.trip_id: ride for ride in await self._queries.followed(trip_ids, now=self._clock.now())}
        now = self._now()
        for trip_id in trip_ids:
            known = self._rides.setdefault(trip_id, _Ride(None, now))
            known.followed, known.read_at = found.get(trip_id), now
        for trip_id in [id for id, ride in self._rides.items() if ride.read_at < now - SILENT_S]:
            del self._rides[trip_id]

    def last(self, trip_id: UUID, booking_id: UUID, seen: Fix | None) -> Frame | None:
        """What who follows a booking from now on is shown first: where the driver is, if that is known."""
        if seen is None or not seen.is_fresh(self._clock.now()):
            return None
        return LOCATION(self.view(trip_id, booking_id, seen))

    def view(self, trip_id: UUID, booking_id: UUID, seen: Fix) -> LocationView:
        """Where the driver was, to who follows a booking; with the time of arrival if this process knows it."""
        ride = self._rides.get(trip_id)
        rider = None if ride is None else next((r for r in ride.riders if r.booking_id == booking_id), None)
        eta = None if ride is None or rider is None else self._eta(ride, rider)
        return location_view(seen, eta)

    def is_over(self, trip_id: UUID) -> bool:
        """Whether the trip was no longer under way when it was last looked at."""
        ride = self._rides.get(trip_id)
        return ride is not None and (ride.followed is None or ride.followed.status not in OPEN)

    async def settled(self) -> None:
        """Returns when nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Leave what is under way."""
        for task in self._tasks:
            task.cancel()
        await self.settled()

    def _is_stale(self, trip_id: UUID) -> bool:
        ride = self._rides.get(trip_id)
        return ride is None or self._now() - ride.read_at >= RIDERS_S

    def _spawn(self, deed: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(deed, name="rides")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_and_show(self, trip_ids: list[UUID]) -> None:
        try:
            await self.read(trip_ids)
            found = [(trip_id, self._waiting.pop(trip_id)) for trip_id in trip_ids if trip_id in self._waiting]
            await self._tell(found)
        except ChannelsDown:
            pass  # the next position comes soon, and this one is worth little by then
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again with the next position
            log.warning("riders not read", extra={"count": len(trip_ids), "error": type(error).__name__})
        finally:
            self._reading -= set(trip_ids)

    async def _tell(self, fixes: Sequence[tuple[UUID, Fix]]) -> None:
        told = [one for trip_id, fix in fixes if trip_id in self._rides for one in self._frames(trip_id, fix)]
        if told:
            await self._channels.tell_all(told)

    def _frames(self, trip_id: UUID, fix: Fix) -> Iterator[tuple[list[str], Frame]]:
        ride = self._rides[trip_id]
        if ride.riders and self._now() - ride.asked_at >= ETA_EVERY_S:
            ride.asked_at = self._now()
            self._spawn(self._ask(trip_id, ride, fix))
        for rider in ride.riders:
            channels = [ride_channel(rider.booking_id)]
            if rider.is_aboard and rider.link_id is not None:
                channels.append(link_channel(rider.link_id))
            yield channels, LOCATION(location_view(fix, self._eta(ride, rider)))

    def _eta(self, ride: _Ride, rider: Rider) -> datetime | None:
        if self._now() - ride.etas_at > ETA_OLD_S:
            return None
        return ride.etas.get(rider.dropoff if rider.is_aboard else rider.pickup)

    async def _ask(self, trip_id: UUID, ride: _Ride, fix: Fix) -> None:
        """Both places of each passenger: who gets in meanwhile need not wait for the next answer."""
        places = list(dict.fromkeys(place for rider in ride.riders for place in (rider.pickup, rider.dropoff)))
        try:
            async with self._routers:
                found = await self._planner.durations(fix.point, places)
        except (NoRoad, DomainError) as error:
            log.warning("no time of arrival", extra={"trip_id": str(trip_id), "error": type(error).__name__})
            return
        is_first = not ride.etas
        ride.etas = {place: fix.at + lasts for place, lasts in zip(places, found, strict=True) if lasts is not None}
        ride.etas_at = self._now()
        if is_first:
            self.again(trip_id)


def _conforms(screen: RideScreen) -> Screen[UUID, Fix]:
    return screen
