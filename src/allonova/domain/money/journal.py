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


class EntryKind(StrEnum):
    """Why francs moved."""

    BOOKING_PAID = "booking_paid"
    RIDE_COMPLETED = "ride_completed"
    PAYMENT_WITHOUT_BOOKING = "payment_without_booking"
    REFUND_SENT = "refund_sent"
    REFUND_TO_WALLET = "refund_to_wallet"
    BOOKING_CANCELLED = "booking_cancelled"
    FEE_FROM_WALLET = "fee_from_wallet"
    DRIVER_PENALTY = "driver_penalty"


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
