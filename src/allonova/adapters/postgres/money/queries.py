"""Reads about money."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select

from allonova.adapters.postgres.money.stores import PAYMENT_SHELF, REFUND_SHELF
from allonova.adapters.postgres.money.tables import PAYMENTS, REFUNDS
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.money.ports import MoneyQueries
from allonova.domain.money.payment import Payment
from allonova.domain.money.refund import Refund

_REFUND = compile_once(
    select(*REFUND_SHELF.mapper.columns(prefix="r_"), *PAYMENT_SHELF.mapper.columns(prefix="p_"))
    .join_from(REFUNDS, PAYMENTS, PAYMENTS.c.id == REFUNDS.c.payment_id)
    .where(REFUNDS.c.id == bindparam("refund_id"))
)
_read_refund = REFUND_SHELF.mapper.reader("r_")
_read_payment = PAYMENT_SHELF.mapper.reader("p_")


class PostgresMoneyQueries:
    """See MoneyQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def refund(self, id: UUID) -> tuple[Refund, Payment] | None:
        """A refund and its payment."""
        row = await self._runner.fetchrow(_REFUND.sql, *_REFUND.args(refund_id=id))
        return None if row is None else (_read_refund(row), _read_payment(row))


def _conforms(queries: PostgresMoneyQueries) -> MoneyQueries:
    return queries
