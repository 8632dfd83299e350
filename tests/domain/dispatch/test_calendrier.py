"""Days, weeks and months as clocks on the wall have them, also where those are changed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from allonova.domain.dispatch.calendrier import (
    Period,
    before,
    bounds,
    days,
    first_of,
    hours,
    jour,
    local_day,
    midnight,
    monday,
    week_of,
)

PARIS, ABIDJAN = "Europe/Paris", "Africa/Abidjan"
HOUR = timedelta(hours=1)
ODD = ("Africa/Cairo", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Asia/Kathmandu", PARIS, ABIDJAN)
"""Clocks that skip midnight, show it twice, or change by half an hour."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("fuseau", "day", "start", "length"),
    [
        (PARIS, "2026-03-28", "2026-03-27T23:00", 24),
        (PARIS, "2026-03-29", "2026-03-28T23:00", 23),
        (PARIS, "2026-03-30", "2026-03-29T22:00", 24),
        (PARIS, "2026-10-25", "2026-10-24T22:00", 25),
        (PARIS, "2026-10-26", "2026-10-25T23:00", 24),
        (ABIDJAN, "2026-03-29", "2026-03-29T00:00", 24),
        (ABIDJAN, "2026-10-25", "2026-10-25T00:00", 24),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", 23),
    ],
)
def test_day_has_its_hours_when_the_clock_changes(fuseau: str, day: str, start: str, length: int) -> None:
    found = jour(date.fromisoformat(day), fuseau)
    assert (found.span.debut, found.span.length) == (at(start), length * HOUR)


@pytest.mark.parametrize(
    ("fuseau", "debut", "length"),
    [(PARIS, "2026-03-23", 167), (PARIS, "2026-10-19", 169), (PARIS, "2026-06-01", 168), (ABIDJAN, "2026-03-23", 168)],
)
def test_week_is_an_hour_shorter_or_longer_when_the_clock_changes(fuseau: str, debut: str, length: int) -> None:
    first, *_, last = week_of(date.fromisoformat(debut))
    start, end = bounds(first, last, fuseau)
    assert end - start == length * HOUR


@pytest.mark.parametrize("fuseau", ODD)
def test_days_and_hours_follow_each_other_without_a_gap(fuseau: str) -> None:
    year = list(days(date(2026, 1, 1), date(2026, 12, 31)))
    assert len(year) == 365
    for day, after in pairwise(year):
        start, end = bounds(day, day, fuseau)
        assert end == midnight(after, fuseau)
        assert local_day(start, fuseau) == local_day(end - timedelta(microseconds=1), fuseau) == day
        shown = hours(day, fuseau)
        assert shown[0][1] == start
        assert all(one < other for (_, one), (_, other) in pairwise(shown))
        assert end - HOUR <= shown[-1][1] < end


def test_hours_are_those_that_the_clock_shows() -> None:
    spring, autumn = hours(date(2026, 3, 29), PARIS), hours(date(2026, 10, 25), PARIS)
    assert [hour for hour, _ in spring] == [0, 1, *range(3, 24)]
    assert [hour for hour, _ in autumn] == [0, 1, 2, 2, *range(3, 24)]
    assert [since for hour, since in autumn if hour == 2] == [at("2026-10-25T00:00"), at("2026-10-25T01:00")]
    assert [hour for hour, _ in hours(date(2026, 3, 29), ABIDJAN)] == list(range(24))
    assert Counter(hour for hour, _ in hours(date(2026, 4, 5), "Australia/Lord_Howe"))[1] == 2


@pytest.mark.parametrize(
    ("instant", "fuseau", "day"),
    [
        ("2026-12-31T23:30", PARIS, "2027-01-01"),
        ("2026-12-31T23:30", ABIDJAN, "2026-12-31"),
        ("2026-03-28T23:00", PARIS, "2026-03-29"),
        ("2026-03-29T21:59", PARIS, "2026-03-29"),
        ("2026-03-29T22:00", PARIS, "2026-03-30"),
        ("2026-10-25T22:59", PARIS, "2026-10-25"),
        ("2026-10-25T23:00", PARIS, "2026-10-26"),
    ],
)
def test_today_is_the_companys(instant: str, fuseau: str, day: str) -> None:
    assert local_day(at(instant), fuseau) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("period", "day", "first", "past"),
    [
        (Period.WEEK, "2026-01-01", "2025-12-29", ("2025-12-22", "2025-12-28")),
        (Period.WEEK, "2026-03-29", "2026-03-23", ("2026-03-16", "2026-03-22")),
        (Period.MONTH, "2026-01-31", "2026-01-01", ("2025-12-01", "2025-12-31")),
        (Period.MONTH, "2028-03-01", "2028-03-01", ("2028-02-01", "2028-02-29")),
        (Period.YEAR, "2026-12-31", "2026-01-01", ("2025-01-01", "2025-12-31")),
    ],
)
def test_period_begins_and_the_one_before_is_whole(period: Period, day: str, first: str, past: tuple[str, str]) -> None:
    asked = date.fromisoformat(day)
    assert first_of(period, asked) == date.fromisoformat(first)
    assert before(period, asked) == tuple(date.fromisoformat(each) for each in past)


def test_week_begins_on_monday() -> None:
    assert {monday(day) for day in week_of(date(2026, 10, 19))} == {date(2026, 10, 19)}
    assert monday(date(2026, 10, 26)) == date(2026, 10, 26)
