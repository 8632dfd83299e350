"""Distances and times without a map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from allonova.adapters.maps.stretches import Stretch, add_up
from allonova.application.kernel.roads import RoutePlanner
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.road import Reached

# Choices of this project, not measurements of a road: Abidjan to Yamoussoukro is 216 km as the crow flies and
# about 235 km by the A3, small towns need longer detours; 60 km/h allows for towns, checkpoints and breaks.
ROAD_FACTOR = 1.3
SPEED_M_S = 60_000 / 3600


class StraightLineRoutes:
    """Great circle times a road factor at an average speed; used where no router is configured, or none answers.

    Metres and instants rise strictly from waypoint to waypoint, even between two at the same place.
    """

    async def reach(self, waypoints: Sequence[Point], *, departure: datetime) -> list[Reached]:
        """See RoutePlanner."""
        return add_up((_stretch(here, there) for here, there in pairwise(waypoints)), departure)

    async def durations(self, origin: Point, destinations: Sequence[Point]) -> list[timedelta | None]:
        """See RoutePlanner. Without a map everything can be reached."""
        return [_stretch(origin, destination).driven for destination in destinations]


def _stretch(here: Point, there: Point) -> Stretch:
    distance_m = here.distance_m(there) * ROAD_FACTOR
    return Stretch(distance_m, timedelta(seconds=round(distance_m / SPEED_M_S)))


def _conforms(routes: StraightLineRoutes) -> RoutePlanner:
    return routes
