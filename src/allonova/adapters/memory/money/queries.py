"""Reads about money in memory."""

from __future__ import annotations

from uuid import UUID

from allonova.adapters.memory.money.tables import PAYMENTS, REFUNDS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.money.ports import MoneyQueries
from allonova.domain.money.payment import Payment
from allonova.domain.money.refund import Refund


class MemoryMoneyQueries:
    """See MoneyQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def refund(self, id: UUID) -> tuple[Refund, Payment] | None:
        """See MoneyQueries."""
        refund = self._source.rows(REFUNDS).get(id)
        if refund is None:
            return None
        return stored(refund), stored(self._source.rows(PAYMENTS)[refund.payment_id])


def _conforms(queries: MemoryMoneyQueries) -> MoneyQueries:
    return queries
