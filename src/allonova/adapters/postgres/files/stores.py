"""Permissions to send a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, bindparam

from allonova.adapters.postgres.files.tables import UPLOADS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.files.ports import UploadStore
from allonova.domain.files.upload import UploadGrant

UPLOAD_SHELF = Shelf(RowMapper(UploadGrant, UPLOADS), {})

_OVERDUE = compile_once(
    UPLOAD_SHELF.select(UPLOADS.c.expires_at <= bindparam("now"), UPLOADS.c.swept_at.is_(None))
    .order_by(UPLOADS.c.expires_at, UPLOADS.c.id)
    .limit(bindparam("at_most", type_=Integer))
    .with_for_update(key_share=True, skip_locked=True)
)


class PostgresUploads(PostgresStore[UploadGrant]):
    """Permissions to send a file."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, UPLOAD_SHELF)

    async def overdue(self, *, now: datetime, limit: int) -> Sequence[UploadGrant]:
        """See UploadStore."""
        rows = await self._runner.fetch(_OVERDUE.sql, *_OVERDUE.args(now=now, at_most=limit))
        return [await self._entity(row, is_locked=True) for row in rows]


def _conforms(uploads: PostgresUploads) -> UploadStore:
    return uploads
