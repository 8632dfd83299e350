"""Seats per stretch: never oversold, whoever comes and goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.carpool.seats import NotEnoughSeats, Ride, left, shifted
from allonova.domain.carpool.trip import Trip
from tests.support.factories import a_driver, a_stop, a_trip

DRIVER = a_driver()


def trip_of(stretches: int, seats: int) -> Trip:
    return a_trip(DRIVER, stops=[a_stop(order) for order in range(1, stretches)], seats=seats)


@st.composite
def rides(draw: st.DrawFn, stretches: int) -> Ride:
    board = draw(st.integers(0, stretches - 1))
    return Ride(board, draw(st.integers(board + 1, stretches)))


@st.composite
def stories(draw: st.DrawFn) -> tuple[Trip, list[tuple[Ride, int, str]]]:
    """A trip, and people who ask for seats and then pay, go away or stay undecided."""
    stretches = draw(st.integers(1, 6))
    trip = trip_of(stretches, draw(st.integers(1, 8)))
    wishes = st.tuples(rides(stretches), st.integers(1, 8), st.sampled_from(["pays", "leaves", "waits"]))
    return trip, draw(st.lists(wishes, max_size=30))


def aboard(taken: list[tuple[Ride, int]], stretch: int) -> int:
    """Counted the slow way: who sits in the car on a stretch."""
    return sum(seats for ride, seats in taken if ride.board <= stretch < ride.alight)


@given(stories())
def test_every_stretch_counted_right_and_never_oversold_when_people_come_and_go(
    story: tuple[Trip, list[tuple[Ride, int, str]]],
) -> None:
    trip, wishes = story
    held: list[tuple[Ride, int]] = []
    sold: list[tuple[Ride, int]] = []
    for ride, seats, decision in wishes:
        full = any(aboard(held, n) + aboard(sold, n) + seats > trip.seats_total for n in range(ride.board, ride.alight))
        if full:
            with pytest.raises(NotEnoughSeats):
                trip.hold(ride, seats)
        else:
            trip.hold(ride, seats)
            if decision == "leaves":
                trip.release(ride, seats)
            elif decision == "pays":
                trip.sell(ride, seats)
                sold.append((ride, seats))
            else:
                held.append((ride, seats))
        stretches = range(len(trip.seats_held))
        assert trip.seats_held == [aboard(held, n) for n in stretches]
        assert trip.seats_sold == [aboard(sold, n) for n in stretches]
        assert trip.seats_available == trip.seats_total - max(trip.seats_sold)
        assert all(h + s <= trip.seats_total for h, s in zip(trip.seats_held, trip.seats_sold, strict=True))


@given(st.data(), st.integers(1, 6), st.integers(0, 9))
def test_undone_when_what_was_added_is_taken_away(data: st.DataObject, stretches: int, seats: int) -> None:
    counts = data.draw(st.lists(st.integers(0, 9), min_size=stretches, max_size=stretches))
    ride = data.draw(rides(stretches))
    assert shifted(shifted(counts, ride, seats), ride, -seats) == counts


def test_only_the_stretches_of_the_ride_change_when_shifted() -> None:
    assert shifted([1, 1, 1, 1], Ride(1, 3), 2) == [1, 3, 3, 1]


def test_the_fullest_stretch_counts_when_seats_are_left() -> None:
    held, sold = [1, 0, 2], [0, 3, 0]
    assert left(4, (held, sold), Ride(0, 1)) == 3
    assert left(4, (held, sold), Ride(0, 2)) == 1
    assert left(4, (held, sold), Ride(2, 3)) == 2
    assert left(4, (held, sold), Ride(0, 3)) == 1


def test_a_seat_shared_when_rides_follow_each_other() -> None:
    trip = trip_of(stretches=2, seats=1)
    trip.hold(Ride(0, 1), 1)
    trip.hold(Ride(1, 2), 1)
    with pytest.raises(NotEnoughSeats):
        trip.hold(Ride(0, 2), 1)


def test_available_and_requested_told_when_refused() -> None:
    trip = trip_of(stretches=1, seats=3)
    trip.hold(Ride(0, 1), 2)
    with pytest.raises(NotEnoughSeats) as caught:
        trip.require_seats(Ride(0, 1), 3)
    assert caught.value.facts() == {"available": 1, "requested": 3}
    assert caught.value.code == "booking_conflict"


def test_nothing_held_when_refused() -> None:
    trip = trip_of(stretches=2, seats=1)
    with pytest.raises(NotEnoughSeats):
        trip.hold(Ride(0, 2), 2)
    assert trip.seats_held == [0, 0]


def test_available_falls_when_paid_not_when_accepted() -> None:
    trip = trip_of(stretches=2, seats=3)
    trip.hold(Ride(0, 1), 2)
    assert (trip.bookable(Ride(0, 1)), trip.seats_available) == (1, 3)
    trip.sell(Ride(0, 1), 2)
    assert (trip.bookable(Ride(0, 1)), trip.bookable(Ride(1, 2)), trip.seats_available) == (1, 3, 1)
