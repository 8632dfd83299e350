"""What figures are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from allonova.domain.dispatch.calendrier import Span
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.figures import Course, mean_wait, minutes, occupied, rate
from tests.support.factories import HOUR, MINUTE, SECOND

START = datetime(2026, 3, 29, tzinfo=UTC)
DAY = Span(START, START + 23 * HOUR)
TAXI = UUID(int=7)


def a_course(start: timedelta, length: timedelta = HOUR, *, waited: timedelta | None = None) -> Course:
    begin = START + start
    return Course(
        statut=CommandeStatut.ASSIGNEE,
        taxi_id=TAXI,
        span=Span(begin, begin + length),
        en_attente_depuis=START,
        assignee_at=None if waited is None else START + waited,
    )


@pytest.mark.parametrize(
    ("courses", "taken"),
    [
        ([], 0 * HOUR),
        ([a_course(HOUR), a_course(2 * HOUR)], 2 * HOUR),
        ([a_course(-HOUR / 2), a_course(22.5 * HOUR)], HOUR),
        ([a_course(HOUR, 3 * HOUR), a_course(2 * HOUR)], 3 * HOUR),
        ([a_course(2 * HOUR), a_course(HOUR, 1.5 * HOUR)], 2 * HOUR),
        ([a_course(-HOUR), a_course(23 * HOUR)], 0 * HOUR),
        ([a_course(-HOUR, 25 * HOUR), a_course(HOUR)], 23 * HOUR),
    ],
)
def test_taken_time_is_the_days_and_counts_once(courses: list[Course], taken: timedelta) -> None:
    assert occupied(courses, DAY) == taken


def test_mean_wait_is_of_those_that_were_assigned() -> None:
    assert mean_wait([]) is None
    assert mean_wait([a_course(HOUR)]) is None
    assert mean_wait([a_course(HOUR), a_course(HOUR, waited=10 * MINUTE), a_course(HOUR, waited=5.5 * MINUTE)]) == 7.8
    assert mean_wait([a_course(HOUR, waited=-HOUR), a_course(HOUR, waited=MINUTE)]) == 0.5


def test_rate_is_a_share_of_something() -> None:
    assert (rate(0, 0), rate(0, 3), rate(1, 3), rate(3, 3)) == (None, 0.0, 0.3333, 1.0)


def test_minutes_are_the_nearest() -> None:
    assert [minutes(n * SECOND) for n in (0, 29, 30, 89, 90, 3600)] == [0, 0, 1, 1, 2, 60]
