"""The books: every movement is one entry whose postings sum to zero (money.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class AccountKind(StrEnum):
    """The accounts there are; some exist once per provider or per person."""

    CLEARING = "clearing"
    ESCROW = "escrow"
    COMMISSION = "commission"
    DRIVER_PAYABLE = "driver_payable"
    REFUNDS_DUE = "refunds_due"
    WALLET = "wallet"
    PENALTIES = "penalties"
    PROMO_EXPENSE = "promo_expense"
    PAYOUTS_IN_FLIGHT = "payouts_in_flight"
    PROVIDER_COST = "provider_cost"
    LOSS = "loss"


class EntryKind(StrEnum):
    """Why francs moved; beside each, what its entry is about."""

    BOOKING_PAID = "booking_paid"  # payment
    PAYMENT_WITHOUT_BOOKING = "payment_without_booking"  # payment
    WALLET_TOPPED_UP = "wallet_topped_up"  # payment
    PROVIDER_CHARGED = "provider_charged"  # payment, payout
    RIDE_COMPLETED = "ride_completed"  # booking
    BOOKING_CANCELLED = "booking_cancelled"  # booking
    FEE_FROM_WALLET = "fee_from_wallet"  # booking
    DRIVER_PENALTY = "driver_penalty"  # booking, trip
    REFUND_OWED = "refund_owed"  # refund
    REFUND_SENT = "refund_sent"  # refund
    REFUND_TO_WALLET = "refund_to_wallet"  # refund
    CHARGEBACK_WON = "chargeback_won"  # refund, payment
    LOSS_TO_DRIVER = "loss_to_driver"  # refund
    TAKEN_BEYOND = "taken_beyond"  # payment
    PAYOUT_STARTED = "payout_started"  # payout
    PAYOUT_DONE = "payout_done"  # payout
    PAYOUT_RETURNED = "payout_returned"  # payout
    REFERRAL_BONUS = "referral_bonus"  # referral


@dataclass(frozen=True, slots=True)
class Account:
    """`owner` is a user's id for driver_payable and wallet, a provider's name for clearing, else empty."""

    kind: AccountKind
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """Francs into (positive: credit) or out of (negative: debit) an account."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A balanced movement about one object. A kind happens once to one object."""

    id: UUID
    kind: EntryKind
    ref_type: str
    ref_id: UUID
    postings: tuple[Posting, ...]
    created_at: datetime

    def __post_init__(self) -> None:
        if sum(posting.amount for posting in self.postings) != 0:
            raise ValueError("an entry must balance")
        if not self.postings or any(posting.amount == 0 for posting in self.postings):
            raise ValueError("an entry moves money")


ESCROW = Account(AccountKind.ESCROW)
COMMISSION = Account(AccountKind.COMMISSION)
REFUNDS_DUE = Account(AccountKind.REFUNDS_DUE)
PENALTIES = Account(AccountKind.PENALTIES)
PROMO_EXPENSE = Account(AccountKind.PROMO_EXPENSE)
PAYOUTS_IN_FLIGHT = Account(AccountKind.PAYOUTS_IN_FLIGHT)
PROVIDER_COST = Account(AccountKind.PROVIDER_COST)
LOSS = Account(AccountKind.LOSS)


def clearing(provider: str) -> Account:
    """What a provider owes us."""
    return Account(AccountKind.CLEARING, provider)


def driver_payable(driver_id: UUID) -> Account:
    """What we owe a driver."""
    return Account(AccountKind.DRIVER_PAYABLE, str(driver_id))


def wallet(user_id: UUID) -> Account:
    """What somebody keeps with us."""
    return Account(AccountKind.WALLET, str(user_id))


def move(source: Account, *shares: tuple[Account, int]) -> tuple[Posting, ...]:
    """Postings that debit `source` with all that `shares` credit; shares of nothing are left out."""
    credits = tuple(Posting(account, amount) for account, amount in shares if amount)
    return (Posting(source, -sum(credit.amount for credit in credits)), *credits)


def gather(target: Account, *sources: tuple[Account, int]) -> tuple[Posting, ...]:
    """Postings that credit `target` with all that is taken from `sources`; sources of nothing are left out."""
    debits = tuple(Posting(account, -amount) for account, amount in sources if amount)
    return (*debits, Posting(target, -sum(debit.amount for debit in debits)))
