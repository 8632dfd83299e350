"""Where somebody's money may leave to, and when (money.md, Who may take money out)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from allonova.domain.kernel.errors import Conflict
from allonova.domain.money.payout import PayoutMethod
from allonova.domain.money.rules import SAFE_AFTER, PayoutSchedule

MONDAY = 0


@dataclass(eq=False)
class NoPayoutAccount(Conflict):
    """There is neither a verified phone nor another number that a code came back from."""


@dataclass(eq=False)
class RecentlyChanged(Conflict):
    """Phone, e-mail, password or payout account changed lately: no money leaves before `until`."""

    until: datetime


@dataclass(eq=False)
class WithdrawLimitReached(Conflict):
    """The withdrawals of the day would be more than they may; `left` francs and `times` are, `until` the day ends."""

    left: int
    times: int
    until: datetime


@dataclass(slots=True, kw_only=True)
class PayoutAccount:
    """The number that somebody wants his money at; one a person. A code came back from it, or it is his own verified
    phone. `phone` is sealed. Whoever has none is paid by Wave at his verified phone.
    """

    id: UUID
    user_id: UUID
    method: PayoutMethod
    phone: str
    confirmed_at: datetime
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def become(self, method: PayoutMethod, sealed_phone: str, at: datetime) -> None:
        """Another one from now on."""
        self.method, self.phone = method, sealed_phone
        self.confirmed_at = self.updated_at = at


DEFAULT_METHOD = PayoutMethod.WAVE


def account_context(account_id: UUID) -> str:
    """What a payout account's number is sealed to."""
    return f"payout_accounts.phone:{account_id}"


def payout_context(payout_id: UUID) -> str:
    """What a payout's number is sealed to."""
    return f"payouts.phone:{payout_id}"


def safe_from(changed_at: datetime | None, now: datetime) -> datetime | None:
    """Until when nothing leaves after the last change of what guards an account; None when it may leave."""
    if changed_at is None or now >= changed_at + SAFE_AFTER:
        return None
    return changed_at + SAFE_AFTER


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """The day in Abidjan (which keeps UTC all year) that an instant falls on: its first instant and the next one's."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """What left a wallet, or is on its way: how many francs, how many times."""

    total: int = 0
    count: int = 0

    def require_room(self, amount: int, *, limit: int, times: int, now: datetime) -> None:
        """Refuse what would be too much for a day. Raises WithdrawLimitReached."""
        if self.count >= times or self.total + amount > limit:
            left, tries = max(0, limit - self.total), max(0, times - self.count)
            raise WithdrawLimitReached(left, tries, day_of(now)[1])


def next_payout_on(schedule: PayoutSchedule, today: date) -> date:
    """The next day on which drivers are paid by themselves: every day, or every Monday."""
    if schedule is PayoutSchedule.DAILY:
        return today + timedelta(days=1)
    return today + timedelta(days=7 - (today.weekday() - MONDAY) % 7)
