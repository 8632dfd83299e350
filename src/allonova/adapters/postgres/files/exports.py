"""Exports: what waits to be written, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Integer, bindparam, literal_column, or_, select

from allonova.adapters.postgres.files.export_tables import EXPORTS
from allonova.adapters.postgres.lists import LongListing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.files.export_ports import ExportQueries, ExportStore
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.files.export import Export

EXPORT_SHELF = Shelf(RowMapper(Export, EXPORTS), {})

_IS_OPEN = literal_column("status IN ('queued', 'running')", Boolean)  # as the index over them has it
_OPEN_OF = compile_once(
    EXPORT_SHELF.select(EXPORTS.c.admin_id == bindparam("admin"), _IS_OPEN).order_by(EXPORTS.c.created_at, EXPORTS.c.id)
)
_now = bindparam("now", type_=DateTime(timezone=True))
_NEXT_DUE = compile_once(
    EXPORT_SHELF.select(_IS_OPEN, or_(EXPORTS.c.lease_until.is_(None), EXPORTS.c.lease_until <= _now))
    .order_by(EXPORTS.c.created_at, EXPORTS.c.id)
    .limit(1)
    .with_for_update(key_share=True, skip_locked=True)
)
_EXPIRED = compile_once(
    EXPORT_SHELF.select(EXPORTS.c.object_key.is_not(None), EXPORTS.c.expires_at <= _now)
    .order_by(EXPORTS.c.expires_at, EXPORTS.c.id)
    .limit(bindparam("at_most", type_=Integer))
    .with_for_update(key_share=True, skip_locked=True)
)


class PostgresExports(PostgresStore[Export]):
    """Exports."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, EXPORT_SHELF)

    async def open_of(self, admin_id: UUID) -> Sequence[Export]:
        """Somebody's that are under way, the oldest first."""
        return [_read(row) for row in await self._runner.fetch(_OPEN_OF.sql, *_OPEN_OF.args(admin=admin_id))]

    async def next_due(self, *, now: datetime) -> Export | None:
        """The oldest that is under way and nobody holds, locked."""
        row = await self._runner.fetchrow(_NEXT_DUE.sql, *_NEXT_DUE.args(now=now))
        return None if row is None else _read(row)

    async def expired(self, *, now: datetime, limit: int) -> Sequence[Export]:
        """Those whose file is there and has had its time, locked, the oldest first."""
        rows = await self._runner.fetch(_EXPIRED.sql, *_EXPIRED.args(now=now, at_most=limit))
        return [_read(row) for row in rows]


_ONE = compile_once(EXPORT_SHELF.select(EXPORTS.c.id == bindparam("export")))
_LIST = LongListing(
    select(EXPORTS.c.id).where(EXPORTS.c.admin_id == bindparam("admin")),
    {name: EXPORTS.c[name] for name in ("id", "kind", "status", "created_at")},
    shown=select(*EXPORT_SHELF.mapper.columns()),
)
_read = EXPORT_SHELF.mapper.reader()


class PostgresExportQueries:
    """See ExportQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def export(self, id: UUID) -> Export | None:
        """One of them."""
        row = await self._runner.fetchrow(_ONE.sql, *_ONE.args(export=id))
        return None if row is None else _read(row)

    async def exports_of(self, admin_id: UUID, query: ListQuery) -> Page[Export]:
        """Somebody's; fields: id, kind, status, created_at."""
        rows, total = await _LIST.rows(self._runner, query, found={"admin": admin_id})
        return Page([_read(row) for row in rows], total)


def _conforms_store(store: PostgresExports) -> ExportStore:
    return store


def _conforms(queries: PostgresExportQueries) -> ExportQueries:
    return queries
