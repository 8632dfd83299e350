"""Trips and bookings as the back office looks for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.trip import StopCategory, Trip, TripStatus
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    NOW,
    Driver,
    a_booking,
    a_driver,
    a_payment,
    a_stop,
    a_trip,
    a_user,
    accepted,
    new_id,
    paid,
)
from tests.support.worlds import World

NEWEST = (Sort("created_at", descending=True),)
CONTESTED: dict[str, Any] = {"is_frozen": True, "asked_at": NOW, "contested_at": NOW + HOUR}


@dataclass(frozen=True, slots=True)
class Stage:
    """Two drivers with a trip each, one of which somebody has paid a seat of, while another's money waits."""

    drivers: tuple[Driver, Driver]
    trips: tuple[Trip, Trip]
    bought: Booking
    contested: Booking
    asked: Booking


@pytest.fixture
async def stage(world: World) -> Stage:
    one, other = a_driver(), a_driver()
    first = a_trip(one, stops=[a_stop()], status=TripStatus.PUBLISHED)
    second = a_trip(other, status=TripStatus.DRAFT, created_at=NOW + HOUR, departure_time=DEPARTURE + HOUR)
    people = [a_user(), a_user(), a_user()]
    bought = paid(first, a_booking(first, people[0]))
    contested = a_booking(first, people[1], created_at=NOW + HOUR)
    contested.status = BookingStatus.CANCELLED
    for name, value in CONTESTED.items():
        setattr(contested, name, value)
    asked = a_booking(second, people[2], created_at=NOW + 2 * HOUR, departure_time=DEPARTURE + HOUR)
    await world.keep(one, other, *people, first, second, bought, contested, asked)
    return Stage((one, other), (first, second), bought, contested, asked)


async def trips(world: World, *filters: Filter, **given: Any) -> list[UUID]:
    page = await world.oversight.trips(ListQuery(filters, NEWEST, **given))
    assert page.total >= len(page.items)
    return [trip.id for trip in page.items]


async def bookings(world: World, *filters: Filter, **given: Any) -> list[UUID]:
    page = await world.oversight.bookings(ListQuery(filters, NEWEST, **given))
    assert page.total >= len(page.items)
    return [booking.id for booking in page.items]


async def test_trips_are_listed_when_they_match(world: World, stage: Stage) -> None:
    first, second = (trip.id for trip in stage.trips)
    assert await trips(world) == [second, first]
    assert await trips(world, page=2, page_size=1) == [first]
    assert await trips(world, Filter("status", Op.EQ, TripStatus.DRAFT)) == [second]
    assert await trips(world, Filter("driver_id", Op.EQ, stage.drivers[0].id)) == [first]
    assert await trips(world, Filter("vehicle_id", Op.EQ, stage.drivers[1].vehicle.id)) == [second]
    assert await trips(world, Filter("women_only", Op.EQ, True)) == []
    assert await trips(world, Filter("departure_time", Op.GTE, DEPARTURE + HOUR)) == [second]
    assert await trips(world, Filter("created_at", Op.LTE, NOW)) == [first]


async def test_trip_is_shown_with_people_and_money_when_it_is_there(world: World, stage: Stage) -> None:
    trip, driver = stage.trips[0], stage.drivers[0]
    detail = await world.oversight.trip(trip.id)
    assert detail is not None
    assert (detail.driver.phone, detail.driver.last_name) == (driver.user.phone, driver.user.last_name)
    assert detail.vehicle.plate_number == driver.vehicle.plate_number
    assert [(seat.id, seat.in_escrow) for seat in detail.bookings] == [
        (stage.bought.id, 6_000),
        (stage.contested.id, 6_000),
    ]
    assert (detail.in_escrow, [stop.label for stop in detail.stops]) == (12_000, ["Toumodi"])
    assert await world.oversight.trip(new_id()) is None
    [listed] = (await world.oversight.trips(ListQuery((Filter("id", Op.EQ, trip.id),)))).items
    assert {name: getattr(detail, name) for name in type(listed).__dataclass_fields__} == {
        name: getattr(listed, name) for name in type(listed).__dataclass_fields__
    }


async def test_trip_says_why_it_was_stopped_when_it_was(world: World, stage: Stage) -> None:
    async with world.begin() as unit:
        trip = await unit.trips.get(stage.trips[1].id)
        trip.stop(StopCategory.FRAUD, "twice the same car", NOW)
        await unit.trips.save_route(trip)
    detail = await world.oversight.trip(trip.id)
    assert detail is not None
    assert (detail.status, detail.stopped_for, detail.cancel_reason) == (
        TripStatus.CANCELLED,
        StopCategory.FRAUD,
        "twice the same car",
    )


async def test_bookings_are_listed_when_they_match(world: World, stage: Stage) -> None:
    bought, contested, asked = stage.bought.id, stage.contested.id, stage.asked.id
    assert await bookings(world) == [asked, contested, bought]
    assert await bookings(world, Filter("status", Op.EQ, BookingStatus.PAID)) == [bought]
    assert await bookings(world, Filter("trip_id", Op.EQ, stage.trips[0].id)) == [contested, bought]
    assert await bookings(world, Filter("passenger_id", Op.EQ, stage.asked.passenger_id)) == [asked]
    assert await bookings(world, Filter("departure_time", Op.GTE, DEPARTURE + HOUR)) == [asked]
    one, other = (driver.id for driver in stage.drivers)
    assert await bookings(world, Filter("driver_ids", Op.EQ, (other,))) == [asked]
    assert await bookings(world, Filter("driver_ids", Op.EQ, (one, other))) == [asked, contested, bought]
    assert await bookings(world, Filter("contested", Op.EQ, (True,))) == [contested]
    assert await bookings(world, Filter("contested", Op.EQ, (False,))) == [asked, bought]
    assert await bookings(world, Filter("contested", Op.EQ, (True, False))) == [asked, contested, bought]


@pytest.mark.parametrize("otherwise", [{"is_frozen": False}, {"contested_at": None}])
async def test_booking_is_not_contested_when_no_money_waits_for_a_decision(
    world: World, otherwise: dict[str, Any]
) -> None:
    driver, passenger = a_driver(), a_user()
    trip = a_trip(driver)
    booking = replace(a_booking(trip, passenger), status=BookingStatus.CANCELLED, **(CONTESTED | otherwise))
    await world.keep(driver, passenger, trip, booking)
    assert await bookings(world, Filter("contested", Op.EQ, (True,))) == []
    assert await bookings(world, Filter("contested", Op.EQ, (False,))) == [booking.id]


async def test_booking_is_shown_with_history_and_payments_when_it_is_there(world: World, stage: Stage) -> None:
    failed = a_payment(stage.bought, created_at=NOW)
    await world.keep(failed)
    detail = await world.oversight.booking(stage.bought.id)
    assert detail is not None
    assert (detail.trip.driver.id, detail.passenger.id) == (stage.drivers[0].id, stage.bought.passenger_id)
    assert [event.to_status for event in detail.events] == ["pending", "accepted", "paid"]
    assert [payment.id for payment in detail.payments] == [failed.id]
    assert (detail.in_escrow, detail.is_contested, detail.status) == (6_000, False, BookingStatus.PAID)
    assert await world.oversight.booking(new_id()) is None


async def test_nothing_is_in_escrow_when_a_booking_was_not_paid(world: World, stage: Stage) -> None:
    passenger, trip = a_user(), stage.trips[0]
    booking = accepted(trip, a_booking(trip, passenger))
    await world.keep(passenger, booking)
    detail = await world.oversight.booking(booking.id)
    assert detail is not None
    assert detail.in_escrow == 0
