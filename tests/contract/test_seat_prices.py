"""What seats cost lately on a way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allonova.domain.carpool.trip import TripStatus
from allonova.domain.kernel.geo import Point
from tests.support.factories import ABIDJAN, NOW, SECOND, YAMOUSSOUKRO, Driver, a_driver, a_trip
from tests.support.worlds import World

DAY = timedelta(days=1)
NEAR_ABIDJAN = Point(ABIDJAN.lat + 0.18, ABIDJAN.lon)  # 20.0 km


async def prices(world: World, **given: Any) -> list[tuple[int, int]]:
    asked: dict[str, Any] = {"radius_m": 25_000, "since": NOW - 90 * DAY, "until": NOW, "limit": 500} | given
    found = await world.queries.seat_prices(asked.pop("start", ABIDJAN), asked.pop("end", YAMOUSSOUKRO), **asked)
    return sorted((price.francs, price.distance_m) for price in found)


async def drove(world: World, price: int, *, driver: Driver | None = None, **given: Any) -> Driver:
    """Somebody offered that a day ago, unless said otherwise."""
    is_new, driver = driver is None, driver or a_driver()
    made: dict[str, Any] = {"status": TripStatus.COMPLETED, "departure_time": NOW - DAY}
    trip = a_trip(driver, price_per_seat=price, **(made | given))
    await world.keep(*([driver] if is_new else []), trip)
    return driver


async def test_price_of_each_driver_counts_once_when_he_drove_often(world: World) -> None:
    driver = await drove(world, 5_000, departure_time=NOW - 3 * DAY)
    await drove(world, 4_000, driver=driver, departure_time=NOW - 2 * DAY, distance_m=250_000)
    await drove(world, 9_000, driver=driver, departure_time=NOW - 4 * DAY)
    await drove(world, 6_000)
    assert await prices(world) == [(4_000, 250_000), (6_000, 240_000)]


@pytest.mark.parametrize("status", list(TripStatus))
async def test_price_counts_when_the_trip_was_not_called_off(world: World, status: TripStatus) -> None:
    await drove(world, 5_000, status=status)
    is_told = status not in (TripStatus.DRAFT, TripStatus.CANCELLED)
    assert await prices(world) == [(5_000, 240_000)] * is_told


@pytest.mark.parametrize(
    ("departure", "is_told"),
    [(NOW - 90 * DAY, True), (NOW - 90 * DAY - SECOND, False), (NOW - SECOND, True), (NOW, False), (NOW + DAY, False)],
)
async def test_price_counts_when_it_was_taken_lately(world: World, departure: Any, *, is_told: bool) -> None:
    await drove(world, 5_000, departure_time=departure)
    assert await prices(world) == [(5_000, 240_000)] * is_told


async def test_price_counts_when_both_ends_lie_near(world: World) -> None:
    await drove(world, 5_000, origin_point=NEAR_ABIDJAN)
    assert await prices(world, radius_m=20_100) == [(5_000, 240_000)]
    assert await prices(world, radius_m=19_900) == []
    assert await prices(world, start=YAMOUSSOUKRO, end=ABIDJAN) == []
    assert await prices(world, end=NEAR_ABIDJAN) == []


async def test_last_trips_alone_are_looked_at_when_there_are_many(world: World) -> None:
    for days in (3, 1, 2):
        await drove(world, 1_000 * days, departure_time=NOW - days * DAY)
    assert await prices(world, limit=2) == [(1_000, 240_000), (2_000, 240_000)]
