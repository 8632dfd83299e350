"""Whom a run pays, and on which days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.payout_account import next_payout_on
from allonova.domain.money.payouts_due import Earner, SkipReason, earned_until, payout_day, reason_to_skip
from allonova.domain.money.rules import PayoutSchedule
from tests.support.factories import NOW, new_id

SOUND = Earner(
    driver_id=new_id(), payable=5_000, withheld=0, is_active=True, has_identity=True, has_changed=False,
    account_id=None, method=PayoutMethod.WAVE, phone="+2250700000001",
)  # fmt: skip
WORSE: list[tuple[SkipReason, dict[str, Any]]] = [
    (SkipReason.BELOW_MINIMUM, {"payable": 4_999}),
    (SkipReason.RECENTLY_CHANGED, {"has_changed": True}),
    (SkipReason.METHOD_UNAVAILABLE, {"method": PayoutMethod.MTN}),
    (SkipReason.NO_ACCOUNT, {"phone": None}),
    (SkipReason.KYC_MISSING, {"has_identity": False}),
    (SkipReason.SUSPENDED, {"is_active": False}),
]


def reason(earner: Earner) -> SkipReason | None:
    return reason_to_skip(earner, minimum=5_000, methods={PayoutMethod.WAVE})


def test_paid_when_nothing_stands_against_it() -> None:
    assert reason(SOUND) is None


@pytest.mark.parametrize(("expected", "given"), WORSE)
def test_skipped_when_one_thing_does(expected: SkipReason, given: dict[str, Any]) -> None:
    assert reason(replace(SOUND, **given)) is expected


def test_weightiest_reason_is_told_when_there_are_several() -> None:
    earner = SOUND
    for expected, given in WORSE:
        earner = replace(earner, **given)
        assert reason(earner) is expected


def test_week_is_paid_on_its_monday_and_each_day_on_itself() -> None:
    monday = date(2025, 10, 6)
    for days in range(7):
        today = monday + timedelta(days=days)
        assert payout_day(PayoutSchedule.WEEKLY, today) == monday
        assert payout_day(PayoutSchedule.DAILY, today) == today


@pytest.mark.parametrize("schedule", PayoutSchedule)
def test_day_that_is_promised_is_the_next_one_that_pays(schedule: PayoutSchedule) -> None:
    for days in range(14):
        today = date(2025, 10, 6) + timedelta(days=days)
        promised = next_payout_on(schedule, today)
        assert payout_day(schedule, promised) == promised
        assert payout_day(schedule, promised - timedelta(days=1)) == payout_day(schedule, today)


def test_scheduled_run_ends_where_its_day_begins() -> None:
    assert earned_until(NOW.date(), NOW) == NOW.replace(hour=0)
    assert earned_until(date(2025, 9, 29), NOW).isoformat() == "2025-09-29T00:00:00+00:00"
