"""What sides say of each other, and what is counted of drivers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.rating import (
    RatedAs,
    Rating,
    RatingClosed,
    RideNotCompleted,
    other_side,
    require_ratable,
    to_show,
)
from allonova.domain.carpool.reliability import DEMOTION, DriverRecord, is_broken_late, is_unkept
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.errors import ValidationError
from allonova.domain.kernel.machine import Party
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    a_booking,
    a_driver,
    a_rating,
    a_trip,
    a_user,
    arrived,
    new_id,
    paid,
)

DAY = 24 * HOUR
END = DEPARTURE + 3 * HOUR
CLOSE = END + 14 * DAY


@pytest.fixture
def trip() -> Trip:
    return a_trip(a_driver())


@pytest.fixture
def ride(trip: Trip) -> Booking:
    """Completed."""
    return arrived(trip, a_booking(trip, a_user()))


def a_record(**given: object) -> DriverRecord:
    made = {"answered": 0, "unanswered": 0, "typical_answer_s": None, "kept": 0, "broken": 0}
    return DriverRecord(**(made | given))  # type: ignore[arg-type]


def test_booking_can_be_rated_from_its_end_until_a_fortnight_is_over(ride: Booking) -> None:
    assert [require_ratable(ride, at) for at in (END, CLOSE - MINUTE)] == [CLOSE, CLOSE]
    with pytest.raises(RatingClosed) as refused:
        require_ratable(ride, CLOSE)
    assert refused.value.closed_at == CLOSE


def test_refused_when_the_ride_is_not_over(trip: Trip) -> None:
    booking = a_booking(trip, a_user())
    for step in (lambda: None, lambda: paid(trip, booking)):
        step()
        with pytest.raises(RideNotCompleted) as refused:
            require_ratable(booking, END)
        assert refused.value.status == booking.status


def test_each_side_rates_the_other_and_nobody_else() -> None:
    driver, passenger = new_id(), new_id()
    sides = {"driver_id": driver, "passenger_id": passenger}
    assert other_side(Party.DRIVER, **sides, named=passenger) is RatedAs.PASSENGER
    assert other_side(Party.PASSENGER, **sides, named=driver) is RatedAs.DRIVER
    for by, named in ((Party.DRIVER, driver), (Party.PASSENGER, passenger), (Party.DRIVER, new_id())):
        with pytest.raises(ValidationError):
            other_side(by, **sides, named=named)


def test_ratings_are_shown_when_there_are_two_or_the_window_has_closed(trip: Trip, ride: Booking) -> None:
    one = a_rating(trip, ride, closes_at=CLOSE)
    other = a_rating(trip, ride, by_driver=True, closes_at=CLOSE)
    assert to_show([one, other], END) == [one, other]
    assert to_show([], CLOSE) == []
    assert (to_show([one], CLOSE - MINUTE), to_show([one], CLOSE)) == ([], [one])
    one.show(END)
    assert (one.shown_at, one.updated_at) == (END, END)
    assert to_show([one, other], END) == [other]
    assert to_show([one], CLOSE) == []


def read(rating: Rating) -> tuple[str | None, str | None]:
    """Its words to everybody, and why they are hidden or not."""
    return rating.public_comment, rating.hidden_reason


def test_words_are_hidden_and_come_back_and_the_reason_is_kept(trip: Trip, ride: Booking) -> None:
    rating = a_rating(trip, ride)
    assert not rating.moderate(comment_hidden=False, reason="nothing", at=END)
    assert read(rating) == ("À l'heure.", None)
    assert rating.moderate(comment_hidden=True, reason="insult", at=END)
    assert (read(rating), rating.updated_at) == ((None, "insult"), END)
    assert rating.moderate(comment_hidden=False, reason="looked at again", at=END)
    assert read(rating) == ("À l'heure.", "looked at again")


@pytest.mark.parametrize(
    ("stars", "average"),
    [([5], "5.00"), ([5, 4], "4.50"), ([5, 5, 4], "4.67"), ([4, 4, 5], "4.33"), ([5] * 7 + [4], "4.88")],
)
def test_average_is_that_of_all_stars_half_up(stars: list[int], average: str) -> None:
    user = a_user()
    for each in stars:
        user.rate(each, END)
    assert (user.rating_avg, user.rating_count, user.rating_sum) == (Decimal(average), len(stars), sum(stars))
    assert str(user.rating_avg) == average
    assert user.updated_at == END


def test_driver_stays_behind_others_for_as_long_as_his_last_fault_asks() -> None:
    user = a_user()
    assert user.demote(END + DEMOTION)
    assert not user.demote(END + DEMOTION)
    assert not user.demote(END)
    assert user.demote(END + DEMOTION + DAY)
    assert user.demoted_until == END + timedelta(days=31)


def test_rates_are_shares_of_what_was_asked_and_promised() -> None:
    record = a_record(answered=5, unanswered=1, typical_answer_s=150.0, kept=2, broken=3)
    assert (record.response_rate, record.response_minutes, record.cancellation_rate) == (0.83, 3, 0.6)
    assert a_record(answered=5, typical_answer_s=2.0).response_minutes == 1
    assert a_record(answered=5, typical_answer_s=89.0).response_minutes == 1
    assert a_record(unanswered=5).response_rate == 0
    assert a_record(unanswered=5).response_minutes is None


def test_nothing_is_said_when_there_is_too_little_to_tell() -> None:
    record = a_record(answered=4, typical_answer_s=60.0, kept=1, broken=3)
    assert (record.response_rate, record.response_minutes, record.cancellation_rate) == (None, None, None)


@pytest.mark.parametrize(("ahead", "is_late"), [(DAY, False), (DAY - MINUTE, True), (timedelta(0), True)])
def test_driver_who_gives_up_a_paid_ride_is_late_within_a_day(trip: Trip, ahead: timedelta, is_late: bool) -> None:
    booking = paid(trip, a_booking(trip, a_user()))
    assert not is_broken_late(booking, DEPARTURE - ahead)
    booking.cancel(Actor(Party.DRIVER, trip.driver_id), DEPARTURE - ahead, "ill")
    assert is_broken_late(booking, DEPARTURE - ahead) is is_late


def test_nothing_is_broken_when_it_was_not_paid_or_the_passenger_left(trip: Trip) -> None:
    unpaid, left = a_booking(trip, a_user()), paid(trip, a_booking(trip, a_user()))
    unpaid.cancel(Actor(Party.DRIVER, trip.driver_id), DEPARTURE, "ill")
    left.cancel(Actor(Party.PASSENGER, left.passenger_id), DEPARTURE, "ill")
    assert not is_broken_late(unpaid, DEPARTURE)
    assert not is_broken_late(left, DEPARTURE)


def test_driver_who_does_not_come_has_broken_his_word_once_he_has_not_answered(trip: Trip) -> None:
    booking = paid(trip, a_booking(trip, a_user()))
    assert not is_unkept(booking)
    booking.driver_no_show(Actor(Party.PASSENGER, booking.passenger_id), DEPARTURE + HOUR)
    assert not is_unkept(booking)
    contested = replace(booking, contested_at=DEPARTURE + 2 * HOUR, is_frozen=False)
    booking.give_back(DEPARTURE + 2 * DAY)
    assert is_unkept(booking)
    assert not is_unkept(contested)
    assert not is_unkept(a_booking(trip, a_user()))


def test_request_that_nobody_answered_is_no_broken_ride(trip: Trip) -> None:
    booking = a_booking(trip, a_user())
    booking.expire(NOW + DAY)
    assert not is_broken_late(booking, NOW + DAY)
    assert booking.cancelled_by is SYSTEM.party
