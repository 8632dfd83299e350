"""The outbox, seen from its relays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from allonova.adapters.postgres.company import ACQUIRE_S
from allonova.adapters.postgres.failures import LOCK_TIMED_OUT
from allonova.adapters.postgres.runner import Connection, Pool, Runner
from allonova.application.kernel.ports import Delivery, DeliveryQueue, LiveBatch, LiveQueue

_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM platform.outbox
    WHERE done_at IS NULL AND dead_at IS NULL AND NOT is_live AND due_at <= $1::timestamptz
      AND (leased_until IS NULL OR leased_until <= $1::timestamptz)
    ORDER BY due_at, seq LIMIT $3::int
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE platform.outbox AS o SET leased_until = $2::timestamptz, attempts = o.attempts + 1
    FROM due WHERE o.id = due.id
    RETURNING o.id, o.event, o.payload, o.subscriber, o.attempts, o.trace, o.due_at, o.seq
)
SELECT id, event, payload, subscriber, attempts, trace FROM claimed ORDER BY due_at, seq
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


LIVE_TURN = 4_185_370_033  # of those who show; any number that nobody else uses

# One relay at a time, so that each channel's events leave in the order of their commits; the turn of a process that
# died is free at once. The rows are locked as well: what another has shown since this statement's snapshot is gone, not
# shown twice.
_TAKE = """
WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($4::bigint) AS is_ours)
SELECT turn.is_ours, o.* FROM turn LEFT JOIN LATERAL (
    SELECT id, event, payload, subscriber, attempts + 1, trace FROM platform.outbox
    WHERE turn.is_ours AND is_live AND dead_at IS NULL
      AND (event || ' ' || subscriber = ANY ($2::text[]) OR created_at < $3::timestamptz)
    ORDER BY seq LIMIT $1::int
    FOR UPDATE
) AS o ON true
"""
_FORGET = "DELETE FROM platform.outbox WHERE id = ANY($1::uuid[])"
_COUNT = """
UPDATE platform.outbox SET attempts = attempts + 1, last_error = $2::text,
    dead_at = CASE WHEN $3::bool THEN now() + (SELECT make_interval(secs => offset_s) FROM platform.clock) END
WHERE id = $1::uuid
"""


@dataclass(slots=True)
class PostgresLiveBatch:
    """Rows that this transaction holds."""

    connection: Connection
    deliveries: Sequence[Delivery]
    shown: list[UUID] = field(default_factory=list)

    def done(self, delivery: Delivery) -> None:
        """See LiveBatch."""
        self.shown.append(delivery.id)

    async def failed(self, delivery: Delivery, *, error: str, is_last: bool) -> None:
        """See LiveBatch."""
        await self.connection.execute(_COUNT, delivery.id, error, is_last)


class PostgresLiveQueue:
    """An advisory lock is the turn: whoever waited for rows instead would do so at each of two processes' commits."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def take(
        self, limit: int, *, known: Collection[tuple[str, str]], left_before: datetime
    ) -> AsyncIterator[PostgresLiveBatch | None]:
        """See LiveQueue."""
        names = [f"{event} {subscriber}" for event, subscriber in known]
        async with self._pool.acquire(timeout=ACQUIRE_S) as connection, connection.transaction():
            try:
                rows = await connection.fetch(_TAKE, limit, names, left_before, LIVE_TURN)
            except LOCK_TIMED_OUT:  # a process of an older release, which knows of no turn, shows these rows
                rows = []
            if not rows or not rows[0]["is_ours"]:
                yield None
                return
            batch = PostgresLiveBatch(connection, [Delivery(*found) for _, *found in rows if found[0] is not None])
            yield batch
            if batch.shown:
                await connection.execute(_FORGET, batch.shown)


def _conforms(queue: PostgresDeliveryQueue) -> DeliveryQueue:
    return queue


def _conforms_to_live(queue: PostgresLiveQueue, batch: PostgresLiveBatch) -> tuple[LiveQueue, LiveBatch]:
    return queue, batch
