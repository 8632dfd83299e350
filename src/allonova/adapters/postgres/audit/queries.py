"""The audit log as the back office and its proof read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, and_, bindparam, cast, func, literal, select

from allonova.adapters.postgres.audit.seals import ENTRY, NEVER, SEAL
from allonova.adapters.postgres.audit.tables import AUDIT_SEALS
from allonova.adapters.postgres.identity.tables import ADMIN_USERS
from allonova.adapters.postgres.kernel.tables import AUDIT_LOGS
from allonova.adapters.postgres.lists import LongListing
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.audit.ports import AuditQueries
from allonova.application.audit.views import AuditEntryView, audit_entry_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.audit.seal import SealedEntry
from allonova.domain.kernel.machine import Party


def _midnight(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Where the back office is (Africa/Abidjan), clocks show UTC all year."""
    return func.timezone("UTC", cast(day, DateTime))


_FIELDS = {name: AUDIT_LOGS.c[name] for name in ("id", "created_at", "actor_type", "action", "entity", "entity_id")} | {
    "actor": AUDIT_LOGS.c.actor_id
}
_SHOWN = select(
    *ENTRY.columns(), ADMIN_USERS.c.email.label("email"), AUDIT_SEALS.c.seq.is_not(None).label("is_sealed")
).select_from(
    AUDIT_LOGS.outerjoin(
        ADMIN_USERS,
        and_(AUDIT_LOGS.c.actor_type == literal(Party.ADMIN.value), ADMIN_USERS.c.id == AUDIT_LOGS.c.actor_id),
    ).outerjoin(AUDIT_SEALS, AUDIT_SEALS.c.log_id == AUDIT_LOGS.c.id)
)
_LIST = LongListing(select(AUDIT_LOGS.c.id), _FIELDS, shown=_SHOWN, midnight=_midnight)

_CHAIN = compile_once(
    select(*SEAL.columns("s_"), *ENTRY.columns("e_"))
    .select_from(AUDIT_SEALS.outerjoin(AUDIT_LOGS, AUDIT_LOGS.c.id == AUDIT_SEALS.c.log_id))
    .where(AUDIT_SEALS.c.seq > bindparam("after", type_=BigInteger))
    .order_by(AUDIT_SEALS.c.seq)
    .limit(bindparam("at_most", type_=BigInteger))
)
_UNSEALED = """
SELECT id FROM platform.audit_logs AS l
WHERE created_at < $1::timestamptz AND NOT EXISTS (SELECT FROM platform.audit_seals AS s WHERE s.log_id = l.id)
ORDER BY created_at, id LIMIT $2::int
"""
_WAITING = """
SELECT count(*) FROM platform.audit_logs AS l
WHERE created_at >= $1::timestamptz AND NOT EXISTS (SELECT FROM platform.audit_seals AS s WHERE s.log_id = l.id)
"""
_NOTED = "SELECT sealed, head FROM platform.audit_checks WHERE sealed > 0 ORDER BY created_at DESC LIMIT 1000"
_read_entry = ENTRY.reader()
_read_chained_seal = SEAL.reader("s_")
_read_chained_entry = ENTRY.reader("e_")


class PostgresAuditQueries:
    """See AuditQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def entries(self, query: ListQuery) -> Page[AuditEntryView]:
        """Fields: id, created_at, actor_type, actor, action, entity, entity_id."""
        rows, total = await _LIST.rows(self._runner, query)
        return Page(
            [audit_entry_view(_read_entry(row), email=row["email"], is_sealed=row["is_sealed"]) for row in rows], total
        )

    async def sealed_after(self, seq: int, limit: int) -> Sequence[SealedEntry]:
        """The seals that follow one, with their rows."""
        rows = await self._runner.fetch(_CHAIN.sql, *_CHAIN.args(after=seq, at_most=limit))
        return [
            SealedEntry(_read_chained_seal(row), None if row["e_id"] is None else _read_chained_entry(row))
            for row in rows
        ]

    async def unsealed_before(self, until: datetime, limit: int) -> Sequence[UUID]:
        """The first rows of a time that have no seal."""
        return [row["id"] for row in await self._runner.fetch(_UNSEALED, until, limit)]

    async def count_waiting(self, since: datetime | None) -> int:
        """How many rows have no seal, of those whose time is not before."""
        found: int = await self._runner.fetchval(_WAITING, since or NEVER)
        return found

    async def noted_heads(self) -> Mapping[int, str]:
        """The head of the chain as each night's proof saw it."""
        return {row["sealed"]: row["head"] for row in await self._runner.fetch(_NOTED)}


def _conforms(queries: PostgresAuditQueries) -> AuditQueries:
    return queries
