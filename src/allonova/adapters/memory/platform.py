"""What every unit carries: outbox, audit log, attempts and idempotency keys; and the relay's side of the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.rules import Table
from allonova.adapters.memory.store import MemoryDatabase, Transaction, stored
from allonova.adapters.telemetry.traces import current
from allonova.application.kernel.ports import (
    Clock,
    Delivery,
    DeliveryQueue,
    Ids,
    JobRuns,
    KeyRecord,
    Lane,
    LiveBatch,
    LiveQueue,
)
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.events import Event
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One event on its way to one subscriber: due at `due_at`, unless it is done, dead or leased. Those for sockets go
    in the order in which they came.
    """

    id: UUID
    event: str
    payload: dict[str, str | int]
    subscriber: str
    attempts: int = 0
    due_at: datetime
    leased_until: datetime | None = None
    done_at: datetime | None = None
    dead_at: datetime | None = None
    is_live: bool = False
    error: str | None = None
    trace: str | None = None
    created_at: datetime

    @property
    def is_dead(self) -> bool:
        """Whether it was given up."""
        return self.dead_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Who did what to which object."""

    id: UUID
    actor_type: Party
    actor_id: UUID | None
    action: str
    entity: str
    entity_id: UUID
    meta: dict[str, str | int]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptsRow:
    """When somebody tried."""

    key: str
    tries: list[datetime] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRunRow:
    """One tick of a job."""

    job: str
    tick: str
    lease_until: datetime
    finished_at: datetime | None = None
    error: str | None = None


OUTBOX = Table(name="outbox", row=DeliveryRow)
AUDIT_LOGS = Table(name="audit_logs", row=AuditRow)
ATTEMPTS = Table(name="attempts", row=AttemptsRow, key=attrgetter("key"))
KEYS = Table(name="idempotency_keys", row=KeyRecord, key=attrgetter("scope"))
JOB_RUNS = Table(name="job_runs", row=JobRunRow, key=attrgetter("job", "tick"))


class MemoryOutbox:
    """Events of a unit: one delivery for each subscriber."""

    def __init__(
        self,
        transaction: Transaction,
        *,
        subscribers: Mapping[type[Event], Sequence[str]],
        live: frozenset[str],
        ids: Ids,
        clock: Clock,
    ) -> None:
        self._transaction = transaction
        self._subscribers = subscribers
        self._live = live
        self._ids = ids
        self._clock = clock
        self.lanes: set[Lane] = set()
        self.events: list[Event] = []

    async def put(self, event: Event) -> None:
        """See Outbox."""
        self.events.append(event)
        now = self._clock.now()
        for subscriber in self._subscribers.get(type(event), ()):
            row = DeliveryRow(
                id=self._ids.new(),
                event=event.name,
                payload=event.payload(),
                subscriber=subscriber,
                is_live=subscriber in self._live,
                trace=current(),
                due_at=now,
                created_at=now,
            )
            self._transaction.insert(OUTBOX, row)
            self.lanes.add(Lane.LIVE if row.is_live else Lane.WORK)


class MemoryAuditLog:
    """Append-only."""

    def __init__(self, transaction: Transaction, *, ids: Ids, clock: Clock) -> None:
        self._transaction = transaction
        self._ids = ids
        self._clock = clock

    async def put(
        self, *, actor: Actor, action: str, entity: str, entity_id: UUID, meta: Mapping[str, str | int] | None = None
    ) -> None:
        """See AuditLog."""
        row = AuditRow(
            id=self._ids.new(),
            actor_type=actor.party,
            actor_id=actor.id,
            action=action,
            entity=entity,
            entity_id=entity_id,
            meta=dict(meta or {}),
            created_at=self._clock.now(),
        )
        self._transaction.insert(AUDIT_LOGS, row)


class MemoryAttempts:
    """Instants of tries, per key."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def take(self, key: str, *, limit: int, window: timedelta, now: datetime) -> datetime | None:
        """See Attempts."""
        row = self._transaction.rows(ATTEMPTS).get(key)
        recent = [at for at in (row.tries if row else []) if at > now - window]
        if len(recent) >= limit:
            return recent[-limit] + window
        self._transaction.put(ATTEMPTS, AttemptsRow(key, [*recent, now]))
        return None

    async def clear(self, key: str) -> None:
        """See Attempts."""
        self._transaction.remove(ATTEMPTS, key)


class MemoryKeys:
    """Idempotency keys by scope. Nobody waits: units are serial."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def claim(self, record: KeyRecord, *, stale_before: datetime) -> KeyRecord | None:
        """See IdempotencyKeys."""
        standing = self._transaction.rows(KEYS).get(record.scope)
        if standing is not None and standing.created_at >= stale_before:
            return stored(standing)
        await self.update(record)
        return None

    async def update(self, record: KeyRecord) -> None:
        """See IdempotencyKeys."""
        self._transaction.put(KEYS, record)


class MemoryJobRuns:
    """One row a tick."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def claim(self, job: str, tick: str, *, now: datetime, lease: timedelta) -> bool:
        """See JobRuns."""
        standing = self._transaction.rows(JOB_RUNS).get((job, tick))
        if standing is not None and (standing.finished_at is not None or standing.lease_until > now):
            return False
        self._transaction.put(JOB_RUNS, JobRunRow(job=job, tick=tick, lease_until=now + lease))
        return True

    async def finish(self, job: str, tick: str, *, now: datetime, error: str | None = None) -> None:
        """See JobRuns."""
        standing = self._transaction.rows(JOB_RUNS).get((job, tick))
        if standing is not None:
            self._transaction.put(JOB_RUNS, replace(standing, finished_at=now, error=error))


class MemoryDeliveryQueue:
    """The outbox, seen from its relay."""

    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, *, now: datetime, lease: timedelta, limit: int) -> Sequence[Delivery]:
        """See DeliveryQueue: the longest due first."""
        async with self._database.transaction() as transaction:
            rows = transaction.rows(OUTBOX).values()
            due = [row for row in rows if _is_due(row, now)]
            claimed = []
            for row in sorted(due, key=attrgetter("due_at"))[:limit]:
                mine = replace(row, attempts=row.attempts + 1, leased_until=now + lease)
                transaction.put(OUTBOX, mine)
                claimed.append(
                    Delivery(mine.id, mine.event, dict(mine.payload), mine.subscriber, mine.attempts, mine.trace)
                )
        return claimed

    async def done(self, id: UUID, *, now: datetime) -> None:
        """See DeliveryQueue."""
        async with self._database.transaction() as transaction:
            row = transaction.rows(OUTBOX).get(id)
            if row is not None:
                transaction.put(OUTBOX, replace(row, done_at=row.done_at or now, leased_until=None, error=None))

    async def failed(self, id: UUID, *, error: str, retry_at: datetime | None) -> None:
        """See DeliveryQueue."""
        async with self._database.transaction() as transaction:
            row = transaction.rows(OUTBOX).get(id)
            if row is not None and row.done_at is None:
                put_off = replace(row, error=error, leased_until=None, due_at=retry_at or row.due_at)
                transaction.put(OUTBOX, replace(put_off, dead_at=self._clock.now() if retry_at is None else None))


def _is_due(row: DeliveryRow, now: datetime) -> bool:
    is_free = row.leased_until is None or row.leased_until <= now
    return row.done_at is None and not row.is_dead and not row.is_live and row.due_at <= now and is_free


@dataclass(slots=True)
class MemoryLiveBatch:
    """Rows that one relay works on."""

    database: MemoryDatabase
    clock: Clock
    deliveries: Sequence[Delivery]
    shown: list[UUID] = field(default_factory=list)

    def done(self, delivery: Delivery) -> None:
        """See LiveBatch."""
        self.shown.append(delivery.id)

    async def failed(self, delivery: Delivery, *, error: str, is_last: bool) -> None:
        """See LiveBatch."""
        async with self.database.transaction() as transaction:
            row = transaction.rows(OUTBOX)[delivery.id]
            dead_at = self.clock.now() if is_last else None
            transaction.put(OUTBOX, replace(row, attempts=delivery.attempts, error=error, dead_at=dead_at))


class MemoryLiveQueue:
    """One relay at a time."""

    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def take(
        self, limit: int, *, known: Collection[tuple[str, str]], left_before: datetime
    ) -> AsyncIterator[MemoryLiveBatch | None]:
        """See LiveQueue."""
        if self._turn.locked():
            yield None
            return
        async with self._turn:
            async with self._database.transaction() as transaction:
                live = [
                    row
                    for row in transaction.rows(OUTBOX).values()
                    if row.is_live
                    and not row.is_dead
                    and ((row.event, row.subscriber) in known or row.created_at < left_before)
                ]
            batch = MemoryLiveBatch(
                self._database,
                self._clock,
                [
                    Delivery(row.id, row.event, dict(row.payload), row.subscriber, row.attempts + 1, row.trace)
                    for row in live[:limit]
                ],
            )
            yield batch
            async with self._database.transaction() as transaction:
                for id in batch.shown:
                    transaction.remove(OUTBOX, id)


def _conforms_to_live(queue: MemoryLiveQueue, batch: MemoryLiveBatch) -> tuple[LiveQueue, LiveBatch]:
    return queue, batch


def _conforms(queue: MemoryDeliveryQueue) -> DeliveryQueue:
    return queue


def _conforms_runs(runs: MemoryJobRuns) -> JobRuns:
    return runs
