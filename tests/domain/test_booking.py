"""A booking's deadlines, its check-in and its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from allonova.domain.carpool.booking import (
    Booking,
    BookingStage,
    BookingStatus,
    BookingTooLate,
    CheckinClosed,
    NothingToContest,
    NotPayable,
    TooEarly,
    WrongCheckinCode,
    code_matches,
    party_of,
    short_code,
)
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.errors import Forbidden, InvalidTransition
from allonova.domain.kernel.machine import Party
from tests.support.factories import DEPARTURE, HOUR, MINUTE, NOW, SECOND, a_booking, a_driver, a_trip, a_user, new_id

DRIVER, PASSENGER = a_driver(), a_user()
TRIP = a_trip(DRIVER)
AS_DRIVER = Actor(Party.DRIVER, DRIVER.id)
HOLD = 30 * MINUTE  # allocar.md, Bookings: hold_minutes


def pending(**given: Any) -> Booking:
    return a_booking(TRIP, PASSENGER, **given)


def accepted(at: datetime = NOW) -> Booking:
    booking = pending(created_at=at)
    booking.accept(AS_DRIVER, at, HOLD)
    return booking


def paid() -> Booking:
    booking = accepted()
    booking.pay(NOW)
    return booking


def checked_in() -> Booking:
    booking = paid()
    booking.check_in(booking.qr_code, AS_DRIVER, DEPARTURE)
    return booking


def test_held_for_half_an_hour_when_accepted() -> None:
    booking = accepted()
    assert (booking.status, booking.hold_expires_at) == (BookingStatus.ACCEPTED, NOW + HOLD)
    assert booking.updated_at == NOW


def test_held_until_departure_when_that_is_sooner() -> None:
    assert accepted(at=DEPARTURE - 10 * MINUTE).hold_expires_at == DEPARTURE


@pytest.mark.parametrize("made", [NOW, DEPARTURE - HOUR])
def test_too_late_when_accepted_after_the_deadline(made: datetime) -> None:
    deadline = min(made + 24 * HOUR, DEPARTURE)
    booking = pending(created_at=made)
    with pytest.raises(BookingTooLate):
        booking.accept(AS_DRIVER, deadline, HOLD)
    assert booking.status is BookingStatus.PENDING
    booking.accept(AS_DRIVER, deadline - SECOND, HOLD)
    assert booking.stage is BookingStage.ACCEPTED


def test_accepted_by_the_system_when_the_driver_said_yes_beforehand() -> None:
    booking = pending()
    booking.accept_at_once(NOW, HOLD)
    assert (booking.status, booking.hold_expires_at) == (BookingStatus.ACCEPTED, NOW + HOLD)
    last = booking.changes[-1]
    assert (last.to_status, last.by.party, last.meta) == ("accepted", Party.SYSTEM, {"automatic": 1})


@pytest.mark.parametrize(("age", "is_overdue"), [(24 * HOUR - SECOND, False), (24 * HOUR, True)])
def test_overdue_when_nobody_answered_for_a_day(age: timedelta, is_overdue: bool) -> None:
    assert pending().is_overdue(NOW + age) is is_overdue


def test_overdue_when_nobody_answered_before_departure() -> None:
    booking = pending(created_at=DEPARTURE - HOUR)
    assert not booking.is_overdue(DEPARTURE - SECOND)
    assert booking.is_overdue(DEPARTURE)


def test_overdue_when_the_hold_has_ended() -> None:
    booking = accepted()
    assert not booking.is_overdue(NOW + HOLD - SECOND)
    assert booking.is_overdue(NOW + HOLD)


def test_never_overdue_when_paid_or_over() -> None:
    over = accepted()
    over.expire(NOW + HOLD)
    assert not any(booking.is_overdue(NOW + 1000 * HOUR) for booking in (paid(), checked_in(), over))


@pytest.mark.parametrize("make", [pending, accepted])
def test_cancelled_for_the_reason_expired_when_it_expires(make: Callable[[], Booking]) -> None:
    booking = make()
    booking.expire(NOW + HOLD)
    assert (booking.status, booking.cancelled_by, booking.cancel_reason) == (
        BookingStatus.CANCELLED,
        Party.SYSTEM,
        "expired",
    )


def test_refused_when_a_paid_booking_expires() -> None:
    with pytest.raises(InvalidTransition):
        paid().expire(NOW)


def test_payable_when_accepted_and_the_hold_is_alive() -> None:
    accepted().require_payable(NOW + HOLD - SECOND)


def test_not_payable_when_the_hold_has_ended() -> None:
    with pytest.raises(NotPayable):
        accepted().require_payable(NOW + HOLD)


@pytest.mark.parametrize("make", [pending, paid])
def test_not_payable_when_not_accepted(make: Callable[[], Booking]) -> None:
    booking = make()
    with pytest.raises(NotPayable) as caught:
        booking.require_payable(NOW)
    assert caught.value.facts() == {"status": booking.status}


def test_hold_over_when_paid() -> None:
    booking = paid()
    assert (booking.status, booking.paid_at, booking.hold_expires_at) == (BookingStatus.PAID, NOW, None)


def test_left_unpaid_when_the_hold_ended_without_money() -> None:
    booking = accepted()
    assert not booking.was_left_unpaid
    booking.expire(NOW + HOLD)
    assert booking.was_left_unpaid


def test_not_left_unpaid_when_the_driver_never_answered() -> None:
    booking = pending()
    booking.expire(NOW + 24 * HOUR)
    assert not booking.was_left_unpaid


def test_not_left_unpaid_when_cancelled_for_another_reason() -> None:
    booking = accepted()
    booking.expire(NOW + HOLD)
    booking.cancel_reason = "changed plans"
    assert not booking.was_left_unpaid


def test_payable_again_when_its_money_came_late() -> None:
    booking = accepted()
    booking.expire(NOW + HOLD)
    booking.revive(NOW + HOUR, HOLD)
    assert (booking.status, booking.cancelled_by, booking.cancel_reason) == (BookingStatus.ACCEPTED, None, None)
    booking.pay(NOW + HOUR)
    assert [change.to_status for change in booking.changes] == ["pending", "accepted", "cancelled", "accepted", "paid"]


@pytest.mark.parametrize(
    "at", [DEPARTURE - 2 * HOUR, DEPARTURE, DEPARTURE + 6 * HOUR], ids=["opens", "departure", "closes"]
)
def test_checked_in_when_the_window_is_open(at: datetime) -> None:
    booking = paid()
    booking.check_in(booking.qr_code, AS_DRIVER, at)
    assert (booking.status, booking.stage, booking.checked_in_at) == (BookingStatus.PAID, BookingStage.CHECKED_IN, at)


@pytest.mark.parametrize("at", [DEPARTURE - 2 * HOUR - SECOND, DEPARTURE + 6 * HOUR + SECOND])
def test_refused_when_the_window_is_closed(at: datetime) -> None:
    booking = paid()
    with pytest.raises(CheckinClosed) as caught:
        booking.check_in(booking.qr_code, AS_DRIVER, at)
    assert caught.value.facts() == {"opens_at": DEPARTURE - 2 * HOUR, "closes_at": DEPARTURE + 6 * HOUR}
    assert booking.checked_in_at is None


def test_refused_when_the_code_is_wrong() -> None:
    booking = paid()
    with pytest.raises(WrongCheckinCode):
        booking.check_in("WRONG", AS_DRIVER, DEPARTURE)
    assert booking.checked_in_at is None


def test_wrong_code_told_first_when_the_window_is_closed_too() -> None:
    with pytest.raises(WrongCheckinCode):
        paid().check_in("WRONG", AS_DRIVER, NOW)


def test_unchanged_when_checked_in_again() -> None:
    booking = checked_in()
    lines = len(booking.changes)
    booking.check_in(short_code(booking.qr_code), AS_DRIVER, DEPARTURE + 24 * HOUR)
    assert (booking.checked_in_at, len(booking.changes)) == (DEPARTURE, lines)


def test_unchanged_when_checked_in_again_on_the_way() -> None:
    booking = checked_in()
    booking.start(AS_DRIVER, DEPARTURE)
    booking.check_in(booking.qr_code, AS_DRIVER, DEPARTURE + HOUR)
    assert booking.stage is BookingStage.STARTED


def test_wrong_code_refused_when_checked_in_already() -> None:
    with pytest.raises(WrongCheckinCode):
        checked_in().check_in("WRONG", AS_DRIVER, DEPARTURE)


def test_refused_when_checked_in_before_the_money() -> None:
    booking = accepted()
    with pytest.raises(InvalidTransition):
        booking.check_in(booking.qr_code, AS_DRIVER, DEPARTURE)


def test_forbidden_when_the_passenger_checks_himself_in() -> None:
    booking = paid()
    with pytest.raises(Forbidden):
        booking.check_in(booking.qr_code, Actor(Party.PASSENGER, PASSENGER.id), DEPARTURE)


def test_started_and_ended_without_a_clock_when_checked_in() -> None:
    booking = checked_in()
    booking.start(AS_DRIVER, NOW)
    assert (booking.status, booking.stage, booking.started_at) == (BookingStatus.PAID, BookingStage.STARTED, NOW)
    booking.end(AS_DRIVER, NOW + HOUR)
    assert (booking.status, booking.ended_at) == (BookingStatus.COMPLETED, NOW + HOUR)


def test_refused_when_started_without_check_in() -> None:
    with pytest.raises(InvalidTransition):
        paid().start(AS_DRIVER, DEPARTURE)


def test_refused_when_ended_without_a_start() -> None:
    with pytest.raises(InvalidTransition):
        checked_in().end(AS_DRIVER, DEPARTURE)


def test_every_step_written_down_when_a_ride_runs_its_course() -> None:
    booking = checked_in()
    booking.start(AS_DRIVER, DEPARTURE)
    booking.end(AS_DRIVER, DEPARTURE + 3 * HOUR)
    assert [(c.from_status, c.to_status, c.by.party, dict(c.meta)) for c in booking.changes] == [
        (None, "pending", "passenger", {"seats": 1}),
        ("pending", "accepted", "driver", {}),
        ("accepted", "paid", "provider", {}),
        ("paid", "paid", "driver", {"stage": "checked_in"}),
        ("paid", "paid", "driver", {"stage": "started"}),
        ("paid", "completed", "driver", {}),
    ]
    assert [c.at for c in booking.changes[-2:]] == [DEPARTURE, DEPARTURE + 3 * HOUR]


def test_short_code_has_eight_characters_to_type_when_printed() -> None:
    codes = {short_code(f"token-{n}") for n in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 8 and code.isalnum() and code.isupper() for code in codes)
    assert short_code("a") == short_code("a")


@pytest.mark.parametrize("spell", [str, str.lower, lambda c: f" {c[:4]} {c[4:]} ", lambda c: f"{c[:4]}-{c[4:]}"])
def test_matches_when_the_short_code_is_typed_in_any_way(spell: Callable[[str], str]) -> None:
    assert code_matches(spell(short_code("Token")), "Token")


def test_matches_when_the_token_is_read_exactly() -> None:
    assert code_matches("Token", "Token")
    assert code_matches(" Token\n", "Token")
    assert not code_matches("token", "Token")


@pytest.mark.parametrize("code", ["", " ", "Toke", "Tokens", "0" * 8, "é", chr(0xD800), short_code("Other")])
def test_no_match_when_it_is_anything_else(code: str) -> None:
    assert not code_matches(code, "Token")


def test_side_named_when_somebody_is_on_the_booking() -> None:
    driver, passenger = new_id(), new_id()
    assert party_of(driver, driver_id=driver, passenger_id=passenger) is Party.DRIVER
    assert party_of(passenger, driver_id=driver, passenger_id=passenger) is Party.PASSENGER
    assert party_of(new_id(), driver_id=driver, passenger_id=passenger) is None


def test_reason_and_fee_are_kept_when_a_paid_booking_is_cancelled() -> None:
    booking = paid()
    booking.cancel(Actor(Party.PASSENGER, PASSENGER.id), NOW, "ill", fee=1_800)
    assert (booking.cancelled_by, booking.cancel_reason, booking.cancel_fee) == (Party.PASSENGER, "ill", 1_800)
    assert booking.changes[-1].meta == {"reason": "cancelled", "fee": 1_800}


def test_no_fee_is_kept_when_nothing_was_paid() -> None:
    booking = accepted()
    booking.cancel(AS_DRIVER, NOW, "ill")
    assert (booking.cancel_fee, booking.changes[-1].meta) == (None, {"reason": "cancelled"})


@pytest.mark.parametrize(
    ("step", "by", "opens"),
    [
        (lambda b, by, at: b.no_show(by, at, fee=0), AS_DRIVER, DEPARTURE + 30 * MINUTE),
        (lambda b, by, at: b.driver_no_show(by, at), Actor(Party.PASSENGER, PASSENGER.id), DEPARTURE + 15 * MINUTE),
    ],
)
def test_too_early_when_nobody_is_late_yet(step: Callable[..., None], by: Actor, opens: datetime) -> None:
    with pytest.raises(TooEarly) as refused:
        step(paid(), by, opens - SECOND)
    assert refused.value.opens_at == opens
    booking = paid()
    step(booking, by, opens)
    assert booking.status is BookingStatus.CANCELLED


def test_job_waits_for_no_quarter_of_an_hour_when_it_judges() -> None:
    booking = paid()
    booking.no_show(SYSTEM, DEPARTURE, fee=6_000)
    assert booking.cancelled_by is Party.SYSTEM


def test_answer_is_awaited_for_a_day_when_a_side_was_asked() -> None:
    booking = paid()
    booking.ask(DEPARTURE)
    assert not booking.is_unanswered(DEPARTURE + 24 * HOUR - SECOND)
    assert booking.is_unanswered(DEPARTURE + 24 * HOUR)


def test_money_is_freed_when_the_driver_never_answered() -> None:
    booking = paid()
    booking.driver_no_show(Actor(Party.PASSENGER, PASSENGER.id), DEPARTURE + HOUR)
    assert booking.is_frozen
    booking.give_back(DEPARTURE + 25 * HOUR)
    assert (booking.is_frozen, booking.cancel_reason) == (False, "driver_no_show")


def test_nothing_to_contest_when_the_driver_was_asked_a_day_ago() -> None:
    booking = paid()
    booking.driver_no_show(Actor(Party.PASSENGER, PASSENGER.id), DEPARTURE + HOUR)
    with pytest.raises(Forbidden):
        booking.contest(Actor(Party.PASSENGER, PASSENGER.id), DEPARTURE + 2 * HOUR)
    with pytest.raises(NothingToContest):
        booking.contest(AS_DRIVER, DEPARTURE + 25 * HOUR)
    booking.contest(AS_DRIVER, DEPARTURE + 25 * HOUR - SECOND)
    assert booking.contested_at == DEPARTURE + 25 * HOUR - SECOND
    assert not booking.is_unanswered(DEPARTURE + 99 * HOUR)


def test_completed_by_the_system_when_nobody_ended_it() -> None:
    booking = checked_in()
    booking.complete(SYSTEM, DEPARTURE + 99 * HOUR)
    assert (booking.status, booking.changes[-1].meta) == (BookingStatus.COMPLETED, {"automatic": 1})
