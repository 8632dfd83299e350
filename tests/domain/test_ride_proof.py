"""What a driver's positions say of a ride."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.carpool.location import DriverLocation, driven_m
from allonova.domain.carpool.ride_proof import prove
from allonova.domain.carpool.seats import Ride
from allonova.domain.kernel.geo import Point
from tests.support.factories import (
    ABIDJAN,
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    TOUMODI,
    a_booking,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    new_id,
)

TRIP = a_trip(a_driver(), stops=[a_stop()])
LATITUDE_M = 111_195


def seen(at: datetime, north_m: float = 0) -> DriverLocation:
    point = Point(ABIDJAN.lat + north_m / LATITUDE_M, ABIDJAN.lon)
    return DriverLocation(id=new_id(), trip_id=TRIP.id, driver_id=TRIP.driver_id, point=point, created_at=at)


def test_only_the_time_of_the_ride_counts() -> None:
    booking = a_booking(TRIP, a_user())
    locations = [seen(DEPARTURE + late) for late in (-31 * MINUTE, -30 * MINUTE, HOUR, 9 * HOUR, 9 * HOUR + SECOND)]
    proof = prove(new_id(), booking, TRIP, locations, NOW)
    assert proof is not None
    assert (proof.fixes, proof.first_at, proof.last_at) == (3, DEPARTURE - 30 * MINUTE, DEPARTURE + 9 * HOUR)
    booking.checked_in_at, booking.ended_at = DEPARTURE - 2 * HOUR, DEPARTURE
    proof = prove(new_id(), booking, TRIP, locations, NOW)
    assert proof is not None
    assert (proof.fixes, proof.last_at) == (2, DEPARTURE - 30 * MINUTE)
    assert prove(new_id(), booking, TRIP, [seen(DEPARTURE + SECOND)], NOW) is None


def test_places_are_those_of_the_passenger() -> None:
    booking = a_booking(TRIP, a_user(), ride=Ride(0, 1))
    locations = [seen(DEPARTURE, 500), seen(DEPARTURE + MINUTE, 100), seen(DEPARTURE + 2 * MINUTE, 100)]
    proof = prove(new_id(), booking, TRIP, locations, NOW)
    assert proof is not None
    assert (proof.pickup_distance_m, proof.pickup_at) == (100, DEPARTURE + MINUTE)
    assert proof.dropoff_at == DEPARTURE
    assert proof.dropoff_distance_m == round(locations[0].point.distance_m(TOUMODI))


def test_first_and_last_positions_are_kept() -> None:
    booking, proof_id = a_booking(TRIP, a_user()), new_id()
    locations = [seen(DEPARTURE, 10), seen(DEPARTURE + MINUTE, 500), seen(DEPARTURE + HOUR, 90)]
    proof = prove(proof_id, booking, TRIP, locations, NOW)
    assert proof is not None
    assert (proof.id, proof.booking_id, proof.created_at) == (proof_id, booking.id, NOW)
    assert (proof.first_point, proof.first_at) == (locations[0].point, DEPARTURE)
    assert (proof.last_point, proof.last_at) == (locations[2].point, DEPARTURE + HOUR)
    assert (proof.dropoff_at, proof.pickup_at) == (DEPARTURE + MINUTE, DEPARTURE)


def test_distance_is_driven_between_start_and_end() -> None:
    booking = a_booking(TRIP, a_user())
    locations = [seen(DEPARTURE + minute * MINUTE, 1_000 * minute) for minute in range(5)]
    proof = prove(new_id(), booking, TRIP, locations, NOW)
    assert proof is not None
    assert proof.distance_m is None
    booking.started_at, booking.ended_at = DEPARTURE + MINUTE, DEPARTURE + 3 * MINUTE
    proof = prove(new_id(), booking, TRIP, locations, NOW)
    assert proof is not None
    assert proof.distance_m == 2_000


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=200))
def test_car_that_stands_does_not_drive(steps_m: list[float]) -> None:
    assert driven_m([seen(NOW, step) for step in steps_m]) == 0


def test_small_steps_add_up() -> None:
    assert driven_m([seen(NOW, 10 * step) for step in range(101)]) in range(970, 1_001)
    assert driven_m([]) == 0
