"""Payments, refunds, wallets and the books in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from allonova.adapters.memory.money.tables import JOURNAL_ENTRIES, PAYMENTS, REFUNDS, WALLET_TXNS, WALLETS
from allonova.adapters.memory.store import MemoryStore, Transaction, stored
from allonova.application.money.ports import Claims
from allonova.domain.money.journal import Entry, EntryKind
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.payout_account import Withdrawals
from allonova.domain.money.refund import CHARGED_BACK, Refund, RefundCause, RefundStatus, RefundTo
from allonova.domain.money.wallet import TxnSource, TxnStatus, TxnType, Wallet, WalletTxn

SENT = (RefundStatus.PENDING, RefundStatus.DONE)


class MemoryRefunds(MemoryStore[Refund]):
    """Refunds."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, REFUNDS)

    async def claims(self, payment_id: UUID) -> Claims:
        """See RefundStore."""
        rows = [row for row in self._rows().values() if row.payment_id == payment_id]
        live = [row for row in rows if row.status is not RefundStatus.REJECTED]
        return Claims(
            all=sum(row.amount for row in live),
            sent=sum(row.amount for row in live if _is_the_providers(row)),
            asked=sum(row.amount for row in live if _is_asked(row)),
            ordered=sum(row.amount for row in live if row.cause is RefundCause.ADMIN),
        )

    async def charged_back(self, payment_id: UUID) -> list[Refund]:
        """See RefundStore."""
        rows = [row for row in self._rows().values() if row.payment_id == payment_id]
        done = [row for row in rows if row.status is RefundStatus.DONE]
        taken = [row for row in done if row.cause is RefundCause.CHARGEBACK or row.failure_code == CHARGED_BACK]
        return [stored(row) for row in sorted(taken, key=lambda row: (row.created_at, row.id))]

    async def manual_of(self, payment_id: UUID, *, but: UUID) -> bool:
        """See RefundStore."""
        waiting = [row for row in self._rows().values() if row.status is RefundStatus.PENDING_MANUAL]
        return any(row.payment_id == payment_id and row.id != but for row in waiting)


def _is_asked(refund: Refund) -> bool:
    return refund.sent_to is RefundTo.PROVIDER and refund.status is RefundStatus.PENDING


def _is_the_providers(refund: Refund) -> bool:
    by_way = refund.sent_to is RefundTo.PROVIDER and refund.status in SENT
    return by_way and refund.cause is not RefundCause.CHARGEBACK


ONE_DAY = timedelta(days=1)


class MemoryPayments(MemoryStore[Payment]):
    """Payments."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, PAYMENTS)

    async def open_of(self, booking_id: UUID) -> Payment | None:
        """See PaymentStore."""
        over = (PaymentStatus.FAILED, PaymentStatus.REFUNDED)
        payments = self._rows().values()
        found = [payment for payment in payments if payment.booking_id == booking_id and payment.status not in over]
        return stored(max(found, key=lambda payment: (payment.created_at, payment.id))) if found else None

    async def card_failures(self, user_id: UUID, *, since: datetime) -> int:
        """See PaymentStore."""
        cards = [one for one in self._rows().values() if one.user_id == user_id and one.method is Method.CARD]
        return sum(one.attempts for one in cards if one.updated_at > since and one.created_at > since - ONE_DAY)

    async def open_topups(self, user_id: UUID) -> list[int]:
        """See PaymentStore."""
        mine = [one for one in self._rows().values() if one.user_id == user_id and one.is_topup and one.is_open]
        return [one.amount for one in sorted(mine, key=lambda one: (one.created_at, one.id))]


class MemoryWallets(MemoryStore[Wallet]):
    """Wallets and the lines of their statements."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, WALLETS)

    async def of(self, user_id: UUID, *, new: Wallet) -> Wallet:
        """See WalletStore."""
        found = await self.find(user_id=user_id)
        if found is None:
            await super().add(new)
            found = await self.get(new.id)
        return found

    async def add(self, entity: Wallet) -> None:
        """See WalletStore."""
        txns = _lines_of(entity)
        await super().add(entity)
        self._keep(txns)

    async def save(self, entity: Wallet) -> None:
        """See WalletStore."""
        txns = _lines_of(entity)
        await super().save(entity)
        self._keep(txns)

    async def end_txn(self, ref: UUID, status: TxnStatus) -> None:
        """See WalletStore."""
        for txn in [txn for txn in self._transaction.rows(WALLET_TXNS).values() if txn.ref == ref]:
            if txn.source is TxnSource.PAYOUT and txn.status is TxnStatus.PENDING:
                self._transaction.put(WALLET_TXNS, dataclasses.replace(txn, status=status))

    async def withdrawals(self, wallet_id: UUID, *, since: datetime) -> Withdrawals:
        """See WalletStore."""
        lines = [txn for txn in self._transaction.rows(WALLET_TXNS).values() if txn.wallet_id == wallet_id]
        out = [txn for txn in lines if txn.source is TxnSource.PAYOUT and txn.type is TxnType.DEBIT]
        left = [txn.amount for txn in out if txn.status is not TxnStatus.FAILED and txn.created_at >= since]
        return Withdrawals(sum(left), len(left))

    def _keep(self, txns: Sequence[WalletTxn]) -> None:
        for txn in txns:
            self._transaction.insert(WALLET_TXNS, txn)


def _lines_of(wallet: Wallet) -> list[WalletTxn]:
    """Its new lines, which the store now answers for."""
    txns, wallet.txns = wallet.txns, []
    return txns


class MemoryJournal:
    """The books: append-only."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def post(self, entry: Entry) -> None:
        """See Journal."""
        self._transaction.insert(JOURNAL_ENTRIES, entry)

    async def find(self, kind: EntryKind, ref_type: str, ref_id: UUID) -> Entry | None:
        """See Journal."""
        about = (kind, ref_type, ref_id)
        entries = self._transaction.rows(JOURNAL_ENTRIES).values()
        return next((entry for entry in entries if (entry.kind, entry.ref_type, entry.ref_id) == about), None)

    async def post_all(self, entries: Sequence[Entry]) -> None:
        """See BatchJournal."""
        for entry in entries:
            await self.post(entry)
