"""Search for a trip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import ClassVar

from allonova.application.carpool.ports import CarpoolQueries, Found, Search, SearchCache
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Box, Point

TTL = timedelta(seconds=5)  # allocar.md, Vehicles and trips
DECIMALS = 3  # of a degree: about a hundred metres
NOW = datetime(1, 1, 1, tzinfo=UTC)  # stands for "from now on"


def rounded(search: Search, now: datetime) -> Search:
    """The one that stands for all that are nearly the same: points within about a hundred metres, and whatever is
    asked from now on, whenever that is.
    """
    return replace(
        search,
        start=search.start and _near(search.start),
        end=search.end and _near(search.end),
        area=search.area and Box(_near(search.area.south_west), _near(search.area.north_east)),
        earliest=search.earliest if search.earliest > now else NOW,
    )


def _near(point: Point) -> Point:
    return Point(round(point.lat, DECIMALS), round(point.lon, DECIMALS))


@dataclass(frozen=True, slots=True)
class Answered:
    """What was found, and what is to be done once the caller has it."""

    found: Found
    afterwards: Callable[[], Awaitable[None]] | None = None


@wired
class FindTrips:
    """Published trips that match; what changes is seen within five seconds."""

    queries: CarpoolQueries
    cache: SearchCache
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, search: Search, admit: Callable[[], Awaitable[None]]) -> Answered:
        """What was found for nearly the same search lately, else what is there now.

        Args:
            admit: counts the call, and raises when there were too many; meanwhile the cache is looked into, since both
                travel in one round trip.
        """
        now = self.clock.now()
        question = rounded(search, now)
        known, _ = await asyncio.gather(self.cache.ask(question, now=now), admit())
        await self.cache.count(question, now=now)
        if known is not None:
            return Answered(known)
        found = await self.queries.find(search)
        return Answered(found, partial(self.cache.keep, question, found, until=now + TTL))
