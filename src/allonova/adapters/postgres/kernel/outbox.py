"""What a unit leaves behind when it commits: events for the relay, lines of the audit log, the answer under a key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from allonova.adapters.postgres.kernel.keys import SETTLE, PostgresIdempotencyKeys
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.telemetry.traces import current
from allonova.application.kernel.ports import Clock, Ids, Lane
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.events import Event

_WRITE = """
WITH audited AS (
    INSERT INTO platform.audit_logs (id, actor_type, actor_id, action, entity, entity_id, meta, created_at)
    SELECT id, actor_type, actor_id, action, entity, entity_id, meta, $1::timestamptz
    FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::jsonb[])
        WITH ORDINALITY AS a (id, actor_type, actor_id, action, entity, entity_id, meta, position)
    ORDER BY position
)
INSERT INTO platform.outbox (id, event, payload, subscriber, is_live, trace, due_at, created_at)
SELECT id, event, payload, subscriber, is_live, $14::text, $1::timestamptz, $1::timestamptz
FROM unnest($9::uuid[], $10::text[], $11::jsonb[], $12::text[], $13::bool[])
    WITH ORDINALITY AS o (id, event, payload, subscriber, is_live, position)
ORDER BY position
"""
_PARAMETERS = 14
_KEPT_KEY = re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + _PARAMETERS}", SETTLE.sql)
_SETTLED = f"WITH settled AS ({_KEPT_KEY}), audited AS ("  # allow: sql-text - two statements of ours
_WRITE_WITH_KEY = _WRITE.replace("WITH audited AS (", _SETTLED)


type _AuditRow = tuple[UUID, str, UUID | None, str, str, UUID, dict[str, Any]]
type _OutboxRow = tuple[UUID, str, dict[str, Any], str, bool]


@dataclass(slots=True)
class PostgresOutbox:
    """Events of a unit, one row for each that hears of one; `live` are the subscribers that show it on sockets."""

    subscribers: Mapping[type[Event], Sequence[str]]
    live: frozenset[str]
    ids: Ids
    rows: list[_OutboxRow] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    async def put(self, event: Event) -> None:
        """Leave it for the relay."""
        self.events.append(event)
        payload = event.payload()
        heard_by = self.subscribers.get(type(event), ())
        self.rows += [(self.ids.new(), event.name, payload, who, who in self.live) for who in heard_by]

    @property
    def lanes(self) -> frozenset[Lane]:
        """Which relays have something to do."""
        return frozenset(Lane.LIVE if row[-1] else Lane.WORK for row in self.rows)


@dataclass(slots=True)
class PostgresAuditLog:
    """Audit lines of a unit."""

    ids: Ids
    rows: list[_AuditRow] = field(default_factory=list)

    async def put(
        self, *, actor: Actor, action: str, entity: str, entity_id: UUID, meta: Mapping[str, str | int] | None = None
    ) -> None:
        """Append a row. `meta` names facts and changed fields, never personal values."""
        self.rows.append((self.ids.new(), actor.party, actor.id, action, entity, entity_id, dict(meta or {})))


async def write_all(
    runner: Runner, audit: PostgresAuditLog, outbox: PostgresOutbox, keys: PostgresIdempotencyKeys, clock: Clock
) -> None:
    """Everything in one statement, in the order in which it was put."""
    key = keys.settled()
    if audit.rows or outbox.rows or key:
        rows = (*_columns(audit.rows, 7), *_columns(outbox.rows, 5))
        await runner.execute(_WRITE_WITH_KEY if key else _WRITE, clock.now(), *rows, current(), *(key or ()))


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[index] for row in rows] for index in range(width)]
