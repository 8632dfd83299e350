"""When money may leave, how much of it in a day, and on which day drivers are paid."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from allonova.domain.kernel.errors import InsufficientFunds
from allonova.domain.money.payout_account import (
    Withdrawals,
    WithdrawLimitReached,
    day_of,
    next_payout_on,
    safe_from,
)
from allonova.domain.money.rules import PayoutSchedule
from allonova.domain.money.wallet import NotWithdrawable, TxnSource, TxnStatus, Wallet
from tests.support.factories import HOUR, NOW, SECOND, new_id

DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("age", "is_safe"),
    [(timedelta(0), False), (DAY - SECOND, False), (DAY, True), (30 * DAY, True)],
)
def test_money_is_safe_a_day_after_a_change(age: timedelta, is_safe: bool) -> None:
    assert safe_from(NOW - age, NOW) == (None if is_safe else NOW - age + DAY)
    assert safe_from(None, NOW) is None


def test_day_is_abidjans_when_an_instant_is_given() -> None:
    midnight = datetime(2025, 10, 1, tzinfo=UTC)
    for instant in (midnight, NOW, midnight + DAY - timedelta(microseconds=1)):
        assert day_of(instant) == (midnight, midnight + DAY)


@pytest.mark.parametrize(
    ("gone", "amount", "fits"),
    [
        (Withdrawals(), 10_000, True),
        (Withdrawals(), 10_001, False),
        (Withdrawals(9_000, 1), 1_000, True),
        (Withdrawals(9_000, 1), 1_001, False),
        (Withdrawals(1_000, 2), 500, False),
        (Withdrawals(20_000, 3), 500, False),
    ],
)
def test_day_has_room_for_its_limit_and_its_times(gone: Withdrawals, amount: int, fits: bool) -> None:
    if fits:
        gone.require_room(amount, limit=10_000, times=2, now=NOW)
        return
    with pytest.raises(WithdrawLimitReached) as refused:
        gone.require_room(amount, limit=10_000, times=2, now=NOW)
    told = refused.value
    assert (told.left, told.times, told.until) == (max(0, 10_000 - gone.total), max(0, 2 - gone.count), day_of(NOW)[1])


@pytest.mark.parametrize(
    ("schedule", "today", "expected"),
    [
        (PayoutSchedule.DAILY, date(2025, 12, 31), date(2026, 1, 1)),
        (PayoutSchedule.WEEKLY, date(2025, 10, 5), date(2025, 10, 6)),
        (PayoutSchedule.WEEKLY, date(2025, 10, 6), date(2025, 10, 13)),
        (PayoutSchedule.WEEKLY, date(2025, 10, 7), date(2025, 10, 13)),
        (PayoutSchedule.WEEKLY, date(2025, 10, 11), date(2025, 10, 13)),
    ],
)
def test_drivers_are_paid_next_on_the_schedules_day(schedule: PayoutSchedule, today: date, expected: date) -> None:
    assert next_payout_on(schedule, today) == expected


def a_purse() -> Wallet:
    """5,000 francs, of which 2,000 came from a card."""
    return Wallet(id=new_id(), user_id=new_id(), balance=5_000, spend_only=2_000, created_at=NOW, updated_at=NOW)


def test_line_waits_when_money_is_withdrawn() -> None:
    purse, ref = a_purse(), new_id()
    purse.withdraw(new_id(), 3_000, ref, NOW)
    assert (purse.balance, purse.spend_only, purse.withdrawable) == (2_000, 2_000, 0)
    (line,) = purse.txns
    assert (line.source, line.status, line.ref, line.balance_after) == (
        TxnSource.PAYOUT,
        TxnStatus.PENDING,
        ref,
        2_000,
    )
    purse.take_back(3_000, NOW)
    assert (purse.balance, purse.withdrawable) == (5_000, 3_000)


@pytest.mark.parametrize(("amount", "error"), [(3_001, NotWithdrawable), (5_001, InsufficientFunds)])
def test_nothing_is_withdrawn_when_it_is_not_there_or_not_free(amount: int, error: type[Exception]) -> None:
    purse = a_purse()
    with pytest.raises(error) as refused:
        purse.withdraw(new_id(), amount, new_id(), NOW)
    assert type(refused.value) is error
    assert (purse.balance, purse.txns) == (5_000, [])
