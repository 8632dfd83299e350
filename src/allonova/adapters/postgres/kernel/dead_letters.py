"""Deliveries that were given up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from allonova.adapters.postgres.kernel.tables import OUTBOX
from allonova.adapters.postgres.lists import LongListing
from allonova.adapters.postgres.runner import Row, Runner
from allonova.application.kernel.dead_letters import DeadLetterQueries, DeadLetters, DeliveryView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.kernel.errors import NotFound

_FIELDS = {
    "id": OUTBOX.c.id,
    "event": OUTBOX.c.event,
    "subscriber": OUTBOX.c.subscriber,
    "attempts": OUTBOX.c.attempts,
    "failed_at": OUTBOX.c.dead_at,
    "created_at": OUTBOX.c.created_at,
}
_FAILED = LongListing(
    select(OUTBOX.c.id).where(OUTBOX.c.dead_at.is_not(None)),
    _FIELDS,
    shown=select(
        OUTBOX.c.id,
        OUTBOX.c.event,
        OUTBOX.c.subscriber,
        OUTBOX.c.attempts,
        OUTBOX.c.last_error,
        OUTBOX.c.created_at,
        OUTBOX.c.dead_at,
    ),
)
_LOCK = """
SELECT id, event, subscriber, attempts, last_error, created_at, dead_at
FROM platform.outbox WHERE id = $1::uuid FOR NO KEY UPDATE
"""
_REVIVE = """
UPDATE platform.outbox
SET due_at = $2::timestamptz, dead_at = NULL, attempts = 0, leased_until = NULL, last_error = NULL
WHERE id = $1::uuid
RETURNING id, event, subscriber, attempts, last_error, created_at, dead_at
"""


class PostgresDeadLetters:
    """Deliveries in a unit."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def lock(self, id: UUID) -> DeliveryView:
        """One that this unit holds. Raises NotFound."""
        return _found(await self._runner.fetchrow(_LOCK, id))

    async def revive(self, id: UUID, *, at: datetime) -> DeliveryView:
        """It is due at once, as if it had never been tried."""
        return _found(await self._runner.fetchrow(_REVIVE, id, at))


class PostgresDeadLetterQueries:
    """Reads of what was given up."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def failed(self, query: ListQuery) -> Page[DeliveryView]:
        """Fields: event, subscriber, attempts, failed_at, created_at."""
        rows, total = await _FAILED.rows(self._runner, query)
        return Page([_view(row) for row in rows], total)


def _found(row: Row | None) -> DeliveryView:
    if row is None:
        raise NotFound
    return _view(row)


def _view(row: Row) -> DeliveryView:
    return DeliveryView(
        id=row["id"],
        event=row["event"],
        subscriber=row["subscriber"],
        attempts=row["attempts"],
        error=row["last_error"],
        created_at=row["created_at"],
        failed_at=row["dead_at"],
    )


def _conforms(
    letters: PostgresDeadLetters, queries: PostgresDeadLetterQueries
) -> tuple[DeadLetters, DeadLetterQueries]:
    return letters, queries
