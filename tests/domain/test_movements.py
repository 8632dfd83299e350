"""Every row of money.md's books: what is debited, what credited, and what its entry says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from allonova.domain.carpool.fares import (
    Kept,
    Parting,
    booking_cancelled,
    booking_paid,
    driver_penalty,
    fee_from_wallet,
    payment_without_booking,
    ride_completed,
    share_back,
)
from allonova.domain.money.journal import (
    COMMISSION,
    ESCROW,
    LOSS,
    PAYOUTS_IN_FLIGHT,
    PENALTIES,
    PROMO_EXPENSE,
    PROVIDER_COST,
    REFUNDS_DUE,
    Account,
    AccountKind,
    Entry,
    EntryKind,
    clearing,
    driver_payable,
    gather,
    wallet,
)
from allonova.domain.money.movements import (
    beyond_won,
    chargeback_won,
    loss_to_driver,
    payout_done,
    payout_returned,
    payout_started,
    provider_charged,
    refund_owed,
    refund_sent,
    refund_to_wallet,
    taken_beyond,
    wallet_topped_up,
)
from allonova.domain.money.payment import Method
from allonova.domain.money.payout import Payout, PayoutKind, PayoutMethod
from allonova.domain.money.referral import referral_bonus
from tests.support.factories import (
    HOUR,
    NOW,
    a_booking,
    a_driver,
    a_payment,
    a_referral,
    a_refund,
    a_trip,
    a_user,
    new_id,
)

AT = NOW + HOUR
ID, OTHER = new_id(), new_id()
PAYER, DRIVER = a_user(), a_driver()
BOOKING = a_booking(a_trip(DRIVER), PAYER, seats=2)
PAYMENT = a_payment(BOOKING, discount=2_000)
TOPUP = a_payment(BOOKING, method=Method.MTN, booking_id=None)
REFUND = a_refund(PAYMENT, amount=5_000)
PAYOUT = Payout(
    id=new_id(),
    driver_id=DRIVER.id,
    kind=PayoutKind.EARNINGS,
    amount=7_000,
    method=PayoutMethod.MTN,
    phone="sealed",
    scheduled_at=NOW,
    created_at=NOW,
    updated_at=NOW,
)
WITHDRAWAL = replace(PAYOUT, id=new_id(), kind=PayoutKind.WITHDRAWAL, method=PayoutMethod.WAVE)
REFERRAL = a_referral(PAYER, DRIVER.user, bonus_referrer=1_000, bonus_referee=500)
PARTING = Parting(fee=3_000, commission=300, back=7_000, promo_back=2_000)
PAYABLE, PURSE = driver_payable(DRIVER.id), wallet(PAYER.id)


@dataclass(frozen=True)
class Row:
    """An entry as the books want it."""

    make: Callable[[], Entry]
    kind: EntryKind
    ref: tuple[str, UUID]
    amounts: dict[Account, int]


ROWS = [
    Row(
        lambda: booking_paid(ID, PAYMENT, AT),
        EntryKind.BOOKING_PAID,
        ("payment", PAYMENT.id),
        {clearing("wave"): -12_000, PROMO_EXPENSE: -2_000, ESCROW: 14_000},
    ),
    Row(
        lambda: payment_without_booking(ID, PAYMENT, AT),
        EntryKind.PAYMENT_WITHOUT_BOOKING,
        ("payment", PAYMENT.id),
        {clearing("wave"): -12_000, REFUNDS_DUE: 12_000},
    ),
    Row(
        lambda: wallet_topped_up(ID, TOPUP, AT),
        EntryKind.WALLET_TOPPED_UP,
        ("payment", TOPUP.id),
        {clearing("mtn"): -12_000, PURSE: 12_000},
    ),
    Row(
        lambda: provider_charged(ID, "card", "payment", OTHER, 250, AT),
        EntryKind.PROVIDER_CHARGED,
        ("payment", OTHER),
        {PROVIDER_COST: -250, clearing("card"): 250},
    ),
    Row(
        lambda: ride_completed(ID, BOOKING, DRIVER.id, AT),
        EntryKind.RIDE_COMPLETED,
        ("booking", BOOKING.id),
        {ESCROW: -12_000, PAYABLE: 10_800, COMMISSION: 1_200},
    ),
    Row(
        lambda: booking_cancelled(ID, BOOKING, DRIVER.id, PARTING, AT, gone=1_000),
        EntryKind.BOOKING_CANCELLED,
        ("booking", BOOKING.id),
        {ESCROW: -12_000, PAYABLE: 2_700, COMMISSION: 300, REFUNDS_DUE: 6_000, LOSS: 1_000, PROMO_EXPENSE: 2_000},
    ),
    Row(
        lambda: fee_from_wallet(ID, BOOKING, DRIVER.id, fee=3_000, commission=300, at=AT),
        EntryKind.FEE_FROM_WALLET,
        ("booking", BOOKING.id),
        {PURSE: -3_000, PAYABLE: 2_700, COMMISSION: 300},
    ),
    Row(
        lambda: driver_penalty(ID, DRIVER.id, 1_000, ref_type="trip", ref_id=OTHER, at=AT),
        EntryKind.DRIVER_PENALTY,
        ("trip", OTHER),
        {PAYABLE: -1_000, PENALTIES: 1_000},
    ),
    Row(
        lambda: refund_owed(ID, REFUND, AT, (PAYABLE, 4_500), (COMMISSION, 500)),
        EntryKind.REFUND_OWED,
        ("refund", REFUND.id),
        {PAYABLE: -4_500, COMMISSION: -500, REFUNDS_DUE: 5_000},
    ),
    Row(
        lambda: refund_sent(ID, REFUND, PAYMENT, AT),
        EntryKind.REFUND_SENT,
        ("refund", REFUND.id),
        {REFUNDS_DUE: -5_000, clearing("wave"): 5_000},
    ),
    Row(
        lambda: refund_to_wallet(ID, REFUND, AT),
        EntryKind.REFUND_TO_WALLET,
        ("refund", REFUND.id),
        {REFUNDS_DUE: -5_000, PURSE: 5_000},
    ),
    Row(
        lambda: chargeback_won(ID, REFUND, PAYMENT, AT),
        EntryKind.CHARGEBACK_WON,
        ("refund", REFUND.id),
        {clearing("wave"): -5_000, LOSS: 5_000},
    ),
    Row(
        lambda: chargeback_won(ID, REFUND, PAYMENT, AT, to=PAYABLE),
        EntryKind.CHARGEBACK_WON,
        ("refund", REFUND.id),
        {clearing("wave"): -5_000, PAYABLE: 5_000},
    ),
    Row(
        lambda: taken_beyond(ID, PAYMENT, 3_000, AT),
        EntryKind.TAKEN_BEYOND,
        ("payment", PAYMENT.id),
        {LOSS: -3_000, clearing("wave"): 3_000},
    ),
    Row(
        lambda: beyond_won(ID, PAYMENT, 3_000, AT),
        EntryKind.CHARGEBACK_WON,
        ("payment", PAYMENT.id),
        {clearing("wave"): -3_000, LOSS: 3_000},
    ),
    Row(
        lambda: loss_to_driver(ID, REFUND, DRIVER.id, AT),
        EntryKind.LOSS_TO_DRIVER,
        ("refund", REFUND.id),
        {PAYABLE: -5_000, LOSS: 5_000},
    ),
    Row(
        lambda: payout_started(ID, PAYOUT, AT),
        EntryKind.PAYOUT_STARTED,
        ("payout", PAYOUT.id),
        {PAYABLE: -7_000, PAYOUTS_IN_FLIGHT: 7_000},
    ),
    Row(
        lambda: payout_started(ID, WITHDRAWAL, AT),
        EntryKind.PAYOUT_STARTED,
        ("payout", WITHDRAWAL.id),
        {wallet(DRIVER.id): -7_000, PAYOUTS_IN_FLIGHT: 7_000},
    ),
    Row(
        lambda: payout_done(ID, PAYOUT, AT),
        EntryKind.PAYOUT_DONE,
        ("payout", PAYOUT.id),
        {PAYOUTS_IN_FLIGHT: -7_000, clearing("mtn"): 7_000},
    ),
    Row(
        lambda: payout_returned(ID, PAYOUT, AT),
        EntryKind.PAYOUT_RETURNED,
        ("payout", PAYOUT.id),
        {PAYOUTS_IN_FLIGHT: -7_000, PAYABLE: 7_000},
    ),
    Row(
        lambda: payout_returned(ID, WITHDRAWAL, AT),
        EntryKind.PAYOUT_RETURNED,
        ("payout", WITHDRAWAL.id),
        {PAYOUTS_IN_FLIGHT: -7_000, wallet(DRIVER.id): 7_000},
    ),
    Row(
        lambda: referral_bonus(ID, REFERRAL, AT),
        EntryKind.REFERRAL_BONUS,
        ("referral", REFERRAL.id),
        {PROMO_EXPENSE: -1_500, PURSE: 1_000, wallet(DRIVER.id): 500},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}-{ROWS.index(row)}")
def test_as_the_books_say_when_francs_move(row: Row) -> None:
    entry = row.make()
    assert {posting.account: posting.amount for posting in entry.postings} == row.amounts
    assert (entry.id, entry.kind, entry.created_at) == (ID, row.kind, AT)
    assert (entry.ref_type, entry.ref_id) == row.ref


def test_every_kind_of_entry_is_there_when_counted() -> None:
    assert {row.kind for row in ROWS} == set(EntryKind)


def test_accounts_are_named_by_their_owners() -> None:
    assert clearing("wave") == Account(AccountKind.CLEARING, "wave")
    assert Account(AccountKind.DRIVER_PAYABLE, str(DRIVER.id)) == PAYABLE
    assert Account(AccountKind.WALLET, str(PAYER.id)) == PURSE


def test_left_out_when_nothing_is_taken_from_an_account() -> None:
    assert [posting.amount for posting in gather(ESCROW, (PURSE, 0), (PROMO_EXPENSE, 1))] == [-1, 1]


def test_found_in_the_entry_what_driver_and_platform_kept() -> None:
    for entry in (
        ride_completed(ID, BOOKING, DRIVER.id, AT),
        fee_from_wallet(ID, BOOKING, DRIVER.id, fee=12_000, commission=1_200, at=AT),
    ):
        kept = Kept.of(entry)
        assert (kept.driver_part, kept.commission, kept.whole) == (10_800, 1_200, 12_000)
    assert Kept.of(None) == Kept(0, 0)
    assert Kept.of(payment_without_booking(ID, PAYMENT, AT)) == Kept(0, 0)


def test_each_gives_back_his_share_in_however_many_parts() -> None:
    given = before = 0
    for amount in (1, 999, 4_000, 7_000):
        (payable, driver), (commission, ours) = share_back(
            amount, kept=12_000, commission=1_200, driver_id=DRIVER.id, before=before
        )
        assert (payable, commission, driver + ours) == (PAYABLE, COMMISSION, amount)
        given, before = given + ours, before + amount
    assert given == 1_200
    assert share_back(5_000, kept=12_000, commission=1_200, driver_id=DRIVER.id) == (
        (PAYABLE, 4_500),
        (COMMISSION, 500),
    )
