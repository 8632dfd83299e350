"""Series and what follows in them, on every adapter."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from allonova.application.kernel.listing import ListQuery
from allonova.domain.carpool.series import TripSeries
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.identity.user import User
from tests.contract.conftest import Scene
from tests.support.factories import DEPARTURE, HOUR, NOW, Driver, a_driver, a_stop, a_trip, new_id
from tests.support.worlds import World

DAY = timedelta(days=1)


def a_series(driver: Driver | User) -> TripSeries:
    """Thursdays in October."""
    return TripSeries(
        id=new_id(),
        driver_id=driver.id,
        weekdays=[4],
        until=date(2025, 10, 30),
        exceptions=[date(2025, 10, 9)],
        created_at=NOW,
        updated_at=NOW,
    )


async def keep(world: World, driver: Driver, series: TripSeries, *trips: Trip) -> None:
    async with world.begin() as unit:
        await unit.series.add(series)
        await unit.trips.add_all(trips)


def on_day(driver: Driver, day: int, **given: Any) -> Trip:
    leaves = DEPARTURE + day * DAY
    return a_trip(driver, departure_time=leaves, arrival_eta=leaves + 3 * HOUR, **given)


async def test_series_comes_back_as_it_was_kept_when_it_is_asked_for(world: World) -> None:
    driver, other = a_driver(), a_driver()
    series, theirs = a_series(driver), a_series(other)
    await world.keep(driver, other)
    await keep(world, driver, series)
    await keep(world, other, theirs)
    async with world.begin() as unit:
        assert await unit.series.get(series.id) == series
    page = await world.series.series(driver.id, ListQuery())
    assert ([view.id for view in page.items], page.total) == ([series.id], 1)
    assert page.items[0].exceptions == (date(2025, 10, 9),)
    assert await world.series.one_series(series.id, driver_id=driver.id) == page.items[0]
    assert await world.series.one_series(series.id, driver_id=other.id) is None


async def test_trips_come_back_with_stops_when_many_were_kept_at_once(world: World) -> None:
    driver = a_driver()
    series = a_series(driver)
    trips = [on_day(driver, day, stops=[a_stop()], series_id=series.id) for day in range(3)]
    await world.keep(driver)
    await keep(world, driver, series, *trips)
    async with world.begin() as unit:
        assert [await unit.trips.get(trip.id) for trip in trips] == trips


async def test_drafts_and_published_trips_follow_when_they_leave_from_then_on(world: World) -> None:
    driver = a_driver()
    series = a_series(driver)
    out = [on_day(driver, day, series_id=series.id) for day in range(3)]
    out[1].status = TripStatus.DRAFT
    home = on_day(driver, 3, series_id=series.id, is_return=True)
    gone = on_day(driver, 4, series_id=series.id, status=TripStatus.CANCELLED)
    alone = on_day(driver, 5)
    await world.keep(driver)
    await keep(world, driver, series, *out, home, gone, alone)
    async with world.begin() as unit:
        found = await unit.trips.following(series.id, since=out[1].departure_time)
        assert [trip.id for trip in found] == [out[1].id, out[2].id, home.id]
        one_way = await unit.trips.following(series.id, since=out[1].departure_time, is_return=False)
        assert [trip.id for trip in one_way] == [out[1].id, out[2].id]


async def test_trip_is_on_the_road_when_a_part_of_it_lies_between(scene: Scene) -> None:
    trip, after = scene.trip, scene.trip.arrival_eta
    async with scene.world.begin() as unit:
        roads = unit.trips.on_the_road
        assert [found.id for found in await roads(trip.driver_id, after=NOW, before=after)] == [trip.id]
        assert await roads(trip.driver_id, after=after, before=after + DAY) == []
        assert await roads(trip.driver_id, after=NOW, before=trip.departure_time) == []
        assert await roads(new_id(), after=NOW, before=after) == []
