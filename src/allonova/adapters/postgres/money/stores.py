"""Payments."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Text, any_, bindparam, literal
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.money.tables import PAYMENTS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.domain.money.payment import Payment, PaymentStatus

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
