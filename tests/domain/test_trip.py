"""A trip's route, its prices per stretch and who may see it open."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.carpool.rules import (
    ABIDJAN_YAMOUSSOUKRO,
    CHECKIN_CLOSES,
    CHECKIN_OPENS,
    DEFAULT_RADIUS_KM,
    MAX_AHEAD,
    MAX_RADIUS_KM,
    MAX_STOPS,
    PENDING_TTL,
    UNPAID_LIMIT,
    UNPAID_WINDOW,
    Corridor,
    Rules,
)
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import (
    StopDraft,
    Trip,
    TripNotBookable,
    TripStatus,
    new_trip,
    plan_stops,
    require_fair_price,
    require_future,
    require_sound_route,
)
from allonova.domain.kernel.errors import FieldError, NotFound, ValidationError
from allonova.domain.kernel.geo import Place, Point
from allonova.domain.kernel.machine import Party
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
    new_id,
)

DRIVER = a_driver()


def with_two_stops() -> Trip:
    return a_trip(
        DRIVER,
        stops=[a_stop(1, price_from_origin=2_000, eta=DEPARTURE + HOUR), a_stop(2, price_from_origin=5_000)],
    )


def faults(trip: Trip) -> set[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        require_sound_route(trip)
    return {(fault.path, fault.code) for fault in caught.value.fields}


def test_price_of_a_stretch_is_the_difference_when_it_has_two_ends() -> None:
    prices = {(leg.ride.board, leg.ride.alight): leg.price for leg in with_two_stops().legs()}
    assert prices == {(0, 1): 2_000, (0, 2): 5_000, (0, 3): 6_000, (1, 2): 3_000, (1, 3): 4_000, (2, 3): 1_000}


def test_prices_of_the_stretches_sum_to_the_whole_when_a_ride_is_cut() -> None:
    trip = with_two_stops()
    assert sum(leg.price for leg in trip.legs() if leg.ride.alight == leg.ride.board + 1) == trip.price_per_seat


def test_times_and_stops_of_a_stretch_told_when_booked() -> None:
    trip = with_two_stops()
    leg = trip.leg(trip.stops[0].id, trip.stops[1].id)
    assert (leg.ride, leg.pickup.at, leg.dropoff.at) == (Ride(1, 2), DEPARTURE + HOUR, DEPARTURE + 2 * HOUR)
    assert (leg.pickup.stop_id, leg.dropoff.stop_id) == (trip.stops[0].id, trip.stops[1].id)


def test_the_whole_way_when_no_stop_is_named() -> None:
    leg = with_two_stops().leg(None, None)
    assert (leg.ride, leg.price) == (Ride(0, 3), 6_000)
    assert (leg.pickup.point, leg.dropoff.point) == (ABIDJAN, YAMOUSSOUKRO)


def test_no_leg_when_a_stop_is_not_for_that() -> None:
    trip = a_trip(DRIVER, stops=[a_stop(1, pickup_allowed=False), a_stop(2, dropoff_allowed=False)])
    assert {(leg.ride.board, leg.ride.alight) for leg in trip.legs()} == {(0, 1), (0, 3), (2, 3)}
    with pytest.raises(ValidationError):
        trip.leg(trip.stops[0].id, None)


def test_refused_when_the_stop_is_unknown_or_the_way_is_the_other() -> None:
    trip = with_two_stops()
    first, second = (stop.id for stop in trip.stops)
    for pickup, dropoff in ((new_id(), None), (None, new_id()), (second, first), (first, first)):
        with pytest.raises(ValidationError) as caught:
            trip.leg(pickup, dropoff)
        expected = "pickup_stop_id" if pickup is not None else "dropoff_stop_id"
        assert [(fault.path, fault.code) for fault in caught.value.fields] == [(expected, "not_a_stretch")]


def drafts(*prices: int | None) -> list[StopDraft]:
    return [
        StopDraft(order=n, point=TOUMODI, label="Toumodi", price_from_origin=price) for n, price in enumerate(prices, 1)
    ]


def reached(*distances_m: int) -> list[Reached]:
    return [Reached(metres, DEPARTURE + n * HOUR) for n, metres in enumerate(distances_m, 1)]


def test_prices_follow_the_distance_when_left_out() -> None:
    stops = plan_stops([new_id(), new_id()], drafts(None, None), reached(60_000, 180_000, 240_000), 6_000)
    assert [stop.price_from_origin for stop in stops] == [1_500, 4_500]
    assert [stop.distance_m for stop in stops] == [60_000, 180_000]
    assert [stop.eta for stop in stops] == [DEPARTURE + HOUR, DEPARTURE + 2 * HOUR]


def test_the_drivers_own_words_kept_when_given() -> None:
    own = replace(drafts(700)[0], eta=DEPARTURE + 5 * MINUTE, pickup_allowed=False)
    [stop] = plan_stops([new_id()], [own], reached(60_000, 240_000), 6_000)
    assert (stop.price_from_origin, stop.eta, stop.pickup_allowed) == (700, DEPARTURE + 5 * MINUTE, False)


@given(st.lists(st.integers(1, 2_000_000), min_size=2, max_size=11, unique=True), st.integers(1, 10**9))
def test_prices_never_fall_nor_pass_the_whole_when_worked_out(distances: list[int], price: int) -> None:
    marks = reached(*sorted(distances))
    stops = plan_stops([new_id() for _ in marks[1:]], drafts(*[None] * (len(marks) - 1)), marks, price)
    prices = [stop.price_from_origin for stop in stops]
    assert prices == sorted(prices)
    assert all(0 <= worked_out <= price for worked_out in prices)
    assert all(type(worked_out) is int for worked_out in prices)


def test_sound_when_prices_times_and_orders_rise() -> None:
    require_sound_route(with_two_stops())
    require_sound_route(a_trip(DRIVER))


@pytest.mark.parametrize(
    ("prices", "path"),
    [((0, 5_000), "stops.0.price_from_origin"), ((2_000, 2_000), "stops.1.price_from_origin")],
)
def test_refused_when_a_stops_price_does_not_rise(prices: tuple[int, int], path: str) -> None:
    trip = with_two_stops()
    trip.stops = [replace(s, price_from_origin=p) for s, p in zip(trip.stops, prices, strict=True)]
    assert faults(trip) == {(path, "not_rising")}


def test_refused_when_the_whole_costs_no_more_than_a_part() -> None:
    trip = with_two_stops()
    trip.price_per_seat = 5_000
    assert faults(trip) == {("price_per_seat", "not_rising")}


def test_refused_when_orders_have_a_gap() -> None:
    trip = with_two_stops()
    trip.stops[1] = replace(trip.stops[1], order=3)
    with pytest.raises(ValidationError) as caught:
        require_sound_route(trip)
    assert FieldError("stops.1.order", "not_contiguous", "must be 2") in caught.value.fields


def test_refused_when_times_do_not_rise() -> None:
    trip = with_two_stops()
    trip.stops[0] = replace(trip.stops[0], eta=DEPARTURE)
    assert faults(trip) == {("stops.0.eta", "not_rising")}
    trip = with_two_stops()
    trip.arrival_eta = trip.stops[1].eta
    assert faults(trip) == {("arrival_eta", "not_rising")}


def test_refused_when_there_are_too_many_stops() -> None:
    many = [a_stop(n, price_from_origin=n, eta=DEPARTURE + n * MINUTE) for n in range(1, MAX_STOPS + 2)]
    require_sound_route(a_trip(DRIVER, stops=many[:-1]))
    assert faults(a_trip(DRIVER, stops=many)) == {("stops", "too_many")}


@pytest.mark.parametrize("departure", [NOW + SECOND, NOW + timedelta(days=180)])
def test_accepted_when_the_departure_lies_ahead(departure: datetime) -> None:
    require_future(departure, NOW)


@pytest.mark.parametrize("departure", [NOW - SECOND, NOW, NOW + timedelta(days=180, seconds=1)])
def test_refused_when_the_departure_is_past_or_too_far(departure: datetime) -> None:
    with pytest.raises(ValidationError) as caught:
        require_future(departure, NOW)
    bounds = "in the future, at most 180 days"
    assert caught.value.fields == (FieldError("departure_time", "out_of_range", bounds),)


@pytest.mark.parametrize("price", [3_000, 10_000])
def test_fair_when_the_price_is_at_the_corridors_bounds(price: int) -> None:
    require_fair_price(a_trip(DRIVER, price_per_seat=price), (ABIDJAN_YAMOUSSOUKRO,))


@pytest.mark.parametrize("price", [2_999, 10_001])
def test_refused_when_the_price_is_beyond_the_corridors_bounds(price: int) -> None:
    with pytest.raises(ValidationError) as caught:
        require_fair_price(a_trip(DRIVER, price_per_seat=price), (ABIDJAN_YAMOUSSOUKRO,))
    assert caught.value.fields == (FieldError("price_per_seat", "out_of_corridor", "between 3000 and 10000"),)


def test_bound_both_ways_when_the_trip_goes_back() -> None:
    back = a_trip(DRIVER, origin_point=YAMOUSSOUKRO, destination_point=ABIDJAN, price_per_seat=1)
    with pytest.raises(ValidationError):
        require_fair_price(back, (ABIDJAN_YAMOUSSOUKRO,))


def test_free_when_no_corridor_covers_the_trip() -> None:
    elsewhere = a_trip(DRIVER, destination_point=BOUAKE, price_per_seat=1)
    require_fair_price(elsewhere, (ABIDJAN_YAMOUSSOUKRO,))
    require_fair_price(a_trip(DRIVER, price_per_seat=1), ())


def test_covered_when_both_ends_are_within_the_radius() -> None:
    reach = int(TOUMODI.distance_m(YAMOUSSOUKRO)) + 1
    corridor = Corridor("c", ABIDJAN, YAMOUSSOUKRO, reach, 1, 2)
    assert corridor.covers(ABIDJAN, TOUMODI)
    assert not replace(corridor, radius_m=reach - 2).covers(ABIDJAN, TOUMODI)
    assert not corridor.covers(ABIDJAN, ABIDJAN)


def test_published_when_a_draft_departs_in_the_future() -> None:
    trip = a_trip(DRIVER, status=TripStatus.DRAFT)
    trip.publish(Party.DRIVER, NOW)
    assert trip.status is TripStatus.PUBLISHED
    with pytest.raises(ValidationError):
        a_trip(DRIVER, status=TripStatus.DRAFT).publish(Party.DRIVER, DEPARTURE)


def test_started_once_when_several_passengers_board() -> None:
    trip = a_trip(DRIVER)
    trip.start(Party.DRIVER, NOW)
    trip.start(Party.DRIVER, NOW + HOUR)
    assert trip.status is TripStatus.ONGOING
    trip.complete(Party.DRIVER, NOW + 3 * HOUR)
    assert (trip.status, trip.updated_at) == (TripStatus.COMPLETED, NOW + 3 * HOUR)


OPEN_TO_BOOKINGS = {
    TripStatus.DRAFT: NotFound,
    TripStatus.PUBLISHED: None,
    TripStatus.ONGOING: TripNotBookable,
    TripStatus.COMPLETED: TripNotBookable,
    TripStatus.CANCELLED: TripNotBookable,
}


@pytest.mark.parametrize("status", TripStatus)
def test_open_to_bookings_when_published_alone(status: TripStatus) -> None:
    refusal = OPEN_TO_BOOKINGS[status]
    trip = a_trip(DRIVER, status=status)
    if refusal is None:
        trip.require_open()
    else:
        with pytest.raises(refusal) as caught:
            trip.require_open()
        assert caught.value.facts() == ({} if status is TripStatus.DRAFT else {"status": status})


@pytest.mark.parametrize("status", TripStatus)
def test_seats_may_be_promised_when_published_or_under_way(status: TripStatus) -> None:
    trip = a_trip(DRIVER, status=status)
    if status in (TripStatus.PUBLISHED, TripStatus.ONGOING):
        trip.require_running()
    else:
        with pytest.raises(TripNotBookable) as caught:
            trip.require_running()
        assert caught.value.facts() == {"status": status}


def test_a_draft_with_all_seats_free_when_new() -> None:
    trip = new_trip(
        id=new_id(),
        driver_id=DRIVER.id,
        vehicle_id=DRIVER.vehicle.id,
        origin=Place(ABIDJAN, "Abidjan"),
        destination=Place(YAMOUSSOUKRO, "Yamoussoukro"),
        departure_time=DEPARTURE,
        arrival_eta=DEPARTURE + 3 * HOUR,
        distance_m=240_000,
        price_per_seat=6_000,
        seats=3,
        stops=[a_stop()],
        at=NOW,
    )
    assert (trip.status, trip.seats_total, trip.seats_available) == (TripStatus.DRAFT, 3, 3)
    assert (trip.seats_held, trip.seats_sold) == ([0, 0], [0, 0])
    assert (trip.created_at, trip.updated_at, trip.version) == (NOW, NOW, 1)
    assert not trip.allow_auto_accept


def test_open_both_ways_when_the_driver_does_not_say() -> None:
    [draft] = drafts(None)
    assert (draft.pickup_allowed, draft.dropoff_allowed) == (True, True)


def test_figures_are_those_of_the_specification_when_read() -> None:
    # allocar.md, Vehicles and trips, Bookings; seeds/allocar.txt, Anti-fraude
    assert (DEFAULT_RADIUS_KM, MAX_RADIUS_KM, timedelta(days=180)) == (25, 100, MAX_AHEAD)
    assert (UNPAID_LIMIT, timedelta(hours=24)) == (5, UNPAID_WINDOW)
    assert (timedelta(hours=24), timedelta(hours=2), timedelta(hours=6)) == (PENDING_TTL, CHECKIN_OPENS, CHECKIN_CLOSES)


def test_settings_are_those_of_the_specification_when_nobody_changed_them() -> None:
    # money.md, Fees and cancellation; allocar.md, Bookings
    rules = Rules()
    assert (rules.commission_percent, rules.commission_fixed, rules.hold) == (10, 0, 30 * MINUTE)
    assert rules.require_kyc_for_driver
    [corridor] = rules.corridors
    assert (corridor.start, corridor.end) == (ABIDJAN, YAMOUSSOUKRO)
    assert (corridor.floor, corridor.ceiling) == (3_000, 10_000)


def test_default_price_rounds_half_up_when_the_distance_halves_a_franc() -> None:
    draft = StopDraft(order=1, point=Point(6.0, -4.6), label="Half way")
    marks = [Reached(500, DEPARTURE), Reached(1000, DEPARTURE)]
    (stop,) = plan_stops([new_id()], [draft], marks, price=101)
    assert stop.price_from_origin == 51
