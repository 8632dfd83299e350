"""A person's francs with us, and the lines of his statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import InsufficientFunds
from allonova.domain.kernel.money import CURRENCY


class TxnType(StrEnum):
    """Into the wallet, or out of it."""

    CREDIT = "credit"
    DEBIT = "debit"


class TxnSource(StrEnum):
    """Why (seeds/allocar.txt, wallet_txns; money.md)."""

    REFUND = "refund"
    TOPUP = "topup"
    PAYOUT = "payout"
    PROMO = "promo"
    PAYMENT = "payment"
    FEE = "fee"
    ADJUSTMENT = "adjustment"


class TxnStatus(StrEnum):
    """Whether the francs have moved."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTxn:
    """A line of a statement. `ref` is the id of what it is about."""

    id: UUID
    wallet_id: UUID
    type: TxnType
    amount: int
    source: TxnSource
    ref: UUID | None
    status: TxnStatus = TxnStatus.DONE
    balance_after: int
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class Wallet:
    """`balance` equals the postings of its account and never falls below zero. `txns` are the lines that no store has
    yet kept; each is kept together with the journal entry that moves the francs.
    """

    id: UUID
    user_id: UUID
    balance: int = 0
    currency: str = CURRENCY
    version: int = 1
    created_at: datetime
    updated_at: datetime
    txns: list[WalletTxn] = field(default_factory=list)

    def credit(self, id: UUID, amount: int, source: TxnSource, ref: UUID, at: datetime) -> None:
        """Francs come in; `id` is the line's."""
        self._move(id, TxnType.CREDIT, amount, source, ref, at)

    def debit(self, id: UUID, amount: int, source: TxnSource, ref: UUID, at: datetime) -> None:
        """Francs go out. Raises InsufficientFunds."""
        if not self.covers(amount):
            raise InsufficientFunds
        self._move(id, TxnType.DEBIT, amount, source, ref, at)

    def covers(self, amount: int) -> bool:
        """Whether the balance is enough."""
        return self.balance >= amount

    def _move(self, id: UUID, way: TxnType, amount: int, source: TxnSource, ref: UUID, at: datetime) -> None:
        self.balance += amount if way is TxnType.CREDIT else -amount
        self.updated_at = at
        self.txns.append(
            WalletTxn(
                id=id,
                wallet_id=self.id,
                type=way,
                amount=amount,
                source=source,
                ref=ref,
                balance_after=self.balance,
                created_at=at,
            )
        )
