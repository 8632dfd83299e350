"""What goes back: out of a wallet, by shares, and by whose word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allonova.domain.carpool.fares import Kept, Parting, booking_cancelled, ride_completed, share_back
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import InsufficientFunds
from allonova.domain.kernel.machine import Party
from allonova.domain.money.journal import LOSS, REFUNDS_DUE
from allonova.domain.money.refund import LossDecided, RefundStatus, SameAdmin
from allonova.domain.money.wallet import TxnSource, TxnType, Wallet
from tests.support.factories import NOW, a_booking, a_driver, a_payment, a_refund, a_trip, a_user, new_id

DRIVER = a_driver()
BOOKING = a_booking(a_trip(DRIVER), a_user())
ADMIN, OTHER = Actor(Party.ADMIN, new_id()), Actor(Party.ADMIN, new_id())


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.lists(st.integers(1, 10**6), max_size=8))
def test_nobody_gives_more_than_he_got_in_however_many_parts(kept: int, part: int, amounts: list[int]) -> None:
    commission, before, ours, theirs = min(part, kept), 0, 0, 0
    for amount in [min(each, kept) for each in amounts]:
        if before + amount > kept:
            break
        (_, driver), (_, platform) = share_back(
            amount, kept=kept, commission=commission, driver_id=DRIVER.id, before=before
        )
        assert min(driver, platform) >= 0
        before, theirs, ours = before + amount, theirs + driver, ours + platform
    assert ours <= commission
    assert theirs <= kept - commission
    if before == kept:
        assert (ours, theirs) == (commission, kept - commission)


def test_kept_is_what_the_entry_says() -> None:
    assert Kept.of(ride_completed(new_id(), BOOKING, DRIVER.id, NOW)) == Kept(5_400, 600)
    parting = Parting.of(a_payment(BOOKING), withheld=1_800, commission=180)
    entry = booking_cancelled(new_id(), BOOKING, DRIVER.id, parting, NOW, gone=1_000)
    assert Kept.of(entry) == Kept(1_620, 180)
    francs = {posting.account: posting.amount for posting in entry.postings}
    assert (francs[REFUNDS_DUE], francs[LOSS]) == (3_200, 1_000)
    assert Kept.of(None).whole == 0


@pytest.mark.parametrize(
    ("balance", "spend_only", "amount", "is_card", "left"),
    [
        (10_000, 6_000, 5_000, True, 1_000),
        (10_000, 6_000, 7_000, True, 0),
        (10_000, 6_000, 4_000, False, 6_000),
        (10_000, 6_000, 5_000, False, 5_000),
        (10_000, 0, 10_000, True, 0),
    ],
)
def test_top_up_leaves_its_own_francs_first(
    balance: int, spend_only: int, amount: int, is_card: bool, left: int
) -> None:
    purse = Wallet(
        id=new_id(), user_id=new_id(), balance=balance, spend_only=spend_only, created_at=NOW, updated_at=NOW
    )
    purse.give_back(new_id(), amount, new_id(), NOW, spend_only=is_card)
    assert (purse.balance, purse.spend_only) == (balance - amount, left)
    (line,) = purse.txns
    assert (line.type, line.source, line.amount) == (TxnType.DEBIT, TxnSource.REFUND, amount)
    with pytest.raises(InsufficientFunds):
        purse.give_back(new_id(), balance - amount + 1, new_id(), NOW, spend_only=is_card)


def test_rejected_by_another_with_his_reason() -> None:
    refund = a_refund(a_payment(BOOKING), status=RefundStatus.AWAITING_APPROVAL, requested_by=ADMIN.id)
    with pytest.raises(SameAdmin):
        refund.reject(ADMIN, NOW, reason="No.")
    refund.reject(OTHER, NOW, reason="No.")
    assert (refund.status, refund.failure_code, refund.failure_message) == (RefundStatus.REJECTED, "rejected", "No.")


def test_loss_is_decided_once() -> None:
    taken = a_refund(a_payment(BOOKING))
    taken.bear(ADMIN, "Fraud.", NOW + timedelta(hours=1))
    assert (taken.decided_by, taken.reason, taken.updated_at) == (ADMIN.id, "Fraud.", NOW + timedelta(hours=1))
    with pytest.raises(LossDecided):
        taken.bear(OTHER, "No.", NOW)
