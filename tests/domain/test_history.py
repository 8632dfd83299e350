"""What every step of a booking and of a trip leaves behind: who, when, from where to where, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import StopDraft, Trip, TripStatus, new_trip, plan_stops, require_sound_route
from allonova.domain.kernel.changes import PROVIDER, SYSTEM, Actor, Change
from allonova.domain.kernel.errors import InvalidTransition, ValidationError
from allonova.domain.kernel.geo import Place
from allonova.domain.kernel.machine import Party
from allonova.domain.kernel.road import Reached
from tests.support.factories import (
    ABIDJAN,
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    TOUMODI,
    YAMOUSSOUKRO,
    a_booking,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    new_id,
)

DRIVER, PASSENGER = a_driver(), a_user()
TRIP = a_trip(DRIVER)
AS_DRIVER, AS_PASSENGER, AS_ADMIN = (
    Actor(Party.DRIVER, DRIVER.id),
    Actor(Party.PASSENGER, PASSENGER.id),
    Actor(Party.ADMIN, new_id()),
)
HOLD = 30 * MINUTE
AT = DEPARTURE + HOUR


def pending() -> Booking:
    return a_booking(TRIP, PASSENGER)


def accepted() -> Booking:
    booking = pending()
    booking.accept(AS_DRIVER, NOW, HOLD)
    return booking


def paid() -> Booking:
    booking = accepted()
    booking.pay(NOW)
    return booking


def checked_in() -> Booking:
    booking = paid()
    booking.check_in(booking.qr_code, AS_DRIVER, DEPARTURE)
    return booking


def started() -> Booking:
    booking = checked_in()
    booking.start(AS_DRIVER, DEPARTURE)
    return booking


def expired() -> Booking:
    booking = accepted()
    booking.expire(NOW + HOLD)
    return booking


def frozen() -> Booking:
    booking = paid()
    booking.driver_no_show(AS_PASSENGER, DEPARTURE + 20 * MINUTE)
    return booking


@dataclass(frozen=True)
class Line:
    """A step and the line it leaves, with what else is true of the booking then."""

    before: Callable[[], Booking]
    act: Callable[[Booking], None]
    by: Actor
    to: str
    meta: dict[str, str | int]
    also: dict[str, Any]


def over(by: Party, reason: str, fee: int | None = None) -> dict[str, Any]:
    return {"cancelled_by": by, "cancel_reason": reason, "cancel_fee": fee}


LINES = {
    "accept": Line(
        pending, lambda b: b.accept(AS_DRIVER, NOW + MINUTE, HOLD), AS_DRIVER, "accepted", {}, {"cancel_reason": None}
    ),
    "reject": Line(
        pending,
        lambda b: b.reject(AS_DRIVER, AT),
        AS_DRIVER,
        "cancelled",
        {"reason": "rejected"},
        over(Party.DRIVER, "rejected"),
    ),
    "expire": Line(
        accepted, lambda b: b.expire(AT), SYSTEM, "cancelled", {"reason": "expired"}, over(Party.SYSTEM, "expired")
    ),
    "pay": Line(accepted, lambda b: b.pay(AT), PROVIDER, "paid", {}, {"paid_at": AT, "hold_expires_at": None}),
    "revive": Line(
        expired,
        lambda b: b.revive(NOW + HOUR, HOLD),
        PROVIDER,
        "accepted",
        {"reason": "paid_after_expiry"},
        {"hold_expires_at": NOW + HOUR + HOLD, "cancelled_by": None, "cancel_reason": None},
    ),
    "check_in": Line(
        paid,
        lambda b: b.check_in(b.qr_code, AS_DRIVER, AT),
        AS_DRIVER,
        "paid",
        {"stage": "checked_in"},
        {"checked_in_at": AT},
    ),
    "start": Line(
        checked_in, lambda b: b.start(AS_DRIVER, AT), AS_DRIVER, "paid", {"stage": "started"}, {"started_at": AT}
    ),
    "end": Line(started, lambda b: b.end(AS_DRIVER, AT), AS_DRIVER, "completed", {}, {"ended_at": AT}),
    "complete by the job": Line(
        started, lambda b: b.complete(SYSTEM, AT), SYSTEM, "completed", {"automatic": 1}, {"ended_at": AT}
    ),
    "complete by an admin": Line(
        checked_in, lambda b: b.complete(AS_ADMIN, AT), AS_ADMIN, "completed", {}, {"ended_at": AT}
    ),
    "cancel": Line(
        paid,
        lambda b: b.cancel(AS_PASSENGER, AT, "ill"),
        AS_PASSENGER,
        "cancelled",
        {"reason": "cancelled", "fee": 0},
        over(Party.PASSENGER, "ill", 0),
    ),
    "no_show": Line(
        paid,
        lambda b: b.no_show(AS_DRIVER, AT, fee=6_000),
        AS_DRIVER,
        "cancelled",
        {"reason": "no_show", "fee": 6_000},
        over(Party.DRIVER, "no_show", 6_000) | {"is_frozen": False},
    ),
    "driver_no_show": Line(
        paid,
        lambda b: b.driver_no_show(AS_PASSENGER, AT),
        AS_PASSENGER,
        "cancelled",
        {"reason": "driver_no_show", "fee": 0},
        over(Party.PASSENGER, "driver_no_show", 0) | {"asked_at": AT, "is_frozen": True},
    ),
    "ask": Line(paid, lambda b: b.ask(AT), SYSTEM, "paid", {"reason": "asked"}, {"asked_at": AT, "is_frozen": False}),
    "contest": Line(
        frozen,
        lambda b: b.contest(AS_DRIVER, AT),
        AS_DRIVER,
        "cancelled",
        {"reason": "contested"},
        {"contested_at": AT, "is_frozen": True},
    ),
    "give_back": Line(
        frozen, lambda b: b.give_back(AT), SYSTEM, "cancelled", {"reason": "unanswered"}, {"is_frozen": False}
    ),
    "give_back of a ride nobody took": Line(
        paid,
        lambda b: b.give_back(AT),
        SYSTEM,
        "cancelled",
        {"reason": "unconfirmed", "fee": 0},
        over(Party.SYSTEM, "unconfirmed", 0) | {"is_frozen": False},
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_who_when_and_why_kept_when_a_booking_moves(name: str) -> None:
    line, booking = LINES[name], LINES[name].before()
    status, count = booking.status, len(booking.changes)
    line.act(booking)
    (change,) = booking.changes[count:]
    assert change == Change(status, BookingStatus(line.to), line.by, booking.updated_at, line.meta)
    assert booking.updated_at in (AT, NOW + MINUTE, NOW + HOUR)
    assert {field: getattr(booking, field) for field in line.also} == line.also


def test_first_line_says_who_asked_for_how_many_seats() -> None:
    booking = a_booking(TRIP, PASSENGER, seats=2)
    assert booking.changes == [Change(None, BookingStatus.PENDING, AS_PASSENGER, NOW, {"seats": 2})]


def test_contested_once_when_the_driver_says_it_twice() -> None:
    booking = frozen()
    booking.contest(AS_DRIVER, AT)
    count = len(booking.changes)
    booking.contest(AS_DRIVER, AT + MINUTE)
    assert (booking.contested_at, len(booking.changes)) == (AT, count)


@pytest.mark.parametrize(
    "act",
    [
        lambda booking: booking.no_show(AS_DRIVER, AT, fee=0),
        lambda booking: booking.driver_no_show(AS_PASSENGER, AT),
    ],
)
def test_nobody_is_said_not_to_have_come_before_the_money(act: Callable[[Booking], None]) -> None:
    booking = accepted()
    with pytest.raises(InvalidTransition):
        act(booking)
    assert (booking.status, booking.is_frozen) == (BookingStatus.ACCEPTED, False)


def test_a_new_trip_is_as_its_driver_said() -> None:
    given: dict[str, Any] = {
        "id": new_id(),
        "driver_id": DRIVER.id,
        "vehicle_id": DRIVER.vehicle.id,
        "departure_time": DEPARTURE,
        "arrival_eta": DEPARTURE + 3 * HOUR,
        "distance_m": 240_000,
        "price_per_seat": 6_000,
        "stops": [a_stop()],
    }
    trip = new_trip(
        **given, origin=Place(ABIDJAN, "Plateau"), destination=Place(YAMOUSSOUKRO, "Yakro"), seats=3, at=NOW
    )
    assert {name: getattr(trip, name) for name in given} == given
    assert (trip.origin_point, trip.origin_text) == (ABIDJAN, "Plateau")
    assert (trip.destination_point, trip.destination_text) == (YAMOUSSOUKRO, "Yakro")


def test_does_not_take_place_when_its_driver_or_an_admin_says_so() -> None:
    for by, reason in ((Party.DRIVER, "breakdown"), (Party.ADMIN, None)):
        trip = a_trip(DRIVER)
        trip.cancel(by, AT, reason)
        assert (trip.status, trip.cancel_reason, trip.updated_at) == (TripStatus.CANCELLED, reason, AT)
    with pytest.raises(InvalidTransition):
        trip.complete(Party.SYSTEM, AT)


def test_noted_when_a_trip_was_published_and_when_it_began() -> None:
    trip = a_trip(DRIVER, status=TripStatus.DRAFT)
    trip.publish(Party.DRIVER, NOW + HOUR)
    assert trip.updated_at == NOW + HOUR
    trip.start(Party.DRIVER, AT)
    assert (trip.status, trip.updated_at) == (TripStatus.ONGOING, AT)


def with_stop() -> Trip:
    return a_trip(DRIVER, stops=[a_stop()], seats=3)


def test_seats_go_from_free_to_held_to_sold_and_back_stretch_by_stretch() -> None:
    trip, first, whole = with_stop(), Ride(0, 1), Ride(0, 2)
    trip.hold(first, 2)
    assert (trip.seats_held, trip.seats_sold, trip.seats_available, trip.seats_promised) == ([2, 0], [0, 0], 3, 2)
    trip.sell(first, 2)
    assert (trip.seats_held, trip.seats_sold, trip.seats_available) == ([0, 0], [2, 0], 1)
    trip.hold(whole, 1)
    assert (trip.seats_held, trip.seats_promised, trip.bookable(whole), trip.bookable(Ride(1, 2))) == ([1, 1], 3, 0, 2)
    trip.release(whole, 1)
    assert (trip.seats_held, trip.is_promised) == ([0, 0], True)
    trip.unsell(first, 1)
    assert (trip.seats_sold, trip.seats_available) == ([1, 0], 2)
    trip.unsell(first, 1)
    assert (trip.seats_sold, trip.seats_available, trip.is_promised) == ([0, 0], 3, False)


def test_agreed_departure_is_that_of_the_first_who_was_accepted() -> None:
    trip = with_stop()
    trip.hold(Ride(0, 1), 1)
    assert trip.agreed_departure == DEPARTURE
    trip.departure_time = DEPARTURE + MINUTE
    trip.hold(Ride(0, 1), 1)
    assert trip.agreed_departure == DEPARTURE
    assert trip.leaves_at(Ride(0, 1)) == DEPARTURE + MINUTE
    assert trip.leaves_at(Ride(1, 2)) == trip.stops[0].eta


def test_other_rides_since_a_trip_was_rerouted() -> None:
    trip = with_stop()
    assert not trip.was_rerouted_since(NOW)
    trip.rerouted_at = NOW
    assert trip.was_rerouted_since(NOW)
    assert not trip.was_rerouted_since(NOW + MINUTE)


def test_waypoints_are_origin_stops_and_destination() -> None:
    trip = a_trip(DRIVER, stops=[a_stop(pickup_allowed=False)])
    origin, stop, end = trip.waypoints()
    assert (origin.order, origin.point, origin.label, origin.at) == (0, ABIDJAN, "Abidjan, Plateau", DEPARTURE)
    assert (origin.price_from_origin, origin.boards, origin.alights, origin.stop_id) == (0, True, False, None)
    assert (stop.order, stop.point, stop.label, stop.at) == (1, TOUMODI, "Toumodi", DEPARTURE + 2 * HOUR)
    assert (stop.price_from_origin, stop.boards, stop.alights, stop.stop_id) == (4_000, False, True, trip.stops[0].id)
    assert (end.order, end.point, end.label, end.at) == (2, YAMOUSSOUKRO, "Yamoussoukro", trip.arrival_eta)
    assert (end.price_from_origin, end.boards, end.alights, end.stop_id) == (6_000, False, True, None)


def test_a_stop_is_as_its_driver_said() -> None:
    stop_id = new_id()
    draft = StopDraft(order=4, point=TOUMODI, label="Gare", dropoff_allowed=False, price_from_origin=0)
    marks = [Reached(100_000, DEPARTURE + HOUR), Reached(0, DEPARTURE + 3 * HOUR)]
    (stop,) = plan_stops([stop_id], [draft], marks, 6_000)
    assert (stop.id, stop.order, stop.point, stop.label) == (stop_id, 4, TOUMODI, "Gare")
    assert (stop.pickup_allowed, stop.dropoff_allowed, stop.price_from_origin) == (True, False, 0)
    assert (stop.distance_m, stop.eta) == (100_000, DEPARTURE + HOUR)


def test_told_what_is_wrong_with_a_route() -> None:
    trip = with_stop()
    trip.stops = [replace(trip.stops[0], order=2, price_from_origin=0, eta=DEPARTURE)]
    with pytest.raises(ValidationError) as refused:
        require_sound_route(trip)
    assert [(fault.path, fault.code) for fault in refused.value.fields] == [
        ("stops.0.order", "not_contiguous"),
        ("stops.0.price_from_origin", "not_rising"),
        ("stops.0.eta", "not_rising"),
    ]
    assert all(fault.message for fault in refused.value.fields)
