"""Search: who matches, by which stretch, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from allonova.application.carpool.ports import Search
from allonova.application.carpool.views import Hit
from allonova.application.kernel.listing import Page, Sort
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.carpool.vehicle import Comfort
from allonova.domain.kernel.geo import Box, Point
from tests.contract.conftest import Scene
from tests.support.factories import (
    ABIDJAN,
    BOUAKE,
    DEPARTURE,
    HOUR,
    SECOND,
    TOUMODI,
    YAMOUSSOUKRO,
    Driver,
    a_driver,
    a_stop,
    a_trip,
    new_id,
)
from tests.support.worlds import World

ALL_DAY = Search(
    start=ABIDJAN,
    end=YAMOUSSOUKRO,
    earliest=DEPARTURE - 8 * HOUR,
    latest=DEPARTURE + 16 * HOUR,
    radius_m=25_000,
)
TEN_KM_NORTH = 10_000 / 111_195  # degrees of latitude on a sphere of the mean radius


def north(point: Point, tens_of_km: float) -> Point:
    return Point(point.lat + tens_of_km * TEN_KM_NORTH, point.lon)


async def search(world: World, **given: Any) -> Page[Hit]:
    return await world.queries.search(replace(ALL_DAY, **given))


async def found(world: World, **given: Any) -> list[Any]:
    return [hit.trip.id for hit in (await search(world, **given)).items]


async def test_found_with_all_its_facts_when_it_matches(scene: Scene) -> None:
    page = await search(scene.world, start=north(ABIDJAN, 1))
    [hit] = page.items
    assert page.total == 1
    assert hit.trip == await scene.world.queries.trip(scene.trip.id, viewer_id=None)
    assert (hit.price_per_seat, hit.seats_bookable, hit.departure_time) == (6_000, 3, DEPARTURE)
    assert (hit.pickup.stop_id, hit.pickup.label, hit.pickup.point) == (None, "Abidjan, Plateau", ABIDJAN)
    assert (hit.dropoff.stop_id, hit.dropoff.label, hit.dropoff.distance_km) == (None, "Yamoussoukro", 0)
    assert hit.pickup.distance_km == pytest.approx(10, rel=0.001)


async def test_found_by_its_stretch_when_boarding_at_a_stop(scene: Scene) -> None:
    [hit] = (await search(scene.world, start=TOUMODI)).items
    assert (hit.pickup.stop_id, hit.pickup.label) == (scene.trip.stops[0].id, "Toumodi")
    assert (hit.price_per_seat, hit.departure_time) == (2_000, DEPARTURE + 2 * HOUR)


async def test_found_by_its_stretch_when_leaving_at_a_stop(scene: Scene) -> None:
    [hit] = (await search(scene.world, end=TOUMODI)).items
    assert (hit.dropoff.stop_id, hit.price_per_seat) == (scene.trip.stops[0].id, 4_000)


async def test_not_found_when_the_way_is_the_other(scene: Scene) -> None:
    assert await found(scene.world, start=YAMOUSSOUKRO, end=ABIDJAN) == []
    assert await found(scene.world, start=YAMOUSSOUKRO, end=TOUMODI) == []


async def test_not_found_when_the_stop_takes_nobody_aboard(scene: Scene) -> None:
    await replace_stop(scene, pickup_allowed=False)
    assert await found(scene.world, start=TOUMODI) == []
    assert await found(scene.world, end=TOUMODI) == [scene.trip.id]


async def test_not_found_when_nobody_may_leave_at_the_stop(scene: Scene) -> None:
    await replace_stop(scene, dropoff_allowed=False)
    assert await found(scene.world, end=TOUMODI) == []
    assert await found(scene.world, start=TOUMODI) == [scene.trip.id]


async def replace_stop(scene: Scene, **given: Any) -> None:
    scene.trip.stops = [replace(scene.trip.stops[0], **given)]
    await scene.world.run(lambda unit: unit.trips.save_route(scene.trip))


async def test_found_by_the_new_route_when_stops_were_replaced(scene: Scene) -> None:
    await replace_stop(scene, point=BOUAKE)
    assert await found(scene.world, start=TOUMODI) == []
    assert await found(scene.world, start=BOUAKE) == [scene.trip.id]


@pytest.mark.parametrize(("tens_of_km", "count"), [(2.45, 1), (2.55, 0)])
async def test_found_when_both_ends_lie_within_the_radius(scene: Scene, tens_of_km: float, count: int) -> None:
    assert (await search(scene.world, start=north(ABIDJAN, tens_of_km))).total == count
    assert (await search(scene.world, end=north(YAMOUSSOUKRO, tens_of_km))).total == count


async def test_found_farther_away_when_the_radius_grows(scene: Scene) -> None:
    assert await found(scene.world, start=north(ABIDJAN, 5)) == []
    assert await found(scene.world, start=north(ABIDJAN, 5), radius_m=60_000) == [scene.trip.id]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"earliest": DEPARTURE}, 1),
        ({"earliest": DEPARTURE + SECOND}, 0),
        ({"latest": DEPARTURE + SECOND}, 1),
        ({"latest": DEPARTURE}, 0),
    ],
)
async def test_found_when_it_departs_in_time(scene: Scene, given: dict[str, Any], count: int) -> None:
    assert (await search(scene.world, **given)).total == count


async def test_found_by_the_time_at_the_pickup_when_boarding_at_a_stop(scene: Scene) -> None:
    at_stop = DEPARTURE + 2 * HOUR
    assert await found(scene.world, start=TOUMODI, earliest=at_stop) == [scene.trip.id]
    assert await found(scene.world, start=TOUMODI, latest=at_stop) == []


@pytest.mark.parametrize("status", [s for s in TripStatus if s is not TripStatus.PUBLISHED])
async def test_not_found_when_not_published(world: World, status: TripStatus) -> None:
    driver = a_driver()
    await world.keep(driver, a_trip(driver, status=status))
    assert await found(world) == []


async def test_found_as_soon_as_published_and_no_longer_when_under_way(world: World) -> None:
    driver = a_driver()
    trip = a_trip(driver, status=TripStatus.DRAFT)
    await world.keep(driver, trip)
    trip.status = TripStatus.PUBLISHED
    await world.run(lambda unit: unit.trips.save_route(trip))
    assert await found(world) == [trip.id]
    trip.status = TripStatus.ONGOING
    await world.run(lambda unit: unit.trips.save_route(trip))
    assert await found(world) == []


async def test_ones_own_left_out_when_logged_in(scene: Scene) -> None:
    assert await found(scene.world, viewer_id=scene.driver.id) == []
    assert await found(scene.world, viewer_id=scene.passenger.id) == [scene.trip.id]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"price_min": 6_000}, 1),
        ({"price_min": 6_001}, 0),
        ({"price_max": 6_000}, 1),
        ({"price_max": 5_999}, 0),
        ({"comfort": Comfort.STANDARD}, 1),
        ({"comfort": Comfort.COMFORT}, 0),
        ({"driver_rating": 0.0}, 1),
        ({"driver_rating": 0.1}, 0),
        ({"seats": 3}, 1),
        ({"seats": 4}, 0),
    ],
)
async def test_found_when_the_filter_lets_it_pass(scene: Scene, given: dict[str, Any], count: int) -> None:
    assert (await search(scene.world, **given)).total == count


async def test_found_when_the_rating_is_exactly_what_was_asked(world: World) -> None:
    driver = a_driver(rating_avg=Decimal("4.30"), rating_count=1)
    await world.keep(driver, a_trip(driver))
    assert (await search(world, driver_rating=4.3)).total == 1
    assert (await search(world, driver_rating=4.31)).total == 0


async def test_price_of_the_stretch_filtered_when_it_is_shorter(scene: Scene) -> None:
    assert await found(scene.world, end=TOUMODI, price_max=4_000) == [scene.trip.id]
    assert await found(scene.world, end=TOUMODI, price_max=3_999) == []


async def test_seats_of_the_stretch_counted_when_another_is_full(scene: Scene) -> None:
    scene.trip.seats_held, scene.trip.seats_sold = [1, 0], [1, 1]
    await scene.world.run(lambda unit: unit.trips.save(scene.trip))
    [first] = (await search(scene.world, end=TOUMODI)).items
    [second] = (await search(scene.world, start=TOUMODI)).items
    [whole] = (await search(scene.world)).items
    assert (first.seats_bookable, second.seats_bookable, whole.seats_bookable) == (1, 2, 1)
    assert await found(scene.world, start=TOUMODI, seats=2) == [scene.trip.id]
    assert await found(scene.world, end=TOUMODI, seats=2) == []


async def test_not_found_when_full(scene: Scene) -> None:
    scene.trip.seats_sold = [3, 3]
    await scene.world.run(lambda unit: unit.trips.save(scene.trip))
    assert await found(scene.world) == []


NEAR_ABIDJAN: dict[str, Any] = {"point": north(ABIDJAN, 1), "price_from_origin": 500, "label": "Anyama"}


async def two_pickups(world: World) -> Trip:
    """A trip on which one may board in Abidjan or 10 km north of it."""
    driver = a_driver()
    trip = a_trip(driver, stops=[a_stop(eta=DEPARTURE + HOUR, **NEAR_ABIDJAN)])
    await world.keep(driver, trip)
    return trip


async def test_one_hit_by_the_nearest_stretch_when_several_match(world: World) -> None:
    trip = await two_pickups(world)
    [hit] = (await search(world, start=north(ABIDJAN, 0.9))).items
    assert hit.pickup.stop_id == trip.stops[0].id
    [hit] = (await search(world, start=north(ABIDJAN, 0.1))).items
    assert hit.pickup.stop_id is None


async def test_the_next_nearest_stretch_when_the_nearest_is_filtered_out(world: World) -> None:
    trip = await two_pickups(world)
    [hit] = (await search(world, price_max=5_500)).items
    assert hit.pickup.stop_id == trip.stops[0].id
    trip.seats_sold = [3, 0]
    await world.run(lambda unit: unit.trips.save(trip))
    [hit] = (await search(world)).items
    assert (hit.pickup.stop_id, hit.seats_bookable) == (trip.stops[0].id, 3)


async def four_trips(world: World) -> list[Trip]:
    """In order of departure; price, distance and rating each in an order of their own."""
    trips: list[Trip] = []
    for hours, price, tens_of_km, rating in (
        (0, 7, 1.0, "3.5"),
        (1, 5, 2.0, "4.5"),
        (2, 8, 0.5, "2.5"),
        (3, 6, 1.5, "5"),
    ):
        driver = a_driver(rating_avg=Decimal(rating), rating_count=1)
        trip = a_trip(
            driver,
            departure_time=DEPARTURE + hours * HOUR,
            price_per_seat=price * 1_000,
            destination_point=north(YAMOUSSOUKRO, tens_of_km),
        )
        await world.keep(driver, trip)
        trips.append(trip)
    return trips


ORDERS: list[tuple[Sequence[Sort], list[int]]] = [
    ((), [0, 1, 2, 3]),
    ((Sort("departure_time"),), [0, 1, 2, 3]),
    ((Sort("departure_time", descending=True),), [3, 2, 1, 0]),
    ((Sort("price"),), [1, 3, 0, 2]),
    ((Sort("price", descending=True),), [2, 0, 3, 1]),
    ((Sort("distance"),), [2, 0, 3, 1]),
    ((Sort("distance", descending=True),), [1, 3, 0, 2]),
    ((Sort("rating", descending=True),), [3, 1, 0, 2]),
    ((Sort("rating"),), [2, 0, 1, 3]),
]


@pytest.mark.parametrize(("sort", "expected"), ORDERS)
async def test_in_order_when_sorted(world: World, sort: tuple[Sort, ...], expected: list[int]) -> None:
    trips = await four_trips(world)
    assert await found(world, sort=sort) == [trips[n].id for n in expected]


async def test_by_the_second_column_when_the_first_is_equal(world: World) -> None:
    trips = await equal_trips(world)
    trips[1].price_per_seat = 1_000
    await world.run(lambda unit: unit.trips.save_route(trips[1]))
    assert (await found(world, sort=(Sort("departure_time"), Sort("price"))))[0] == trips[1].id


async def equal_trips(world: World) -> list[Trip]:
    drivers: list[Driver] = [a_driver() for _ in range(5)]
    trips = [a_trip(driver) for driver in drivers]
    await world.keep(*drivers, *trips)
    return sorted(trips, key=lambda trip: trip.id)


@pytest.mark.parametrize("sort", [(), (Sort("price"),), (Sort("rating", descending=True),)])
async def test_by_id_when_all_else_is_equal(world: World, sort: tuple[Sort, ...]) -> None:
    trips = await equal_trips(world)
    assert await found(world, sort=sort) == [trip.id for trip in trips]


@pytest.mark.parametrize(("page", "expected"), [(1, [0, 1]), (2, [2, 3]), (3, [4]), (4, [])])
async def test_total_counts_all_when_any_page_is_asked(world: World, page: int, expected: list[int]) -> None:
    trips = await equal_trips(world)
    result = await search(world, page=page, page_size=2)
    assert result.total == 5
    assert [hit.trip.id for hit in result.items] == [trips[n].id for n in expected]


async def test_error_when_the_order_is_not_declared(scene: Scene) -> None:
    with pytest.raises((KeyError, ValueError)):
        await search(scene.world, sort=(Sort("color"),))


async def test_nothing_when_there_is_nothing(world: World) -> None:
    page = await search(world, viewer_id=new_id())
    assert (list(page.items), page.total) == ([], 0)


AROUND = Box(Point(5.2, -5.6), Point(7.0, -3.8))  # Abidjan, Toumodi and Yamoussoukro
UPCOUNTRY = Box(Point(6.0, -5.6), Point(7.0, -3.8))


async def within(world: World, area: Box, **given: Any) -> Page[Hit]:
    return await search(world, **({"start": None, "end": None} | given), area=area)


async def test_longest_stretch_inside_when_an_area_is_given_alone(scene: Scene) -> None:
    [hit] = (await within(scene.world, AROUND)).items
    assert (hit.pickup.stop_id, hit.dropoff.stop_id, hit.price_per_seat) == (None, None, 6_000)
    assert (hit.pickup.distance_km, hit.dropoff.distance_km) == (None, None)
    [hit] = (await within(scene.world, UPCOUNTRY)).items
    assert (hit.pickup.stop_id, hit.dropoff.stop_id) == (scene.trip.stops[0].id, None)


async def test_found_when_an_end_lies_on_the_edge_of_the_area(scene: Scene) -> None:
    low, high = Point(ABIDJAN.lat, YAMOUSSOUKRO.lon), Point(YAMOUSSOUKRO.lat, ABIDJAN.lon)
    assert (await within(scene.world, Box(low, high))).total == 1
    [hit] = (await within(scene.world, Box(Point(low.lat + 1e-9, low.lon), high))).items
    assert hit.pickup.stop_id == scene.trip.stops[0].id
    assert (await within(scene.world, Box(Point(low.lat, low.lon + 1e-9), high))).items[0].dropoff.stop_id is not None


@pytest.mark.parametrize("area", [Box(Point(-90, -180), Point(90, 180)), Box(Point(-60, -90), Point(60, 90))])
async def test_found_when_the_area_is_a_whole_world(scene: Scene, area: Box) -> None:
    assert (await within(scene.world, area)).total == 1


async def test_both_points_and_area_bind_when_both_are_given(scene: Scene) -> None:
    assert (await within(scene.world, AROUND, start=ABIDJAN, end=YAMOUSSOUKRO)).total == 1
    assert (await within(scene.world, UPCOUNTRY, start=ABIDJAN, end=YAMOUSSOUKRO)).total == 0
    assert (await within(scene.world, AROUND, start=BOUAKE)).total == 0


async def test_nearest_to_the_one_point_when_only_one_is_given(scene: Scene) -> None:
    [hit] = (await within(scene.world, AROUND, end=north(TOUMODI, 1))).items
    assert (hit.pickup.stop_id, hit.dropoff.stop_id) == (None, scene.trip.stops[0].id)
    assert hit.pickup.distance_km is None
    assert hit.dropoff.distance_km == pytest.approx(10, rel=0.001)
    [hit] = (await within(scene.world, AROUND, start=TOUMODI)).items
    assert (hit.pickup.distance_km, hit.dropoff.distance_km) == (0, None)


@pytest.mark.parametrize("sort", [(), (Sort("price"),), (Sort("distance"),), (Sort("distance", descending=True),)])
async def test_pages_hold_all_when_an_area_is_given(world: World, sort: tuple[Sort, ...]) -> None:
    trips = await equal_trips(world)
    pages = [await within(world, AROUND, sort=sort, page=page, page_size=2) for page in (1, 2, 3, 4)]
    assert [hit.trip.id for page in pages for hit in page.items] == [trip.id for trip in trips]
    assert {page.total for page in pages} == {5}


async def test_error_when_nothing_bounds_an_end(scene: Scene) -> None:
    with pytest.raises(ValueError, match="area"):
        await search(scene.world, start=None)
