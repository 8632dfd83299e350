"""What a person keeps with us: every line of his statement, and what of it may leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from allonova.domain.kernel.errors import InsufficientFunds
from allonova.domain.money.wallet import NotWithdrawable, TxnSource, TxnStatus, TxnType, Wallet
from tests.support.factories import HOUR, NOW, new_id

LINE, REF = new_id(), new_id()
LATER = NOW + HOUR


def a_wallet(balance: int, spend_only: int = 0) -> Wallet:
    return Wallet(id=new_id(), user_id=new_id(), balance=balance, spend_only=spend_only, created_at=NOW, updated_at=NOW)


def line_of(wallet: Wallet) -> dict[str, Any]:
    """Its only line, whole."""
    (line,) = wallet.txns
    assert line.wallet_id == wallet.id
    assert (line.balance_after, wallet.updated_at) == (wallet.balance, LATER)
    names = ("id", "type", "amount", "source", "ref", "status", "created_at")
    return {name: getattr(line, name) for name in names}


def expected(
    kind: TxnType, amount: int, source: TxnSource, status: TxnStatus = TxnStatus.DONE, *, id: UUID = LINE
) -> dict[str, Any]:
    return {
        "id": id,
        "type": kind,
        "amount": amount,
        "source": source,
        "ref": REF,
        "status": status,
        "created_at": LATER,
    }


def test_free_to_leave_when_francs_come_in() -> None:
    wallet = a_wallet(1_000)
    wallet.credit(LINE, 500, TxnSource.TOPUP, REF, LATER)
    assert (wallet.balance, wallet.spend_only, wallet.withdrawable) == (1_500, 0, 1_500)
    assert line_of(wallet) == expected(TxnType.CREDIT, 500, TxnSource.TOPUP)


def test_only_to_be_spent_when_they_come_from_a_card_or_as_a_gift() -> None:
    wallet = a_wallet(1_000, 200)
    wallet.credit(LINE, 500, TxnSource.TOPUP, REF, LATER, spend_only=True)
    assert (wallet.balance, wallet.spend_only, wallet.withdrawable) == (1_500, 700, 800)


@pytest.mark.parametrize(("amount", "spend_only"), [(300, 400), (700, 0), (900, 0), (1_000, 0)])
def test_spent_first_when_francs_can_be_nothing_else_but_spent(amount: int, spend_only: int) -> None:
    wallet = a_wallet(1_000, 700)
    wallet.debit(LINE, amount, TxnSource.PAYMENT, REF, LATER)
    assert (wallet.balance, wallet.spend_only) == (1_000 - amount, spend_only)
    assert line_of(wallet) == expected(TxnType.DEBIT, amount, TxnSource.PAYMENT)


@pytest.mark.parametrize(
    "take",
    [
        lambda wallet: wallet.debit(LINE, 1_001, TxnSource.FEE, REF, NOW),
        lambda wallet: wallet.withdraw(LINE, 1_001, REF, NOW),
        lambda wallet: wallet.give_back(LINE, 1_001, REF, NOW, spend_only=False),
    ],
)
def test_never_below_zero_whatever_is_wanted(take: Callable[[Wallet], None]) -> None:
    wallet = a_wallet(1_000)
    with pytest.raises(InsufficientFunds) as refused:
        take(wallet)
    assert type(refused.value) is InsufficientFunds
    assert (wallet.balance, wallet.txns) == (1_000, [])


def test_covered_up_to_the_last_franc() -> None:
    assert a_wallet(1_000).covers(1_000)
    assert not a_wallet(1_000).covers(1_001)


def test_all_that_is_free_leaves_and_its_line_waits() -> None:
    wallet = a_wallet(1_000, 400)
    wallet.withdraw(LINE, 600, REF, LATER)
    assert (wallet.balance, wallet.spend_only) == (400, 400)
    assert line_of(wallet) == expected(TxnType.DEBIT, 600, TxnSource.PAYOUT, TxnStatus.PENDING)


def test_told_how_much_is_free_when_more_is_to_leave() -> None:
    with pytest.raises(NotWithdrawable) as refused:
        a_wallet(1_000, 400).withdraw(LINE, 601, REF, NOW)
    assert refused.value.withdrawable == 600


@pytest.mark.parametrize(
    ("amount", "was_spend_only", "spend_only", "withdrawable"),
    [
        (300, True, 100, 600),  # its own are still there
        (500, True, 0, 500),  # a hundred of them are spent: a hundred of the others go
        (300, False, 400, 300),
        (700, False, 300, 0),  # a hundred of the others are spent
    ],
)
def test_its_own_francs_first_when_a_topup_is_given_back(
    amount: int, was_spend_only: bool, spend_only: int, withdrawable: int
) -> None:
    wallet = a_wallet(1_000, 400)
    wallet.give_back(LINE, amount, REF, LATER, spend_only=was_spend_only)
    assert (wallet.spend_only, wallet.withdrawable) == (spend_only, withdrawable)
    assert line_of(wallet) == expected(TxnType.DEBIT, amount, TxnSource.REFUND)


def test_whole_again_when_a_withdrawal_came_to_nothing() -> None:
    wallet = a_wallet(1_000)
    wallet.take_back(600, LATER)
    assert (wallet.balance, wallet.updated_at, wallet.txns) == (1_600, LATER, [])
