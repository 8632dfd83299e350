"""The audit log in memory: read, sealed and proven."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.identity import ADMIN_USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.platform import AUDIT_LOGS, AuditRow
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import Rows, Transaction, stored
from allonova.application.audit.ports import AuditQueries, SealStore
from allonova.application.audit.views import AuditEntryView, audit_entry_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.audit.seal import AuditCheck, AuditEntry, Seal, SealedEntry
from allonova.domain.kernel.machine import Party

SHA256_BYTES = 32

AUDIT_SEALS = Table(
    name="audit_seals",
    row=Seal,
    key=attrgetter("seq"),
    uniques=(Unique("uq_audit_seals_log_id", ("log_id",)),),
    foreigns=(Foreign("log_id", "audit_logs"),),
    checks=(Check("seq", lambda seal: seal.seq > 0), Check("hash", lambda seal: len(seal.hash) == SHA256_BYTES)),
)
AUDIT_CHECKS = Table(name="audit_checks", row=AuditCheck, uniques=(Unique("uq_audit_checks_tick", ("tick",)),))
FIELDS: Mapping[str, Callable[[AuditRow], Any]] = {
    name: attrgetter(name) for name in ("id", "created_at", "actor_type", "action", "entity", "entity_id")
} | {"actor": attrgetter("actor_id")}


class MemorySeals:
    """See SealStore. Units are serial: it is always one's turn."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def take_turn(self) -> Seal | None:
        """See SealStore."""
        return _last(self._transaction)

    async def waiting(self, *, since: datetime | None, until: datetime, limit: int) -> list[AuditEntry]:
        """See SealStore."""
        rows = [row for row in _unsealed(self._transaction) if row.created_at < until]
        due = [row for row in rows if since is None or row.created_at >= since]
        return [_entry(row) for row in sorted(due, key=attrgetter("created_at", "id"))[:limit]]

    async def add_all(self, seals: Sequence[Seal]) -> None:
        """See SealStore."""
        for seal in seals:
            self._transaction.insert(AUDIT_SEALS, seal)


class MemoryAuditQueries:
    """See AuditQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def entries(self, query: ListQuery) -> Page[AuditEntryView]:
        """See AuditQueries."""
        sealed = {seal.log_id for seal in self._source.rows(AUDIT_SEALS).values()}

        def show(row: AuditRow) -> AuditEntryView:
            return audit_entry_view(_entry(row), email=self._email(row), is_sealed=row.id in sealed)

        return listed(self._source.rows(AUDIT_LOGS).values(), query, fields=FIELDS, show=show)

    async def sealed_after(self, seq: int, limit: int) -> Sequence[SealedEntry]:
        """See AuditQueries."""
        rows = self._source.rows(AUDIT_LOGS)
        seals = sorted((seal for seal in self._source.rows(AUDIT_SEALS).values() if seal.seq > seq), key=_seq)
        found = [(seal, rows.get(seal.log_id)) for seal in seals[:limit]]
        return [SealedEntry(seal, None if row is None else _entry(row)) for seal, row in found]

    async def unsealed_before(self, until: datetime, limit: int) -> Sequence[UUID]:
        """See AuditQueries."""
        rows = [row for row in _unsealed(self._source) if row.created_at < until]
        return [row.id for row in sorted(rows, key=attrgetter("created_at", "id"))[:limit]]

    async def count_waiting(self, since: datetime | None) -> int:
        """See AuditQueries."""
        return sum(since is None or row.created_at >= since for row in _unsealed(self._source))

    async def noted_heads(self) -> Mapping[int, str]:
        """See AuditQueries."""
        return {check.sealed: check.head for check in self._source.rows(AUDIT_CHECKS).values() if check.sealed}

    def _email(self, row: AuditRow) -> str | None:
        admin = self._source.rows(ADMIN_USERS).get(row.actor_id) if row.actor_type is Party.ADMIN else None
        return None if admin is None else admin.email


_seq = attrgetter("seq")


def _last(source: Rows) -> Seal | None:
    return max(source.rows(AUDIT_SEALS).values(), key=_seq, default=None)


def _unsealed(source: Rows) -> list[AuditRow]:
    sealed = {seal.log_id for seal in source.rows(AUDIT_SEALS).values()}
    return [row for row in source.rows(AUDIT_LOGS).values() if row.id not in sealed]


def _entry(row: AuditRow) -> AuditEntry:
    mine = stored(row)
    return AuditEntry(
        id=mine.id,
        actor_type=mine.actor_type,
        actor_id=mine.actor_id,
        action=mine.action,
        entity=mine.entity,
        entity_id=mine.entity_id,
        meta=mine.meta,
        created_at=mine.created_at,
    )


def _conforms(seals: MemorySeals, queries: MemoryAuditQueries) -> tuple[SealStore, AuditQueries]:
    return seals, queries
