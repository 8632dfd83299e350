"""Distances and times without a map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from allonova.application.carpool.ports import RoutePlanner
from allonova.domain.carpool.trip import Reached
from allonova.domain.kernel.geo import Point

# Choices of this project, not measurements of a road: Abidjan to Yamoussoukro is 216 km as the crow flies and
# about 235 km by the A3, small towns need longer detours; 60 km/h allows for towns, checkpoints and breaks.
ROAD_FACTOR = 1.3
SPEED_M_S = 60_000 / 3600
MIN_STRETCH_M = 1
MIN_STRETCH_S = 60


class StraightLineRoutes:
    """Great circle times a road factor at an average speed; used where no router is configured.

    Metres and instants rise strictly from waypoint to waypoint, even between two at the same place.
    """

    async def reach(self, waypoints: Sequence[Point], *, departure: datetime) -> list[Reached]:
        """See RoutePlanner."""
        reached: list[Reached] = []
        distance_m, at = 0, departure
        for here, there in pairwise(waypoints):
            stretch_m = max(MIN_STRETCH_M, round(here.distance_m(there) * ROAD_FACTOR))
            distance_m += stretch_m
            at += timedelta(seconds=max(MIN_STRETCH_S, round(stretch_m / SPEED_M_S)))
            reached.append(Reached(distance_m, at))
        return reached


def _conforms(routes: StraightLineRoutes) -> RoutePlanner:
    return routes
