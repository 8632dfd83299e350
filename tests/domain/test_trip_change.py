"""What a driver may still change of a trip, and what follows from it."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.carpool.rules import MAX_SHIFT
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import Stop, Trip, TripHasPaidBookings, TripStatus
from allonova.domain.carpool.trip_change import (
    TripChange,
    TripClosed,
    TripFrozen,
    change_trip,
    moves_ends,
    replace_stops,
    waypoints_after,
)
from allonova.domain.carpool.vehicle import Vehicle, VehicleChange
from allonova.domain.kernel.errors import ValidationError
from allonova.domain.kernel.geo import Box, Place, Point
from allonova.domain.kernel.road import Reached
from tests.support.factories import (
    ABIDJAN,
    BOUAKE,
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    TOUMODI,
    YAMOUSSOUKRO,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    a_vehicle,
)

DRIVER = a_driver()
TO_BOUAKE = Place(BOUAKE, "Bouaké")
ROAD = [Reached(200_000, DEPARTURE + 3 * HOUR), Reached(350_000, DEPARTURE + 6 * HOUR)]


def a_way(**given: Any) -> Trip:
    """A trip with one stop."""
    return a_trip(DRIVER, stops=[a_stop()], **given)


def promised(seats: int = 1) -> Trip:
    """Somebody holds seats on the second of its stretches."""
    trip = a_way()
    trip.hold(Ride(1, 2), seats)
    return trip


def change(trip: Trip, **given: Any) -> frozenset[str]:
    return change_trip(trip, TripChange(**given), ROAD, NOW)


def broken(trip: Trip, **given: Any) -> list[tuple[str, str]]:
    with pytest.raises(TripFrozen) as caught:
        change(trip, **given)
    return [(fault.path, fault.code) for fault in caught.value.fields]


def test_nothing_is_another_when_nothing_is_said() -> None:
    trip = a_way()
    before = copy.deepcopy(trip)
    assert change_trip(trip, TripChange(), (), NOW + HOUR) == frozenset()
    assert trip == before


def test_all_that_moves_is_named_when_the_time_moves() -> None:
    trip = a_way()
    assert change(trip, departure_time=DEPARTURE + HOUR) == {"departure_time", "arrival_eta"}
    assert (trip.departure_time, trip.arrival_eta) == (DEPARTURE + HOUR, DEPARTURE + 4 * HOUR)
    assert trip.stops[0].eta == DEPARTURE + 3 * HOUR


def test_road_is_the_planned_one_when_an_end_moves() -> None:
    trip = a_way()
    assert change(trip, destination=TO_BOUAKE) == {"destination", "arrival_eta"}
    assert (trip.destination_point, trip.destination_text) == (BOUAKE, "Bouaké")
    assert (trip.distance_m, trip.arrival_eta) == (350_000, DEPARTURE + 6 * HOUR)
    assert (trip.stops[0].distance_m, trip.stops[0].eta) == (200_000, DEPARTURE + 3 * HOUR)
    assert trip.was_rerouted_since(NOW)
    assert not trip.was_rerouted_since(NOW + SECOND)


def test_arrival_is_the_drivers_word_when_he_gives_it() -> None:
    trip = a_way()
    change(trip, destination=TO_BOUAKE, arrival_eta=DEPARTURE + 9 * HOUR)
    assert trip.arrival_eta == DEPARTURE + 9 * HOUR


def test_ends_move_when_place_or_words_differ() -> None:
    trip = a_way()
    assert not moves_ends(trip, TripChange(origin=Place(ABIDJAN, "Abidjan, Plateau"), price_per_seat=1))
    assert moves_ends(trip, TripChange(origin=Place(ABIDJAN, "Adjamé")))
    assert moves_ends(trip, TripChange(destination=TO_BOUAKE))
    assert waypoints_after(trip, TripChange(destination=TO_BOUAKE)) == (ABIDJAN, TOUMODI, BOUAKE)


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 20_000))
def test_no_stretch_becomes_dearer_when_the_price_falls(stop: int, rest: int, price: int) -> None:
    whole = stop + rest
    trip = a_trip(DRIVER, stops=[a_stop(price_from_origin=stop)], price_per_seat=whole)
    before = {leg.ride: leg.price for leg in trip.legs()}
    try:
        change(trip, price_per_seat=min(price, whole))
    except ValidationError:
        return
    assert all(leg.price <= before[leg.ride] for leg in trip.legs())


def test_seats_left_follow_when_more_or_fewer_are_offered() -> None:
    trip = promised(2)
    trip.sell(Ride(1, 2), 2)
    assert change(trip, seats=5) == {"seats_available"}
    assert (trip.seats_total, trip.seats_available) == (5, 3)
    change(trip, seats=2)
    assert (trip.seats_total, trip.seats_available) == (2, 0)


def test_every_broken_promise_is_named_when_there_are_several() -> None:
    everything = broken(
        promised(2),
        origin=Place(TOUMODI, "Toumodi"),
        destination=TO_BOUAKE,
        departure_time=DEPARTURE + HOUR,
        arrival_eta=DEPARTURE + 9 * HOUR,
        price_per_seat=6_001,
        seats=1,
    )
    assert everything == [
        ("origin", "frozen"), ("destination", "frozen"), ("departure_time", "out_of_range"), ("arrival_eta", "frozen"),
        ("price_per_seat", "may_only_fall"), ("seats_available", "promised"),
    ]  # fmt: skip


def test_told_what_would_still_keep_the_promise() -> None:
    with pytest.raises(TripFrozen) as caught:
        change(promised(2), destination=TO_BOUAKE, departure_time=DEPARTURE + HOUR, price_per_seat=6_001, seats=1)
    told = {fault.path: fault.message for fault in caught.value.fields}
    assert told == {
        "destination": "somebody holds an accepted or paid booking",
        "departure_time": "between 2025-10-02T08:00:00Z and 2025-10-02T09:00:00Z",
        "price_per_seat": "at most 6000",
        "seats_available": "at least 2",
    }
    assert broken(promised(), arrival_eta=DEPARTURE) == [("arrival_eta", "frozen")]


def test_promise_is_kept_when_nothing_that_was_agreed_gets_worse() -> None:
    trip = promised(2)
    same = {"origin": Place(ABIDJAN, "Abidjan, Plateau"), "departure_time": DEPARTURE, "price_per_seat": 6_000}
    assert change(trip, **same, seats=2) == {"seats_available"}
    moved = change(trip, departure_time=DEPARTURE + MINUTE, arrival_eta=DEPARTURE + MINUTE + 3 * HOUR)
    assert moved == {"departure_time", "arrival_eta"}


def test_every_stop_keeps_its_share_of_the_whole_price() -> None:
    trip = a_way()
    assert change(trip, price_per_seat=4_500) == {"price_per_seat"}
    assert (trip.price_per_seat, trip.stops[0].price_from_origin, trip.updated_at) == (4_500, 3_000, NOW)


def test_another_car_and_another_origin_when_said() -> None:
    trip, other = a_way(), a_vehicle(a_user())
    assert change_trip(trip, TripChange(vehicle_id=other.id), (), NOW + HOUR) == {"vehicle_id"}
    assert (trip.vehicle_id, trip.updated_at) == (other.id, NOW + HOUR)
    assert change(trip, origin=Place(TOUMODI, "Gare"), departure_time=DEPARTURE + MINUTE) == {
        "origin",
        "departure_time",
        "arrival_eta",
    }
    assert (trip.origin_point, trip.origin_text, trip.departure_time) == (TOUMODI, "Gare", DEPARTURE + MINUTE)
    assert trip.rerouted_at == NOW
    assert (trip.destination_point, trip.destination_text) == (YAMOUSSOUKRO, "Yamoussoukro")


def test_every_stop_moves_when_an_end_does() -> None:
    trip = a_trip(DRIVER, stops=[a_stop(1, price_from_origin=1_000, eta=DEPARTURE + HOUR), a_stop(2)])
    road = [Reached(metres, DEPARTURE + n * HOUR) for n, metres in enumerate((90_000, 200_000, 350_000), 2)]
    change_trip(trip, TripChange(destination=TO_BOUAKE), road, NOW)
    assert [(stop.distance_m, stop.eta) for stop in trip.stops] == [(mark.distance_m, mark.at) for mark in road[:2]]
    assert (trip.distance_m, trip.arrival_eta) == (350_000, DEPARTURE + 4 * HOUR)
    with pytest.raises(ValueError, match="zip"):
        change_trip(trip, TripChange(destination=Place(TOUMODI, "Toumodi")), road[1:], NOW)


def test_auto_accept_goes_when_the_driver_says_so() -> None:
    trip = a_way(allow_auto_accept=True, luggage_policy="1 sac", rules="Non-fumeur")
    assert change(trip, allow_auto_accept=False, luggage_policy="", rules="Silence") == {
        "allow_auto_accept",
        "luggage_policy",
        "rules",
    }
    assert (trip.allow_auto_accept, trip.luggage_policy, trip.rules) == (False, None, "Silence")


@pytest.mark.parametrize("shift", [MAX_SHIFT, -MAX_SHIFT])
def test_time_moves_by_half_an_hour_when_it_was_promised(shift: timedelta) -> None:
    trip = promised()
    change(trip, departure_time=DEPARTURE + shift, arrival_eta=DEPARTURE + 3 * HOUR + shift)
    assert trip.departure_time == DEPARTURE + shift
    assert broken(trip, departure_time=DEPARTURE + shift * 2) == [("departure_time", "out_of_range")]
    assert trip.agreed_departure == DEPARTURE


def test_departure_is_agreed_when_the_first_seat_is_promised() -> None:
    trip = a_way()
    assert trip.agreed_departure is None
    trip.hold(Ride(0, 1), 1)
    change(trip, departure_time=DEPARTURE + MINUTE)
    trip.hold(Ride(1, 2), 1)
    assert trip.agreed_departure == DEPARTURE
    trip.release(Ride(0, 1), 1)
    trip.release(Ride(1, 2), 1)
    trip.hold(Ride(1, 2), 1)
    assert trip.agreed_departure == DEPARTURE + MINUTE


def test_promise_stands_when_the_seats_are_sold() -> None:
    trip = promised()
    trip.sell(Ride(1, 2), 1)
    assert (trip.is_promised, trip.seats_promised) == (True, 1)
    assert broken(trip, destination=TO_BOUAKE) == [("destination", "frozen")]


def test_texts_stay_go_or_come_when_said() -> None:
    trip = a_way(rules="Non-fumeur")
    assert change(trip, luggage_policy="1 sac") == {"luggage_policy"}
    assert (trip.rules, trip.luggage_policy) == ("Non-fumeur", "1 sac")
    assert change(trip, rules="", allow_auto_accept=True) == {"rules", "allow_auto_accept"}
    assert (trip.rules, trip.luggage_policy) == (None, "1 sac")


def test_refused_when_the_new_departure_is_past() -> None:
    with pytest.raises(ValidationError) as caught:
        change(a_way(), departure_time=NOW)
    assert caught.value.fields[0].path == "departure_time"


@pytest.mark.parametrize("status", TripStatus)
def test_changes_end_when_the_trip_begins(status: TripStatus) -> None:
    trip = a_way(status=status)
    if status in (TripStatus.DRAFT, TripStatus.PUBLISHED):
        change(trip, price_per_seat=5_000)
        replace_stops(trip, [], ROAD, NOW)
        return
    for deed in (lambda: change(trip), lambda: replace_stops(trip, [], ROAD, NOW)):
        with pytest.raises(TripClosed) as caught:
            deed()
        assert caught.value.facts() == {"status": status}


def test_stretches_are_as_many_as_the_stops_need_when_these_are_replaced() -> None:
    trip = a_way()
    stops: list[Stop] = [a_stop(1, price_from_origin=1_000, eta=DEPARTURE + HOUR), a_stop(2)]
    replace_stops(trip, stops, [*ROAD, Reached(250_000, DEPARTURE + 4 * HOUR)], NOW)
    assert (trip.seats_held, trip.seats_sold) == ([0, 0, 0], [0, 0, 0])
    assert (trip.distance_m, trip.arrival_eta) == (250_000, DEPARTURE + 4 * HOUR)
    assert trip.was_rerouted_since(NOW)
    assert (trip.rerouted_at, trip.updated_at, trip.stops) == (NOW, NOW, stops)
    replace_stops(trip, [], [Reached(240_000, DEPARTURE + HOUR)], NOW + HOUR)
    assert (trip.arrival_eta, trip.seats_held, trip.rerouted_at) == (DEPARTURE + 4 * HOUR, [0], NOW + HOUR)


def test_stops_stay_when_a_seat_is_promised() -> None:
    trip = promised()
    with pytest.raises(TripFrozen) as caught:
        replace_stops(trip, [], ROAD, NOW)
    assert [fault.path for fault in caught.value.fields] == ["stops"]


def test_deleting_is_refused_when_a_seat_is_sold() -> None:
    trip = promised()
    trip.require_unsold()
    trip.sell(Ride(1, 2), 1)
    with pytest.raises(TripHasPaidBookings):
        trip.require_unsold()


def a_verified_vehicle() -> Vehicle:
    return a_vehicle(a_user(), verified=True, year=2019)


@pytest.mark.parametrize(
    ("given", "is_verified"),
    [
        ({"color": "blue"}, True),
        ({"make": "Toyota"}, True),
        ({"make": "Kia"}, False),
        ({"plate_number": "9 zz 9"}, False),
        ({"year": 0}, False),
        ({"seats_total": 6}, False),
    ],
)
def test_vehicle_is_verified_anew_when_its_papers_differ(given: dict[str, Any], *, is_verified: bool) -> None:
    vehicle = a_verified_vehicle()
    vehicle.change(VehicleChange(**given), NOW + HOUR)
    assert vehicle.verified is is_verified


def test_plate_is_normalised_when_it_changes() -> None:
    vehicle = a_verified_vehicle()
    assert vehicle.change(VehicleChange(plate_number="12 ab-3"), NOW) == {"plate_number"}
    assert vehicle.plate_number == "12AB3"
    assert vehicle.change(VehicleChange(plate_number="12AB 3"), NOW) == frozenset()


def test_trip_is_refused_when_the_vehicle_has_no_room_or_is_retired() -> None:
    vehicle = a_verified_vehicle()
    vehicle.require_room(4)
    for seats, path in ((5, "seats_available"), (1, "vehicle_id")):
        with pytest.raises(ValidationError) as caught:
            vehicle.require_room(seats)
        assert caught.value.fields[0].path == path
        vehicle.retire(NOW)


def test_point_is_in_a_box_when_on_its_edge() -> None:
    box = Box(Point(5, -6), Point(7, -4))
    assert all(box.holds(point) for point in (Point(5, -6), Point(7, -4), Point(6, -5)))
    assert not any(box.holds(point) for point in (Point(4.999, -5), Point(7.001, -5), Point(6, -6.001), Point(6, -3.9)))
    with pytest.raises(ValueError, match="south"):
        Box(Point(7, -6), Point(5, -4))


LATS, LONS = st.floats(-90, 90), st.floats(-180, 180)


@given(LATS, LATS, LONS, LONS, st.floats(0, 1), st.floats(0, 1))
def test_circle_holds_the_whole_box_when_any_point_is_taken(
    lat_a: float, lat_b: float, lon_a: float, lon_b: float, up: float, right: float
) -> None:
    south, north, west, east = min(lat_a, lat_b), max(lat_a, lat_b), min(lon_a, lon_b), max(lon_a, lon_b)
    box = Box(Point(south, west), Point(north, east))
    inside = Point(min(north, south + up * (north - south)), min(east, west + right * (east - west)))
    assert box.centre.distance_m(inside) <= box.reach_m * (1 + 1e-9) + 1


def test_circle_is_no_larger_than_needed_when_the_box_is_small() -> None:
    box = Box(ABIDJAN, Point(YAMOUSSOUKRO.lat, ABIDJAN.lon))
    assert box.reach_m == pytest.approx(ABIDJAN.distance_m(box.north_east) / 2, rel=1e-9)
