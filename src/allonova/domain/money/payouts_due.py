"""Whom a run pays, and whom it does not (money.md, Payouts; Who may take money out)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.rules import PayoutSchedule


class SkipReason(StrEnum):
    """Why somebody who has earned something is not paid now; the first of these that is true."""

    SUSPENDED = "suspended"
    KYC_MISSING = "kyc_missing"
    NO_ACCOUNT = "no_account"
    METHOD_UNAVAILABLE = "method_unavailable"
    RECENTLY_CHANGED = "recently_changed"
    BELOW_MINIMUM = "below_minimum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earner:
    """A driver to whom we owe `payable` francs; `withheld` is how much more it would be without what he was charged
    since his last payout. `account_id` names the payout account that `phone` is sealed to; without one `phone` is his
    own verified number, as it is.
    """

    driver_id: UUID
    payable: int
    withheld: int
    is_active: bool
    has_identity: bool
    has_changed: bool
    account_id: UUID | None
    method: PayoutMethod
    phone: str | None


def reason_to_skip(earner: Earner, *, minimum: int, methods: Collection[PayoutMethod]) -> SkipReason | None:
    """Why he is not paid now; None when he is."""
    found = {
        SkipReason.SUSPENDED: not earner.is_active,
        SkipReason.KYC_MISSING: not earner.has_identity,
        SkipReason.NO_ACCOUNT: earner.phone is None,
        SkipReason.METHOD_UNAVAILABLE: earner.method not in methods,
        SkipReason.RECENTLY_CHANGED: earner.has_changed,
        SkipReason.BELOW_MINIMUM: earner.payable < minimum,
    }
    return next((reason for reason, is_true in found.items() if is_true), None)


def payout_day(schedule: PayoutSchedule, today: date) -> date:
    """The last day on which drivers were due to be paid by themselves: today, or the week's Monday."""
    return today if schedule is PayoutSchedule.DAILY else today - timedelta(days=today.weekday())


def earned_until(day: date, now: datetime) -> datetime:
    """A scheduled run pays what was earned before that day began in Abidjan (which keeps UTC all year)."""
    return now.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0)
