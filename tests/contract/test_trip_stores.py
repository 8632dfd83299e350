"""Trips that change under their bookings, and vehicles that are given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.carpool.vehicle import PlateTaken
from allonova.domain.kernel.errors import NotFound
from tests.contract.conftest import Scene
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    a_booking,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    a_vehicle,
    accepted,
    cancelled,
    new_id,
    paid,
)
from tests.support.worlds import STORAGE_ERRORS, World

DAY = timedelta(days=1)


async def test_live_bookings_leave_later_when_they_are_shifted(scene: Scene) -> None:
    world, trip = scene.world, scene.trip
    live = paid(trip, a_booking(trip, scene.passenger, ride=Ride(1, 2)))
    over = cancelled(a_booking(trip, scene.passenger))
    elsewhere_driver = a_driver()
    elsewhere = a_trip(elsewhere_driver)
    other = a_booking(elsewhere, scene.passenger)
    await world.keep(elsewhere_driver, elsewhere, live, over, other)
    await world.run(lambda unit: unit.bookings.shift(trip.id, by=20 * MINUTE, at=NOW + HOUR))
    async with world.begin() as unit:
        moved = await unit.bookings.get(live.id)
        assert (moved.departure_time, moved.updated_at) == (DEPARTURE + 2 * HOUR + 20 * MINUTE, NOW + HOUR)
        assert (moved.version, moved.hold_expires_at) == (live.version + 1, None)
        assert (await unit.bookings.get(over.id)).departure_time == DEPARTURE
        assert (await unit.bookings.get(other.id)).departure_time == DEPARTURE


@pytest.mark.parametrize(("by", "left"), [(-HOUR, 10 * MINUTE), (HOUR, 30 * MINUTE)])
async def test_hold_ends_with_the_departure_at_the_latest_when_it_is_shifted(
    scene: Scene, by: timedelta, left: timedelta
) -> None:
    at = DEPARTURE - HOUR - 10 * MINUTE
    booking = accepted(scene.trip, a_booking(scene.trip, scene.passenger, created_at=at), at=at)
    await scene.world.keep(booking)
    await scene.world.run(lambda unit: unit.bookings.shift(scene.trip.id, by=by, at=at))
    async with scene.world.begin() as unit:
        assert (await unit.bookings.get(booking.id)).hold_expires_at == at + left


async def test_bookings_are_known_when_they_are_over(scene: Scene) -> None:
    async with scene.world.begin() as unit:
        assert not await unit.bookings.has_any(scene.trip.id)
        await unit.bookings.add(cancelled(a_booking(scene.trip, scene.passenger)))
        assert await unit.bookings.has_any(scene.trip.id)
        assert not await unit.bookings.has_any(new_id())


async def test_booking_forgets_its_stop_when_the_stops_are_replaced(scene: Scene) -> None:
    world, trip = scene.world, scene.trip
    booking = cancelled(a_booking(trip, scene.passenger, ride=Ride(1, 2)))
    await world.keep(booking)
    trip.stops = [a_stop()]
    await world.run(lambda unit: unit.trips.save_route(trip))
    async with world.begin() as unit:
        kept = await unit.bookings.get(booking.id)
    assert (kept.pickup_stop_id, kept.pickup_text, kept.version) == (None, "Toumodi", booking.version)


async def test_booking_keeps_its_stop_when_the_stop_stays(scene: Scene) -> None:
    world, trip = scene.world, scene.trip
    booking = a_booking(trip, scene.passenger, ride=Ride(1, 2))
    await world.keep(booking)
    trip.stops = [replace(trip.stops[0], eta=DEPARTURE + HOUR)]
    await world.run(lambda unit: unit.trips.save_route(trip))
    async with world.begin() as unit:
        assert (await unit.bookings.get(booking.id)).pickup_stop_id == trip.stops[0].id


async def test_trip_and_its_stops_are_gone_when_removed(scene: Scene) -> None:
    world, trip = scene.world, scene.trip
    await world.run(lambda unit: unit.trips.remove(trip))
    async with world.begin() as unit:
        with pytest.raises(NotFound):
            await unit.trips.get(trip.id)
    assert await world.queries.trip(trip.id, viewer_id=scene.driver.id) is None
    again = a_trip(scene.driver, stops=trip.stops)
    await world.keep(again)
    assert (await world.queries.trips(scene.driver.id, ListQuery())).total == 1


async def test_trip_stays_when_somebody_booked_it(scene: Scene) -> None:
    await scene.world.keep(cancelled(a_booking(scene.trip, scene.passenger)))
    with pytest.raises(STORAGE_ERRORS):
        await scene.world.run(lambda unit: unit.trips.remove(scene.trip))
    assert await scene.world.queries.trip(scene.trip.id, viewer_id=None) is not None


@pytest.mark.parametrize("status", TripStatus)
async def test_seats_are_offered_when_a_trip_is_published_or_under_way(world: World, status: TripStatus) -> None:
    driver = a_driver()
    trip = a_trip(driver, seats=3, status=status)
    await world.keep(driver, trip, a_trip(driver, seats=2, departure_time=DEPARTURE + DAY))
    is_on_the_road = status in (TripStatus.PUBLISHED, TripStatus.ONGOING)
    async with world.begin() as unit:
        offered = unit.trips.seats_offered
        assert await offered(driver.vehicle.id, now=NOW) == (3 if is_on_the_road else 2)
        assert await offered(driver.vehicle.id, now=trip.arrival_eta) == 2
        assert await offered(driver.vehicle.id, now=trip.arrival_eta + DAY) == 0
        assert await offered(new_id(), now=NOW) == 0


async def test_plate_is_free_again_when_its_vehicle_was_retired(world: World) -> None:
    first, second = a_user(), a_user()
    old, new = a_vehicle(first, plate_number="12AB34"), a_vehicle(second, plate_number="12AB34")
    await world.keep(first, second, old)
    with pytest.raises(PlateTaken):
        await world.keep(new)
    old.retire(NOW)
    await world.run(lambda unit: unit.vehicles.save(old))
    await world.keep(new)
    assert await world.queries.vehicle(old.id, owner_id=first.id) is None
    assert (await world.queries.vehicles(first.id, ListQuery())).total == 0
    assert await world.queries.vehicle(new.id, owner_id=second.id) is not None


async def test_plate_is_taken_when_a_retired_vehicle_would_come_back(world: World) -> None:
    owner = a_user()
    old, new = a_vehicle(owner, plate_number="12AB34", retired_at=NOW), a_vehicle(owner, plate_number="12AB34")
    await world.keep(owner, old, new)
    old.retired_at = None
    with pytest.raises(PlateTaken):
        await world.run(lambda unit: unit.vehicles.save(old))


QUERIES: list[tuple[ListQuery, list[int]]] = [
    (ListQuery(sort=(Sort("departure_time"),)), [0, 1, 2]),
    (ListQuery(sort=(Sort("created_at", descending=True),)), [2, 1, 0]),
    (ListQuery((Filter("status", Op.EQ, TripStatus.DRAFT),)), [1]),
    (
        ListQuery((Filter("status", Op.IN, (TripStatus.DRAFT, TripStatus.CANCELLED)),), (Sort("departure_time"),)),
        [1, 2],
    ),
    (ListQuery((Filter("departure_time", Op.GTE, DEPARTURE + DAY),), (Sort("departure_time"),)), [1, 2]),
    (ListQuery((Filter("departure_time", Op.LTE, DEPARTURE),)), [0]),
    (ListQuery(sort=(Sort("departure_time"),), page=2, page_size=2), [2]),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES)
async def test_own_trips_are_found_when_asked(world: World, query: ListQuery, expected: list[int]) -> None:
    driver, other = a_driver(), a_driver()
    statuses = (TripStatus.PUBLISHED, TripStatus.DRAFT, TripStatus.CANCELLED)
    trips = [
        a_trip(driver, status=status, departure_time=DEPARTURE + n * DAY, created_at=NOW + n * MINUTE, stops=[a_stop()])
        for n, status in enumerate(statuses)
    ]
    await world.keep(driver, other, *trips, a_trip(other))
    page = await world.queries.trips(driver.id, query)
    assert [trip.id for trip in page.items] == [trips[n].id for n in expected]
    assert page.items[0] == await world.queries.trip(page.items[0].id, viewer_id=driver.id)
