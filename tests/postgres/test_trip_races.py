"""A trip that changes while its passengers book: real connections at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from uuid import UUID

import pytest

from allonova.adapters.maps.places import NamelessPlaces
from allonova.adapters.maps.straight_line import StraightLineRoutes
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.accept_booking import AcceptBooking
from allonova.application.carpool.cancel_trip import CancelTrip
from allonova.application.carpool.change_trip import ChangeTrip
from allonova.application.carpool.change_vehicle import ChangeVehicle
from allonova.application.carpool.create_series import CreateSeries, SeriesDraft
from allonova.application.carpool.create_trip import CreateTrip, TripDraft
from allonova.application.carpool.delete_trip import DeleteTrip
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.publish_trip import PublishTrip
from allonova.application.carpool.replace_stops import ReplaceStops
from allonova.application.money.refund_desk import RefundDesk
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.trip import StopDraft, TripStatus
from allonova.domain.carpool.trip_change import TripChange
from allonova.domain.carpool.vehicle import VehicleChange
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Place
from allonova.domain.money.rules import MoneyRules
from tests.support.factories import (
    ABIDJAN,
    DEPARTURE,
    HOUR,
    TOUMODI,
    YAMOUSSOUKRO,
    Driver,
    NumberedIds,
    SetClock,
    a_booking,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    a_vehicle,
    keep,
    new_id,
)

ROUNDS = 5
TAKERS = 12
CLOCK, IDS = SetClock(), NumberedIds()
RULES = Rules  # the figures as they stand
ROADS, NAMES = StraightLineRoutes(), NamelessPlaces()
DESK = EndingDesk(CLOCK, IDS, RULES, RefundDesk(CLOCK, IDS, {}, MoneyRules))


async def requested(units: PostgresUnits, seats: int) -> tuple[Driver, UUID, list[UUID]]:
    """A trip that more ask for than can ride."""
    driver = a_driver()
    trip = a_trip(driver, stops=[a_stop()], seats=seats)
    driver.vehicle.seats_total = seats + 1
    people = [a_user() for _ in range(TAKERS)]
    bookings = [a_booking(trip, person, seats=1 + n % 2) for n, person in enumerate(people)]
    async with units.begin() as unit:
        await keep(unit, driver, trip, *people, *bookings)
    return driver, trip.id, [booking.id for booking in bookings]


async def outcome(deed: Awaitable[object]) -> str:
    """`done`, or the refusal's name."""
    try:
        await deed
    except DomainError as refusal:
        return type(refusal).__name__
    return "done"


@pytest.mark.promise("no-oversell")
@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_nobody_is_oversold_when_seats_shrink_among_parallel_accepts(units: PostgresUnits, round_: int) -> None:
    driver, trip_id, bookings = await requested(units, seats=10)
    accept = AcceptBooking(units.begin, CLOCK, RULES)
    change = ChangeTrip(units.begin, CLOCK, RULES, ROADS, NAMES, DESK)
    accepts = [accept(caller_id=driver.id, booking_id=booking_id) for booking_id in bookings]
    sizes = (8, 6, 4, 2)
    changes = [
        change(caller_id=driver.id, trip_id=trip_id, change=TripChange(seats=seats), version=None) for seats in sizes
    ]
    outcomes = await asyncio.gather(*map(outcome, [*accepts[:6], *changes, *accepts[6:]]))
    assert set(outcomes) <= {"done", "NotEnoughSeats", "TripFrozen"}
    fewest = min([10, *(seats for seats, became in zip(sizes, outcomes[6:10], strict=True) if became == "done")])
    async with units.begin() as unit:
        trip = await unit.trips.get(trip_id)
        kept = [await unit.bookings.get(booking_id) for booking_id in bookings]
    held = sum(booking.seats for booking in kept if booking.status is BookingStatus.ACCEPTED)
    assert trip.seats_held == [held, held]
    assert held <= trip.seats_total
    # More is asked for than there ever was: somebody was refused, and at that moment at most one seat was free.
    assert held >= fewest - 1


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_accepted_ride_is_still_there_when_stops_are_replaced_at_once(units: PostgresUnits, round_: int) -> None:
    driver, trip_id, bookings = await requested(units, seats=10)
    accept = AcceptBooking(units.begin, CLOCK, RULES)
    replace = ReplaceStops(units.begin, CLOCK, IDS, ROADS, NAMES, DESK)
    drafts = [
        StopDraft(order=1, point=TOUMODI, label="One", price_from_origin=2_000, eta=DEPARTURE + HOUR),
        StopDraft(order=2, point=TOUMODI, label="Two", price_from_origin=3_000, eta=DEPARTURE + 2 * HOUR),
    ]
    first, redrawn, *_ = await asyncio.gather(
        outcome(accept(caller_id=driver.id, booking_id=bookings[0])),
        outcome(replace(caller_id=driver.id, trip_id=trip_id, drafts=drafts, version=None)),
    )
    async with units.begin() as unit:
        trip = await unit.trips.get(trip_id)
        live = await unit.bookings.live_of(trip_id)
    if redrawn == "done":
        assert (first, live, trip.seats_held) == ("InvalidTransition", [], [0, 0, 0])
    else:
        assert (first, redrawn, trip.seats_held) == ("done", "TripFrozen", [1, 1])


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("way", ["cancel", "delete"])
async def test_nobody_rides_when_the_trip_ends_among_accepts(units: PostgresUnits, way: str, round_: int) -> None:
    driver, trip_id, bookings = await requested(units, seats=10)
    accept = AcceptBooking(units.begin, CLOCK, RULES)
    cancel, delete = CancelTrip(units.begin, DESK), DeleteTrip(units.begin, DESK)
    end = (
        cancel(caller_id=driver.id, trip_id=trip_id, reason=None, version=None)
        if way == "cancel"
        else delete(caller_id=driver.id, trip_id=trip_id, version=None)
    )
    accepts = [accept(caller_id=driver.id, booking_id=booking_id) for booking_id in bookings]
    outcomes = await asyncio.gather(*map(outcome, [*accepts[:6], end, *accepts[6:]]))
    assert set(outcomes) <= {"done", "NotEnoughSeats", "InvalidTransition"}
    async with units.begin() as unit:
        trip = await unit.trips.get(trip_id)
        assert await unit.bookings.live_of(trip_id) == []
    assert (trip.status, trip.seats_held) == (TripStatus.CANCELLED, [0, 0])


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_promised_seats_are_in_the_car_when_it_shrinks_while_a_trip_is_published(
    units: PostgresUnits, round_: int
) -> None:
    driver = a_driver()
    trip = a_trip(driver, seats=4, status=TripStatus.DRAFT, departure_time=DEPARTURE + timedelta(days=1))
    async with units.begin() as unit:
        await keep(unit, driver, trip)
    publish, change = PublishTrip(units.begin, CLOCK, RULES), ChangeVehicle(units.begin, CLOCK)
    smaller = VehicleChange(seats_total=3)
    outcomes = await asyncio.gather(
        outcome(publish(caller_id=driver.id, trip_id=trip.id)),
        outcome(change(caller_id=driver.id, vehicle_id=driver.vehicle.id, change=smaller, version=None)),
    )
    assert tuple(outcomes) in {("done", "VehicleInUse"), ("ValidationError", "done")}


async def test_both_changes_are_kept_when_two_change_different_things(units: PostgresUnits) -> None:
    driver, trip_id, _ = await requested(units, seats=10)
    change = ChangeTrip(units.begin, CLOCK, RULES, ROADS, NAMES, DESK)
    changes = [TripChange(rules="Non-fumeur"), TripChange(price_per_seat=5_000), TripChange(luggage_policy="1 sac")]
    await asyncio.gather(*(change(caller_id=driver.id, trip_id=trip_id, change=each, version=None) for each in changes))
    async with units.begin() as unit:
        trip = await unit.trips.get(trip_id)
    assert (trip.rules, trip.price_per_seat, trip.luggage_policy) == ("Non-fumeur", 5_000, "1 sac")


async def test_series_is_made_once_when_its_driver_sends_it_from_two_cars_at_once(units: PostgresUnits) -> None:
    driver = a_driver()
    second = a_vehicle(driver.user, plate_number=f"{new_id().hex[:8]}".upper())
    async with units.begin() as unit:
        await keep(unit, driver, second)
    create = CreateSeries(CreateTrip(units.begin, CLOCK, IDS, RULES, ROADS, NAMES))
    until = (DEPARTURE + timedelta(days=6)).date()
    series = [
        SeriesDraft(trip=a_draft(vehicle.id), weekdays=range(1, 8), until=until)
        for vehicle in (driver.vehicle, second) * 3
    ]
    outcomes = await asyncio.gather(*(outcome(create(caller_id=driver.id, draft=draft)) for draft in series))
    assert sorted(set(outcomes) - {"SeriesOverlaps", "TripsOverlap"}) == ["done"]
    assert outcomes.count("done") == 1
    async with units.begin() as unit:
        kept = await unit.trips.on_the_road(driver.id, after=DEPARTURE, before=DEPARTURE + timedelta(days=30))
    assert len(kept) == 7


def a_draft(vehicle_id: UUID) -> TripDraft:
    """Abidjan to Yamoussoukro, published."""
    return TripDraft(
        origin=Place(ABIDJAN, "Abidjan"),
        destination=Place(YAMOUSSOUKRO, "Yamoussoukro"),
        departure_time=DEPARTURE,
        price_per_seat=6000,
        seats=3,
        vehicle_id=vehicle_id,
        publish=True,
    )
