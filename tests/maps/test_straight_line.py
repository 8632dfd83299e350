"""Distances and times without a map."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.maps.straight_line import StraightLineRoutes
from allonova.domain.kernel.geo import Point

DEPARTURE = datetime(2026, 3, 1, 8, tzinfo=UTC)
ABIDJAN, YAMOUSSOUKRO = Point(5.3599, -4.0083), Point(6.8276, -5.2893)

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


async def test_abidjan_to_yamoussoukro_is_near_the_road() -> None:
    (reached,) = await StraightLineRoutes().reach([ABIDJAN, YAMOUSSOUKRO], departure=DEPARTURE)
    assert 230_000 < reached.distance_m < 290_000
    assert timedelta(hours=4) < reached.at - DEPARTURE < timedelta(hours=5)


@settings(deadline=None)
@given(st.lists(points, min_size=2, max_size=8))
async def test_metres_and_instants_rise_strictly(waypoints: list[Point]) -> None:
    reached = await StraightLineRoutes().reach(waypoints, departure=DEPARTURE)
    assert len(reached) == len(waypoints) - 1
    assert reached[0].distance_m >= 1
    assert reached[0].at >= DEPARTURE + timedelta(minutes=1)
    for here, there in pairwise(reached):
        assert there.distance_m - here.distance_m >= 1
        assert there.at - here.at >= timedelta(minutes=1)


async def test_nothing_is_reached_when_there_is_nowhere_to_go() -> None:
    assert await StraightLineRoutes().reach([ABIDJAN], departure=DEPARTURE) == []
    assert await StraightLineRoutes().reach([], departure=DEPARTURE) == []
