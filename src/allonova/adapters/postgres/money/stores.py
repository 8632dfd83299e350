"""Payments, refunds, payouts and wallets."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, insert, literal
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.money.tables import PAYMENTS, PAYOUT_BATCHES, PAYOUTS, REFUNDS, WALLET_TXNS, WALLETS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.money.ports import Claims
from allonova.domain.money.payment import Payment, PaymentStatus
from allonova.domain.money.payout import Payout, PayoutBatch
from allonova.domain.money.payout_account import Withdrawals
from allonova.domain.money.refund import CHARGED_BACK, Refund, RefundCause, RefundStatus
from allonova.domain.money.wallet import TxnStatus, Wallet, WalletTxn

PAYMENT_SHELF = Shelf(RowMapper(Payment, PAYMENTS), {})

_STANDING = [PaymentStatus.INIT.value, PaymentStatus.AUTHORIZED.value, PaymentStatus.PAID.value]
_OPEN_OF = compile_once(
    PAYMENT_SHELF.select(
        PAYMENTS.c.booking_id == bindparam("booking"), PAYMENTS.c.status == any_(literal(_STANDING, ARRAY(Text)))
    )
    .order_by(PAYMENTS.c.created_at.desc(), PAYMENTS.c.id.desc())
    .limit(1)
)

ONE_DAY = timedelta(days=1)
# An old payment whose card fails today is rare; the index ends the search a day before.
_CARD_FAILURES = """
SELECT coalesce(sum(attempts), 0)::int FROM carpool.payments
WHERE user_id = $1::uuid AND method = 'card' AND updated_at > $2::timestamptz AND created_at > $3::timestamptz
"""

_OPEN_TOPUPS = """
SELECT amount::int FROM carpool.payments
WHERE user_id = $1::uuid AND booking_id IS NULL AND status IN ('init', 'authorized') ORDER BY created_at, id
"""


class PostgresPayments(PostgresStore[Payment]):
    """Payments."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, PAYMENT_SHELF)

    async def open_of(self, booking_id: UUID) -> Payment | None:
        """The booking's payment that has not failed nor gone back, if any: the newest."""
        row = await self._runner.fetchrow(_OPEN_OF.sql, *_OPEN_OF.args(booking=booking_id))
        return None if row is None else await self._entity(row, is_locked=False)

    async def card_failures(self, user_id: UUID, *, since: datetime) -> int:
        """How many tries of somebody's cards failed since then."""
        return int(await self._runner.fetchval(_CARD_FAILURES, user_id, since, since - ONE_DAY))

    async def open_topups(self, user_id: UUID) -> list[int]:
        """The francs of each of somebody's top-ups that money may still come of."""
        return [row[0] for row in await self._runner.fetch(_OPEN_TOPUPS, user_id)]


REFUND_SHELF = Shelf(RowMapper(Refund, REFUNDS), {})

_CLAIMS = """
SELECT coalesce(sum(amount), 0)::int AS "all",
    coalesce(sum(amount) FILTER (
        WHERE sent_to = 'provider' AND status IN ('pending', 'done') AND cause <> 'chargeback'
    ), 0)::int AS sent,
    coalesce(sum(amount) FILTER (WHERE sent_to = 'provider' AND status = 'pending'), 0)::int AS asked,
    coalesce(sum(amount) FILTER (WHERE cause = 'admin'), 0)::int AS ordered
FROM carpool.refunds WHERE payment_id = $1::uuid AND status <> 'rejected'
"""
_CHARGED_BACK = compile_once(
    REFUND_SHELF.select(
        REFUNDS.c.payment_id == bindparam("payment"),
        REFUNDS.c.status == RefundStatus.DONE.value,
        (REFUNDS.c.cause == RefundCause.CHARGEBACK.value) | (REFUNDS.c.failure_code == CHARGED_BACK),
    ).order_by(REFUNDS.c.created_at, REFUNDS.c.id)
)
_MANUAL_OF = """
SELECT EXISTS (
    SELECT FROM carpool.refunds WHERE payment_id = $1::uuid AND status = 'pending_manual' AND id <> $2::uuid
)
"""


class PostgresRefunds(PostgresStore[Refund]):
    """Refunds."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, REFUND_SHELF)

    async def claims(self, payment_id: UUID) -> Claims:
        """What is spoken for of a payment."""
        row = await self._runner.fetchrow(_CLAIMS, payment_id)
        return Claims() if row is None else Claims(*row)

    async def charged_back(self, payment_id: UUID) -> list[Refund]:
        """What a card's bank took of a payment, be it in the place of a refund of ours; the oldest first."""
        rows = await self._runner.fetch(_CHARGED_BACK.sql, *_CHARGED_BACK.args(payment=payment_id))
        return [await self._entity(row, is_locked=False) for row in rows]

    async def manual_of(self, payment_id: UUID, *, but: UUID) -> bool:
        """Whether another refund of the payment waits for a person."""
        return bool(await self._runner.fetchval(_MANUAL_OF, payment_id, but))


PAYOUT_SHELF = Shelf(RowMapper(Payout, PAYOUTS), {})
BATCH_SHELF = Shelf(RowMapper(PayoutBatch, PAYOUT_BATCHES), {})

WALLET_SHELF = Shelf(RowMapper(Wallet, WALLETS, apart=("txns",)), {})
TXN = RowMapper(WalletTxn, WALLET_TXNS, beside=("seq",))

_OPEN_WALLET = """
INSERT INTO carpool.wallets (id, user_id, created_at, updated_at) VALUES ($1::uuid, $2::uuid, $3::timestamptz, $3)
ON CONFLICT (user_id) DO NOTHING
"""
_ADD_TXN = compile_once(insert(WALLET_TXNS).values({name: bindparam(name) for name in TXN.names}))

_END_TXN = """
UPDATE carpool.wallet_txns SET status = $2::text WHERE ref = $1::uuid AND source = 'payout' AND status = 'pending'
"""
_WITHDRAWALS = """
SELECT coalesce(sum(amount), 0)::bigint AS total, count(*)::int AS count FROM carpool.wallet_txns
WHERE wallet_id = $1::uuid AND source = 'payout' AND type = 'debit' AND status <> 'failed'
    AND created_at >= $2::timestamptz
"""


class PostgresWallets(PostgresStore[Wallet]):
    """Wallets; their `txns` become rows and leave the entity."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, WALLET_SHELF)

    async def of(self, user_id: UUID, *, new: Wallet) -> Wallet:
        """Somebody's wallet, locked; `new` is kept if he has none."""
        found = await self.find(user_id=user_id, lock=True)
        if found is None:
            await self._runner.execute(_OPEN_WALLET, new.id, user_id, new.created_at)
            found = await self.find(user_id=user_id, lock=True)
        if found is None:
            raise RuntimeError("a wallet was opened and is not there")
        return found

    async def add(self, entity: Wallet) -> None:
        """Keep a new one and its lines."""
        await super().add(entity)
        await self._add_txns(entity)

    async def save(self, entity: Wallet) -> None:
        """Keep a changed one and its new lines. Raises StaleVersion."""
        await super().save(entity)
        await self._add_txns(entity)

    async def end_txn(self, ref: UUID, status: TxnStatus) -> None:
        """The pending line about a payout is done, or failed; one that has ended stays as it is."""
        await self._runner.execute(_END_TXN, ref, status)

    async def withdrawals(self, wallet_id: UUID, *, since: datetime) -> Withdrawals:
        """What was withdrawn from then on and has not failed."""
        row = await self._runner.fetchrow(_WITHDRAWALS, wallet_id, since)
        return Withdrawals() if row is None else Withdrawals(row["total"], row["count"])

    async def _add_txns(self, wallet: Wallet) -> None:
        for txn in wallet.txns:
            await self._runner.execute(_ADD_TXN.sql, *_ADD_TXN.args(**TXN.values(txn)))
        wallet.txns.clear()
