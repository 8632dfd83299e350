"""Roads that always have an answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from allonova.adapters.maps.straight_line import StraightLineRoutes
from allonova.application.kernel.inside import require_outside_unit
from allonova.application.kernel.roads import NoRoad, RoutePlanner
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.road import Reached

log = logging.getLogger(__name__)


class FallbackRoutes:
    """The first of `routers` that knows, else straight lines: a trip can be published while every router is down, and
    from a village that is on no map.
    """

    def __init__(self, *routers: RoutePlanner) -> None:
        self._routers = routers
        self._last = StraightLineRoutes()

    async def reach(self, waypoints: Sequence[Point], *, departure: datetime) -> list[Reached]:
        """See RoutePlanner."""
        require_outside_unit("roads")
        for router in self._routers:
            try:
                return await router.reach(waypoints, departure=departure)
            except NoRoad:
                log.info("no road between waypoints")
            except ProviderUnavailable:
                continue
        return await self._last.reach(waypoints, departure=departure)

    async def durations(self, origin: Point, destinations: Sequence[Point]) -> list[timedelta | None]:
        """See RoutePlanner. What a router calls unreachable stays so: a straight line would promise an arrival."""
        require_outside_unit("roads")
        for router in self._routers:
            try:
                return await router.durations(origin, destinations)
            except ProviderUnavailable:
                continue
        return await self._last.durations(origin, destinations)


def _conforms(routes: FallbackRoutes) -> RoutePlanner:
    return routes
