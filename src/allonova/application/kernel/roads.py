"""Roads, as both worlds ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.road import Reached


class NoRoad(Exception):
    """The map has no road between these points, or none near one of them."""


class RoutePlanner(Protocol):
    """Roads. May be a vendor: not to be asked inside a unit.

    Raises:
        NoRoad: by planners of a real map.
        ProviderUnavailable: by planners that are vendors. The one that use cases are given falls back instead.
    """

    async def reach(self, waypoints: Sequence[Point], *, departure: datetime) -> list[Reached]:
        """When a car that leaves the first waypoint then gets to each later one, and after how many metres. Both rise
        strictly.
        """

    async def durations(self, origin: Point, destinations: Sequence[Point]) -> list[timedelta | None]:
        """How long a car takes from the origin to each destination; None for what it cannot reach by road."""
