"""When messages to users wait, and when they come too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from allonova.application.notifications.pushes import PUSHES, push_text
from allonova.application.notifications.templates import DIRECT, OF_NOVA, Template
from allonova.application.notifications.ways import WAYS, Turn, way_of
from allonova.domain.carpool.reminder import hours_due
from allonova.domain.notifications.notice import Notice
from allonova.domain.notifications.quiet import held_until, midnight_before, morning_after
from tests.support.factories import DEPARTURE, HOUR, NOW, SECOND, new_id

MORNING = datetime(2025, 10, 2, 7, tzinfo=UTC)
DAY = timedelta(days=1)


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of October, in Abidjan."""
    return datetime(2025, 10, day, hour, minute, second, tzinfo=UTC)


def a_notice(**given: object) -> Notice:
    """Something that somebody is told."""
    sound: dict[str, object] = {"id": new_id(), "user_id": new_id(), "type": "booking_accepted", "created_at": NOW}
    return Notice(**(sound | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        (at(1, 20, 59, 59), None),
        (at(1, 21), MORNING),
        (at(1, 23, 59, 59), MORNING),
        (at(2, 0), MORNING),
        (at(2, 6, 59, 59), MORNING),
        (at(2, 7), None),
        (at(2, 12), None),
    ],
)
def test_night_ends_at_seven_when_it_began_at_nine(now: datetime, morning: datetime | None) -> None:
    assert morning_after(now) == morning


@pytest.mark.parametrize(
    ("now", "until", "held"),
    [
        (at(1, 22), None, MORNING),
        (at(1, 22), at(2, 12), MORNING),
        (at(1, 22), at(2, 8), MORNING),
        (at(1, 22), at(2, 7, 59, 59), None),
        (at(1, 22), at(2, 5), None),
        (at(1, 12), None, None),
        (at(1, 12), at(1, 13), None),
    ],
)
def test_text_waits_for_the_morning_when_it_is_of_use_then(
    now: datetime, until: datetime | None, held: datetime | None
) -> None:
    assert held_until(now, until) == held


def test_day_begins_at_midnight_when_it_is_counted() -> None:
    assert midnight_before(at(2, 23, 59)) == midnight_before(at(2, 0)) == at(2, 0)


def test_notice_is_over_when_its_time_has_come() -> None:
    assert [a_notice(until=NOW + SECOND * n).is_over(NOW) for n in (-1, 0, 1)] == [True, True, False]
    assert not a_notice().is_over(NOW + 1000 * DAY)


def test_notice_is_read_once_when_it_is_read_twice() -> None:
    notice = a_notice()
    assert [notice.read(NOW), notice.read(NOW + HOUR), notice.read_at] == [True, False, NOW]


@pytest.mark.parametrize(
    ("left", "sold", "hours"),
    [
        (24 * HOUR + SECOND, 3 * DAY, None),
        (24 * HOUR, 3 * DAY, 24),
        (24 * HOUR, 24 * HOUR, 24),
        (23 * HOUR, 24 * HOUR - SECOND, None),
        (2 * HOUR + SECOND, 3 * DAY, 24),
        (2 * HOUR, 3 * DAY, 2),
        (2 * HOUR, 2 * HOUR, 2),
        (HOUR, 2 * HOUR - SECOND, None),
        (SECOND, 3 * DAY, 2),
        (0 * SECOND, 3 * DAY, None),
        (-HOUR, 3 * DAY, None),
    ],
)
def test_reminder_is_due_when_its_hour_has_come(left: timedelta, sold: timedelta, hours: int | None) -> None:
    assert hours_due(sold_at=DEPARTURE - sold, departure_time=DEPARTURE, at=DEPARTURE - left) == hours


def test_every_message_has_a_way_when_it_is_allocars() -> None:
    assert set(WAYS) == set(PUSHES) == set(Template) - OF_NOVA - DIRECT


def test_words_can_be_made_when_a_notice_is_read() -> None:
    facts: dict[str, str | int] = {
        "route": "A - B", "when": "02/10 08:30", "seats": 2, "amount": 5, "fee": 1, "refund": 4, "stars": 5,
        "reason": "safety",
    }  # fmt: skip
    for template in WAYS:
        for language in ("fr", "en"):
            text = push_text(template, language, **facts)
            assert text.title, template
            assert "{" not in text.title + text.body, template


def test_first_reminder_costs_no_text_when_it_could_be_pushed() -> None:
    ways = {
        hours: way_of(a_notice(type="ride_reminder_passenger", data={"hours_before": hours})).sms
        for hours in ("24", "2")
    }
    assert ways == {"24": Turn.UNPUSHED, "2": Turn.ALWAYS}


STRANDING = {
    *("booking_accepted", "booking_paid_passenger", "booking_paid_driver", "trip_changed", "trip_stopped", "no_show"),
    *("booking_cancelled_passenger", "booking_cancelled_driver", "booking_cancelled_unpaid", "ride_question"),
    *("ride_reminder_passenger", "ride_reminder_driver", "booking_arbitrated", "dispute_resolved", "dispute_rejected"),
    *("account_suspended", "account_reinstated"),
}


def test_text_goes_whatever_was_pushed_when_its_lack_would_strand_somebody() -> None:
    assert {template.value for template, way in WAYS.items() if way.sms is Turn.ALWAYS} == STRANDING


def test_reading_preferences_are_ignored_when_it_is_about_the_account() -> None:
    assert {template.value for template, way in WAYS.items() if way.is_security} == {
        *("account_suspended", "account_reinstated"),
        *("password_changed", "contact_changed", "payout_account_changed", "social_changed"),
    }
