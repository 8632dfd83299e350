"""The outbox, seen from its relay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from allonova.adapters.postgres.runner import Runner
from allonova.application.kernel.ports import Delivery, DeliveryQueue

_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM platform.outbox
    WHERE done_at IS NULL AND dead_at IS NULL AND due_at <= $1::timestamptz
      AND (leased_until IS NULL OR leased_until <= $1::timestamptz)
    ORDER BY due_at, seq LIMIT $3::int
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE platform.outbox AS o SET leased_until = $2::timestamptz, attempts = o.attempts + 1
    FROM due WHERE o.id = due.id
    RETURNING o.id, o.event, o.payload, o.subscriber, o.attempts, o.due_at, o.seq
)
SELECT id, event, payload, subscriber, attempts FROM claimed ORDER BY due_at, seq
"""
_DONE = """
UPDATE platform.outbox SET done_at = coalesce(done_at, $2::timestamptz), leased_until = NULL, last_error = NULL
WHERE id = $1::uuid
"""
_RETRY = """
UPDATE platform.outbox SET due_at = $2::timestamptz, leased_until = NULL, last_error = $3::text
WHERE id = $1::uuid AND done_at IS NULL
"""
# The service's own time: the database's, moved by as much as the service's clock was.
_BURY = """
UPDATE platform.outbox
SET dead_at = now() + (SELECT make_interval(secs => offset_s) FROM platform.clock),
    leased_until = NULL, last_error = $2::text
WHERE id = $1::uuid AND done_at IS NULL
"""


class PostgresDeliveryQueue:
    """Several relays may share it: each delivery is one relay's at a time."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def claim(self, *, now: datetime, lease: timedelta, limit: int) -> Sequence[Delivery]:
        """Due deliveries nobody else holds, the longest due first."""
        rows = await self._runner.fetch(_CLAIM, now, now + lease, limit)
        return [Delivery(*row) for row in rows]

    async def done(self, id: UUID, *, now: datetime) -> None:
        """It was delivered."""
        await self._runner.execute(_DONE, id, now)

    async def failed(self, id: UUID, *, error: str, retry_at: datetime | None) -> None:
        """It was not; None gives up and leaves it as a dead letter."""
        if retry_at is None:
            await self._runner.execute(_BURY, id, error)
        else:
            await self._runner.execute(_RETRY, id, retry_at, error)


def _conforms(queue: PostgresDeliveryQueue) -> DeliveryQueue:
    return queue
