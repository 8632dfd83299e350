"""Trips that come back: on which days, and never two at a time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from allonova.domain.carpool.series import SeriesOverlaps, days_of, require_apart, reversed_stops
from allonova.domain.carpool.trip import StopDraft, Trip
from allonova.domain.kernel.errors import ValidationError
from allonova.domain.kernel.geo import Point
from tests.support.factories import DEPARTURE, HOUR, a_driver, a_trip

THURSDAY = date(2025, 10, 2)
DAY = timedelta(days=1)
DRIVER = a_driver()


def test_days_are_those_of_the_week_when_they_lie_between_first_and_last() -> None:
    days = days_of(THURSDAY, weekdays={1, 4}, until=date(2025, 10, 13), exceptions=())
    assert days == [THURSDAY, date(2025, 10, 6), date(2025, 10, 9), date(2025, 10, 13)]


def test_day_is_left_out_when_it_is_an_exception() -> None:
    days = days_of(THURSDAY, weekdays={4}, until=date(2025, 10, 16), exceptions={date(2025, 10, 9)})
    assert days == [THURSDAY, date(2025, 10, 16)]


def test_first_day_is_a_later_one_when_the_trip_leaves_on_another_day_of_the_week() -> None:
    assert days_of(THURSDAY, weekdays={5}, until=date(2025, 10, 9), exceptions=()) == [date(2025, 10, 3)]


@pytest.mark.parametrize(
    ("weekdays", "until", "exceptions"),
    [
        ({1}, THURSDAY + 2 * DAY, set()),
        ({4}, THURSDAY, {THURSDAY}),
        ({4}, THURSDAY - DAY, set()),
        ({4}, THURSDAY + 181 * DAY, set()),
    ],
)
def test_series_is_refused_when_no_day_is_in_it_or_it_goes_too_far(
    weekdays: set[int], until: date, exceptions: set[date]
) -> None:
    with pytest.raises(ValidationError) as refused:
        days_of(THURSDAY, weekdays=weekdays, until=until, exceptions=exceptions)
    assert [fault.path for fault in refused.value.fields] == ["until"]


def test_series_is_good_when_it_goes_on_for_180_days() -> None:
    assert len(days_of(THURSDAY, weekdays=set(range(1, 8)), until=THURSDAY + 180 * DAY, exceptions=())) == 181


def stop(order: int, price: int | None) -> StopDraft:
    return StopDraft(order=order, point=Point(6.0 + order, -5.0), label=f"S{order}", price_from_origin=price)


def test_stops_are_mirrored_when_one_goes_home() -> None:
    home = reversed_stops([stop(1, 1000), stop(2, 4500)], price=6000, price_back=3000)
    assert [(s.order, s.label, s.price_from_origin) for s in home] == [(1, "S2", 750), (2, "S1", 2500)]


def test_price_is_left_to_the_road_when_it_was_so_on_the_way_out() -> None:
    (home,) = reversed_stops([stop(1, None)], price=6000, price_back=3000)
    assert home.price_from_origin is None


def trip_at(hours: float, lasts: float = 3) -> Trip:
    leaves = DEPARTURE + hours * HOUR
    return a_trip(DRIVER, departure_time=leaves, arrival_eta=leaves + lasts * HOUR)


def test_trips_are_apart_when_one_leaves_as_the_other_arrives() -> None:
    require_apart([trip_at(0), trip_at(3)], [trip_at(6)])


def test_days_are_named_when_two_of_the_series_meet() -> None:
    with pytest.raises(SeriesOverlaps) as refused:
        require_apart([trip_at(0, lasts=30), trip_at(24), trip_at(72)], [])
    assert refused.value.dates == ("2025-10-03",)


def test_days_are_named_when_one_meets_another_trip_of_the_driver() -> None:
    with pytest.raises(SeriesOverlaps) as refused:
        require_apart([trip_at(0), trip_at(48)], [trip_at(-2), trip_at(49)])
    assert refused.value.dates == ("2025-10-02", "2025-10-04")


def test_nothing_is_said_when_others_meet_that_stood_before() -> None:
    require_apart([trip_at(48)], [trip_at(0), trip_at(1)])
