"""Deliveries that were given up, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.platform import OUTBOX, DeliveryRow
from allonova.adapters.memory.store import Rows, Transaction
from allonova.application.kernel.dead_letters import DeadLetterQueries, DeadLetters, DeliveryView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.kernel.errors import NotFound

FIELDS: Mapping[str, Callable[[DeliveryView], Any]] = {
    name: attrgetter(name) for name in ("id", "event", "subscriber", "attempts", "failed_at", "created_at")
}


class MemoryDeadLetters:
    """Deliveries in a unit."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, id: UUID) -> DeliveryView:
        """See DeadLetters."""
        row = self._transaction.rows(OUTBOX).get(id)
        if row is None:
            raise NotFound
        return _view(row)

    async def revive(self, id: UUID, *, at: datetime) -> DeliveryView:
        """See DeadLetters."""
        row = self._transaction.rows(OUTBOX)[id]
        due = replace(row, due_at=at, dead_at=None, attempts=0, leased_until=None, error=None)
        self._transaction.put(OUTBOX, due)
        return _view(due)


class MemoryDeadLetterQueries:
    """Reads of what was given up."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def failed(self, query: ListQuery) -> Page[DeliveryView]:
        """See DeadLetterQueries."""
        dead = [_view(row) for row in self._source.rows(OUTBOX).values() if row.is_dead]
        return listed(dead, query, fields=FIELDS, show=lambda view: view)


def _view(row: DeliveryRow) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event=row.event,
        subscriber=row.subscriber,
        attempts=row.attempts,
        error=row.error,
        created_at=row.created_at,
        failed_at=row.dead_at,
    )


def _conforms(letters: MemoryDeadLetters, queries: MemoryDeadLetterQueries) -> tuple[DeadLetters, DeadLetterQueries]:
    return letters, queries
