"""What every router does: the real OSRM, the played one, and Mapbox' API before the real OSRM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from allonova.adapters.maps.osrm import OsrmRoutes, osrm_routes
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.kernel.roads import NoRoad
from allonova.domain.kernel.geo import Point

from .street_map import CORNER, FAR_AWAY, ISLAND, OPPOSITE, STEP

DEPARTURE = datetime(2026, 3, 1, 8, tzinfo=UTC)
NEAR_THE_CORNER = Point(CORNER.lat - 0.001, CORNER.lon)
HALFWAY = Point(CORNER.lat + 5 * STEP, CORNER.lon)
AT_SEA = Point(1.0, -4.0)


async def test_way_is_longer_than_the_crow_flies(router: OsrmRoutes) -> None:
    [reached] = await router.reach([CORNER, OPPOSITE], departure=DEPARTURE)
    straight_m = CORNER.distance_m(OPPOSITE)
    assert straight_m < reached.distance_m < 1.5 * straight_m
    assert timedelta(minutes=2) < reached.at - DEPARTURE < timedelta(minutes=15)


async def test_legs_add_up_when_there_are_stops(router: OsrmRoutes) -> None:
    reached = await router.reach([CORNER, HALFWAY, HALFWAY, OPPOSITE], departure=DEPARTURE)
    assert len(reached) == 3
    for here, there in pairwise(reached):
        assert (there.distance_m > here.distance_m, there.at - here.at >= timedelta(minutes=1)) == (True, True)
    assert HALFWAY.distance_m(OPPOSITE) <= reached[2].distance_m - reached[0].distance_m
    assert (reached[0].at.microsecond, reached[0].at.tzinfo) == (0, UTC)


async def test_point_beside_a_road_is_on_it(router: OsrmRoutes) -> None:
    [reached] = await router.reach([NEAR_THE_CORNER, HALFWAY], departure=DEPARTURE)
    assert 1_000 < reached.distance_m < 2_000


@pytest.mark.parametrize(
    "waypoints",
    [[CORNER, FAR_AWAY], [FAR_AWAY, CORNER], [CORNER, ISLAND], [FAR_AWAY, FAR_AWAY], [CORNER, AT_SEA, OPPOSITE]],
)
async def test_no_road_when_a_point_is_on_none(router: OsrmRoutes, waypoints: list[Point]) -> None:
    with pytest.raises(NoRoad):
        await router.reach(waypoints, departure=DEPARTURE)


async def test_road_is_found_in_pieces_when_it_has_many_points(router: OsrmRoutes) -> None:
    there_and_back = [CORNER, HALFWAY] * 60
    reached = await router.reach(there_and_back, departure=DEPARTURE)
    legs_m = [there.distance_m - here.distance_m for here, there in pairwise(reached)]
    assert len(reached) == 119
    straight_m = CORNER.distance_m(HALFWAY)
    assert all(0.98 * straight_m < leg_m < 2 * straight_m for leg_m in legs_m)  # whoever turns back goes round a block


async def test_nothing_is_asked_when_there_is_nowhere_to_go(router: OsrmRoutes) -> None:
    assert await router.reach([], departure=DEPARTURE) == []
    assert await router.reach([CORNER], departure=DEPARTURE) == []
    assert await router.durations(CORNER, []) == []


async def test_durations_tell_near_from_far_and_from_unreachable(router: OsrmRoutes) -> None:
    here, half, far, island, sea = await router.durations(CORNER, [CORNER, HALFWAY, OPPOSITE, ISLAND, FAR_AWAY])
    assert here == timedelta(0)
    assert half is not None
    assert far is not None
    assert here < half < far
    assert (island, sea) == (None, None)


async def test_durations_agree_with_the_route(router: OsrmRoutes) -> None:
    [reached] = await router.reach([CORNER, OPPOSITE], departure=DEPARTURE)
    [duration] = await router.durations(CORNER, [OPPOSITE])
    assert duration is not None
    assert abs(reached.at - DEPARTURE - duration) < timedelta(seconds=1)


async def test_nobody_is_reachable_when_the_origin_is_on_no_road(router: OsrmRoutes) -> None:
    assert await router.durations(FAR_AWAY, [CORNER, OPPOSITE, FAR_AWAY]) == [None, None, None]


async def test_durations_keep_their_order_when_there_are_many(router: OsrmRoutes) -> None:
    found = await router.durations(CORNER, [HALFWAY, OPPOSITE] * 75)
    [half, far] = await router.durations(CORNER, [HALFWAY, OPPOSITE])
    assert found == [half, far] * 75


async def test_refused_to_be_asked_when_inside_a_unit(router: OsrmRoutes) -> None:
    mark = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await router.reach([CORNER, OPPOSITE], departure=DEPARTURE)
    finally:
        INSIDE_UNIT.reset(mark)


async def test_real_osrm_moves_points_however_far(osrm_url: str) -> None:
    """The trap that the distance check is there for; when OSRM closes it, the check may go."""
    async with httpx.AsyncClient(trust_env=False) as http:
        path = "/route/v1/driving/0,0;0.1,0.1?overview=false"
        answer = await http.get(osrm_url + path)
        assert answer.json()["code"] == "Ok"
        with pytest.raises(NoRoad):
            await osrm_routes(http, base_url=osrm_url).reach([FAR_AWAY, Point(0.1, 0.1)], departure=DEPARTURE)
