"""A person's francs with us, and the lines of his statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict, InsufficientFunds
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


@dataclass(eq=False)
class NotWithdrawable(InsufficientFunds):
    """The balance is enough, but a part of it may only be spent: what came from a card, or as a gift."""

    withdrawable: int


@dataclass(eq=False)
class WalletDisabled(Conflict):
    """Wallets are switched off (`enable_wallet`)."""


@dataclass(eq=False)
class WalletFull(Conflict):
    """With its top-ups under way the wallet would hold more than `limit` francs; `room` is how many it still takes."""

    limit: int
    room: int


@dataclass(eq=False)
class TooManyTopups(Conflict):
    """So many top-ups are under way: one must end first."""

    limit: int


@dataclass(slots=True, kw_only=True)
class Wallet:
    """`balance` equals the postings of its account and never falls below zero. `spend_only` of it came from a card or
    as a gift: it can be spent, and is spent first, but not withdrawn. `txns` are the lines that no store has yet kept;
    each is kept together with the journal entry that moves the francs.
    """

    id: UUID
    user_id: UUID
    balance: int = 0
    spend_only: int = 0
    currency: str = CURRENCY
    version: int = 1
    created_at: datetime
    updated_at: datetime
    txns: list[WalletTxn] = field(default_factory=list)

    @property
    def withdrawable(self) -> int:
        """What may leave it."""
        return self.balance - self.spend_only

    def credit(
        self, id: UUID, amount: int, source: TxnSource, ref: UUID, at: datetime, *, spend_only: bool = False
    ) -> None:
        """Francs come in; `id` is the line's."""
        self.spend_only += amount if spend_only else 0
        self._move(id, amount, source, ref, at, is_out=False)

    def debit(self, id: UUID, amount: int, source: TxnSource, ref: UUID, at: datetime) -> None:
        """Francs are spent, those first that can be nothing else but spent. Raises InsufficientFunds."""
        if not self.covers(amount):
            raise InsufficientFunds
        self.spend_only -= min(amount, self.spend_only)
        self._move(id, amount, source, ref, at, is_out=True)

    def withdraw(self, id: UUID, amount: int, ref: UUID, at: datetime) -> None:
        """Francs leave to somebody's phone: the line is pending until they are there. Raises InsufficientFunds."""
        if not self.covers(amount):
            raise InsufficientFunds
        if amount > self.withdrawable:
            raise NotWithdrawable(self.withdrawable)
        self._move(id, amount, TxnSource.PAYOUT, ref, at, is_out=True)

    def give_back(self, id: UUID, amount: int, ref: UUID, at: datetime, *, spend_only: bool) -> None:
        """What was topped up leaves again, `spend_only` if it was that; of the other francs where its own are spent.
        Raises InsufficientFunds.
        """
        if not self.covers(amount):
            raise InsufficientFunds
        own = self.spend_only if spend_only else self.withdrawable
        rest = amount - min(amount, own)
        self.spend_only -= amount - rest if spend_only else rest
        self._move(id, amount, TxnSource.REFUND, ref, at, is_out=True)

    def take_back(self, amount: int, at: datetime) -> None:
        """A withdrawal came to nothing; its line says so and counts no more."""
        self.balance += amount
        self.updated_at = at

    def covers(self, amount: int) -> bool:
        """Whether the balance is enough."""
        return self.balance >= amount

    def _move(self, id: UUID, amount: int, source: TxnSource, ref: UUID, at: datetime, *, is_out: bool) -> None:
        self.balance += -amount if is_out else amount
        self.updated_at = at
        self.txns.append(
            WalletTxn(
                id=id,
                wallet_id=self.id,
                type=TxnType.DEBIT if is_out else TxnType.CREDIT,
                amount=amount,
                source=source,
                ref=ref,
                status=TxnStatus.PENDING if source is TxnSource.PAYOUT else TxnStatus.DONE,
                balance_after=self.balance,
                created_at=at,
            )
        )
