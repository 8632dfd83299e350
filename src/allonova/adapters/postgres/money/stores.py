"""Payments and wallets."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Text, any_, bindparam, insert, literal
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.money.tables import PAYMENTS, WALLET_TXNS, WALLETS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.domain.money.payment import Payment, PaymentStatus
from allonova.domain.money.wallet import Wallet, WalletTxn

PAYMENT_SHELF = Shelf(RowMapper(Payment, PAYMENTS), {})

_STANDING = [PaymentStatus.INIT.value, PaymentStatus.AUTHORIZED.value, PaymentStatus.PAID.value]
_OPEN_OF = compile_once(
    PAYMENT_SHELF.select(
        PAYMENTS.c.booking_id == bindparam("booking"), PAYMENTS.c.status == any_(literal(_STANDING, ARRAY(Text)))
    )
    .order_by(PAYMENTS.c.created_at.desc(), PAYMENTS.c.id.desc())
    .limit(1)
)


class PostgresPayments(PostgresStore[Payment]):
    """Payments."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, PAYMENT_SHELF)

    async def open_of(self, booking_id: UUID) -> Payment | None:
        """The booking's payment that has not failed nor gone back, if any: the newest."""
        row = await self._runner.fetchrow(_OPEN_OF.sql, *_OPEN_OF.args(booking=booking_id))
        return None if row is None else await self._entity(row, is_locked=False)


WALLET_SHELF = Shelf(RowMapper(Wallet, WALLETS, apart=("txns",)), {})
TXN = RowMapper(WalletTxn, WALLET_TXNS, beside=("seq",))

_OPEN_WALLET = """
INSERT INTO carpool.wallets (id, user_id, created_at, updated_at) VALUES ($1::uuid, $2::uuid, $3::timestamptz, $3)
ON CONFLICT (user_id) DO NOTHING
"""
_ADD_TXN = compile_once(insert(WALLET_TXNS).values({name: bindparam(name) for name in TXN.names}))


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

    async def _add_txns(self, wallet: Wallet) -> None:
        for txn in wallet.txns:
            await self._runner.execute(_ADD_TXN.sql, *_ADD_TXN.args(**TXN.values(txn)))
        wallet.txns.clear()
