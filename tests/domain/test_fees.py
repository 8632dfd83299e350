"""Fees of cancelling, and the wallet that pays them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allonova.domain.carpool.rules import CancelWindow, Rules
from allonova.domain.kernel.errors import InsufficientFunds
from allonova.domain.money.wallet import TxnSource, TxnType, Wallet
from tests.support.factories import DEPARTURE, HOUR, NOW, SECOND, new_id

RULES = Rules()


@pytest.mark.parametrize(
    ("ahead", "percent"),
    [
        (48 * HOUR, 0),
        (24 * HOUR, 0),
        (24 * HOUR - SECOND, 30),
        (2 * HOUR, 30),
        (2 * HOUR - SECOND, 50),
        (SECOND, 50),
        (timedelta(0), 100),
        (-HOUR, 100),
    ],
)
def test_fee_follows_the_narrowest_window_when_a_passenger_cancels(ahead: timedelta, percent: int) -> None:
    assert RULES.passenger_fee(10_000, DEPARTURE, DEPARTURE - ahead) == 100 * percent


def test_order_does_not_matter_when_windows_are_set() -> None:
    rules = Rules(cancel_windows=(CancelWindow(2, 50), CancelWindow(24, 30), CancelWindow(72, 10)))
    fees = [rules.passenger_fee(1_000, DEPARTURE, DEPARTURE - hours * HOUR) for hours in (100, 71, 23, 1)]
    assert fees == [0, 100, 300, 500]


def test_rounded_half_up_when_the_fee_has_a_fraction() -> None:
    assert RULES.passenger_fee(4_555, DEPARTURE, DEPARTURE - HOUR) == 2_278
    assert Rules(no_show_percent=33).no_show_fee(50) == 17  # 16.5


@pytest.mark.parametrize(("ahead", "penalty"), [(24 * HOUR, 0), (24 * HOUR - SECOND, 1_000), (-HOUR, 1_000)])
def test_driver_is_fined_when_he_cancels_within_a_day(ahead: timedelta, penalty: int) -> None:
    assert RULES.penalty(DEPARTURE, DEPARTURE - ahead) == penalty


def a_wallet(balance: int) -> Wallet:
    return Wallet(id=new_id(), user_id=new_id(), balance=balance, created_at=NOW, updated_at=NOW)


def test_line_says_the_balance_when_francs_move() -> None:
    wallet, ref = a_wallet(1_000), new_id()
    wallet.debit(new_id(), 400, TxnSource.FEE, ref, NOW + HOUR)
    wallet.credit(new_id(), 50, TxnSource.REFUND, ref, NOW + HOUR)
    lines = [(txn.type, txn.amount, txn.source, txn.ref, txn.balance_after) for txn in wallet.txns]
    assert lines == [
        (TxnType.DEBIT, 400, TxnSource.FEE, ref, 600),
        (TxnType.CREDIT, 50, TxnSource.REFUND, ref, 650),
    ]
    assert (wallet.balance, wallet.updated_at) == (650, NOW + HOUR)


def test_insufficient_when_more_is_taken_than_there_is() -> None:
    wallet = a_wallet(1_000)
    with pytest.raises(InsufficientFunds):
        wallet.debit(new_id(), 1_001, TxnSource.FEE, new_id(), NOW)
    assert (wallet.balance, wallet.txns) == (1_000, [])
