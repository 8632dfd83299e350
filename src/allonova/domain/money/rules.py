"""The figures of money, with the defaults of money.md where it has them (docs/decisions/0064)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

SAFE_AFTER = timedelta(hours=24)  # money.md: no money leaves for 24 h after a change of phone, password, account
NEVER_OPENED_AFTER = timedelta(minutes=15)  # a payment that its provider still does not know came to nothing
OPEN_TOPUPS = 3  # of one person, under way at a time
HINTS_APART = timedelta(seconds=5)  # of one payment: whoever floods us does not flood its provider
ASK_AFTER = timedelta(minutes=5)  # money.md, Payments: reconciliation of payments older than 5 minutes


class PayoutSchedule(StrEnum):
    """How often drivers are paid by themselves."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRules:
    """Settings of the back office about money. Francs."""

    payout_minimum: int = 5_000
    payout_schedule: PayoutSchedule = PayoutSchedule.WEEKLY
    four_eyes_amount: int = 500_000
    support_refund_limit: int = 10_000
    withdraw_minimum: int = 500
    withdraw_daily_limit: int = 200_000
    withdraw_daily_count: int = 5
    topup_minimum: int = 500
    topup_limit: int = 500_000
    wallet_limit: int = 1_000_000
    referral_bonus_referrer: int = 1_000
    referral_bonus_referee: int = 500
    enable_wallet: bool = True
    legal_retention_days: int = 3_650  # allocar.md, DELETE /me: papers and what the books say of a phone


type MoneyRulesNow = Callable[[], MoneyRules]
"""The rules as they stand: settings may change while the service runs."""
