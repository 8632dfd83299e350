"""Exports in memory."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.rules import Check, Foreign, Table
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.files.export_ports import ExportQueries, ExportStore
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.files.export import OPEN, Export

EXPORTS = Table(
    name="exports",
    row=Export,
    longs=("size",),
    foreigns=(Foreign("admin_id", "admin_users"),),
    checks=(
        Check("period", lambda export: export.since < export.until),
        Check("progress", lambda export: 0 <= export.progress <= 100),
    ),
)
OLDEST_FIRST = attrgetter("created_at", "id")


class MemoryExports(MemoryStore[Export]):
    """Exports."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, EXPORTS)

    async def open_of(self, admin_id: UUID) -> list[Export]:
        """See ExportStore."""
        rows = [row for row in self._rows().values() if row.admin_id == admin_id and row.status in OPEN]
        return [stored(row) for row in sorted(rows, key=OLDEST_FIRST)]

    async def next_due(self, *, now: datetime) -> Export | None:
        """See ExportStore."""
        rows = [row for row in self._rows().values() if row.status in OPEN]
        due = [row for row in rows if row.lease_until is None or row.lease_until <= now]
        return stored(min(due, key=OLDEST_FIRST)) if due else None

    async def expired(self, *, now: datetime, limit: int) -> list[Export]:
        """See ExportStore."""
        kept = [(row.expires_at, row.id, row) for row in self._rows().values() if row.object_key and row.expires_at]
        return [stored(row) for at, _, row in sorted(kept, key=lambda each: each[:2])[:limit] if at <= now]


class MemoryExportQueries:
    """See ExportQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def export(self, id: UUID) -> Export | None:
        """See ExportQueries."""
        found = self._source.rows(EXPORTS).get(id)
        return None if found is None else stored(found)

    async def exports_of(self, admin_id: UUID, query: ListQuery) -> Page[Export]:
        """See ExportQueries."""
        rows = [row for row in self._source.rows(EXPORTS).values() if row.admin_id == admin_id]
        fields = {name: attrgetter(name) for name in ("id", "kind", "status", "created_at")}
        return listed(rows, query, fields=fields, show=stored)


def _conforms_store(store: MemoryExports) -> ExportStore:
    return store


def _conforms(queries: MemoryExportQueries) -> ExportQueries:
    return queries
