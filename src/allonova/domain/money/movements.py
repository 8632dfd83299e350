"""How francs that are no fare move through the books (money.md, The books)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.domain.money.journal import (
    LOSS,
    PAYOUTS_IN_FLIGHT,
    PROVIDER_COST,
    REFUNDS_DUE,
    Account,
    Entry,
    EntryKind,
    Posting,
    clearing,
    driver_payable,
    gather,
    move,
    wallet,
)
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.payout import Payout, PayoutKind
from allonova.domain.money.refund import Refund


def came_from(payment: Payment) -> Account:
    """Where a payment's francs came from: the payer's wallet, or a provider's clearing account."""
    return wallet(payment.user_id) if payment.method is Method.WALLET else clearing(payment.method)


def wallet_topped_up(entry_id: UUID, payment: Payment, at: datetime) -> Entry:
    """The provider has the money; it is the payer's to spend."""
    postings = move(clearing(payment.method), (wallet(payment.user_id), payment.amount))
    return about("payment", payment.id, entry_id, EntryKind.WALLET_TOPPED_UP, postings, at)


def provider_charged(entry_id: UUID, provider: str, ref_type: str, ref_id: UUID, fees: int, at: datetime) -> Entry:
    """What a provider keeps for its service."""
    postings = move(PROVIDER_COST, (clearing(provider), fees))
    return about(ref_type, ref_id, entry_id, EntryKind.PROVIDER_CHARGED, postings, at)


def refund_owed(entry_id: UUID, refund: Refund, at: datetime, *sources: tuple[Account, int]) -> Entry:
    """What goes back is taken from where it went meanwhile."""
    return about("refund", refund.id, entry_id, EntryKind.REFUND_OWED, gather(REFUNDS_DUE, *sources), at)


def refund_sent(entry_id: UUID, refund: Refund, payment: Payment, at: datetime) -> Entry:
    """What was owed back left by the provider."""
    postings = move(REFUNDS_DUE, (clearing(payment.method), refund.amount))
    return about("refund", refund.id, entry_id, EntryKind.REFUND_SENT, postings, at)


def refund_to_wallet(entry_id: UUID, refund: Refund, at: datetime) -> Entry:
    """What was owed back is in the payer's wallet."""
    postings = move(REFUNDS_DUE, (wallet(refund.user_id), refund.amount))
    return about("refund", refund.id, entry_id, EntryKind.REFUND_TO_WALLET, postings, at)


def chargeback_won(entry_id: UUID, refund: Refund, payment: Payment, at: datetime, *, to: Account = LOSS) -> Entry:
    """The card's bank gave back what it had taken, to whoever bore it."""
    postings = move(clearing(payment.method), (to, refund.amount))
    return about("refund", refund.id, entry_id, EntryKind.CHARGEBACK_WON, postings, at)


def taken_beyond(entry_id: UUID, payment: Payment, amount: int, at: datetime) -> Entry:
    """More was taken from us than there was left of a payment: it had gone back another way."""
    postings = move(LOSS, (clearing(payment.method), amount))
    return about("payment", payment.id, entry_id, EntryKind.TAKEN_BEYOND, postings, at)


def beyond_won(entry_id: UUID, payment: Payment, amount: int, at: datetime) -> Entry:
    """The card's bank gave that back too."""
    postings = move(clearing(payment.method), (LOSS, amount))
    return about("payment", payment.id, entry_id, EntryKind.CHARGEBACK_WON, postings, at)


def loss_to_driver(entry_id: UUID, refund: Refund, driver_id: UUID, at: datetime) -> Entry:
    """What was taken from us is withheld from the driver."""
    postings = move(driver_payable(driver_id), (LOSS, refund.amount))
    return about("refund", refund.id, entry_id, EntryKind.LOSS_TO_DRIVER, postings, at)


def paid_out_of(payout: Payout) -> Account:
    """Whose francs a payout sends."""
    owner = payout.driver_id
    return driver_payable(owner) if payout.kind is PayoutKind.EARNINGS else wallet(owner)


def payout_started(entry_id: UUID, payout: Payout, at: datetime) -> Entry:
    """The francs are promised: nobody else may have them."""
    postings = move(paid_out_of(payout), (PAYOUTS_IN_FLIGHT, payout.amount))
    return about("payout", payout.id, entry_id, EntryKind.PAYOUT_STARTED, postings, at)


def payout_done(entry_id: UUID, payout: Payout, at: datetime) -> Entry:
    """The provider paid them."""
    postings = move(PAYOUTS_IN_FLIGHT, (clearing(payout.method), payout.amount))
    return about("payout", payout.id, entry_id, EntryKind.PAYOUT_DONE, postings, at)


def payout_returned(entry_id: UUID, payout: Payout, at: datetime) -> Entry:
    """It came to nothing: the francs are where they were."""
    postings = move(PAYOUTS_IN_FLIGHT, (paid_out_of(payout), payout.amount))
    return about("payout", payout.id, entry_id, EntryKind.PAYOUT_RETURNED, postings, at)


def about(
    ref_type: str, ref_id: UUID, entry_id: UUID, kind: EntryKind, postings: tuple[Posting, ...], at: datetime
) -> Entry:
    """An entry about one object."""
    return Entry(id=entry_id, kind=kind, ref_type=ref_type, ref_id=ref_id, postings=postings, created_at=at)
