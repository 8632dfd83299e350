"""Messages to users."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from allonova.adapters.postgres.notifications.tables import NOTICES
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.domain.notifications.notice import Notice

NOTICE_SHELF = Shelf(RowMapper(Notice, NOTICES), {})
_POST = compile_once(
    insert(NOTICES)
    .values({name: bindparam(name) for name in NOTICE_SHELF.mapper.names})
    .on_conflict_do_nothing(index_elements=["id"])
    .returning(NOTICES.c.id)
)
# In the order of their ids, as whoever erases an account has them locked too.
_READ_ALL = """
WITH unread AS (
    SELECT id FROM carpool.notices WHERE user_id = $1::uuid AND read_at IS NULL ORDER BY id FOR NO KEY UPDATE
)
UPDATE carpool.notices AS n SET read_at = $2::timestamptz, version = n.version + 1 FROM unread WHERE n.id = unread.id
"""
_HAS_UNREAD = """
SELECT EXISTS (
    SELECT FROM carpool.notices
    WHERE user_id = $1::uuid AND read_at IS NULL AND type = $2::text AND data @> $3::jsonb
)
"""
_READ_ABOUT = """
WITH unread AS (
    SELECT id FROM carpool.notices
    WHERE user_id = $1::uuid AND read_at IS NULL AND type = $2::text AND data @> $3::jsonb
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE carpool.notices AS n SET read_at = $4::timestamptz, version = n.version + 1 FROM unread WHERE n.id = unread.id
"""
_COUNT_BEFORE = """
SELECT count(*) FROM carpool.notices
WHERE user_id = $1::uuid AND type = $2::text AND created_at >= $3::timestamptz
    AND (created_at, id) < ($4::timestamptz, $5::uuid)
"""


class PostgresNotices(PostgresStore[Notice]):
    """Notices."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, NOTICE_SHELF)

    async def post(self, notice: Notice) -> bool:
        """Keep a new one. False when one with its id is there already, which stays as it is."""
        values = NOTICE_SHELF.mapper.values(notice)
        return await self._runner.fetchval(_POST.sql, *_POST.args(**values)) is not None

    async def read_all(self, user_id: UUID, *, at: datetime) -> int:
        """Mark all that somebody has not read as read; how many they were."""
        return int((await self._runner.execute(_READ_ALL, user_id, at)).rpartition(" ")[2])

    async def has_unread(self, user_id: UUID, kind: str, about: Mapping[str, str]) -> bool:
        """Whether somebody has not read one of a type whose `data` has these ids."""
        return bool(await self._runner.fetchval(_HAS_UNREAD, user_id, kind, dict(about)))

    async def read_about(self, user_id: UUID, kind: str, about: Mapping[str, str], *, at: datetime) -> None:
        """Mark those as read."""
        await self._runner.execute(_READ_ABOUT, user_id, kind, dict(about), at)

    async def count_before(self, notice: Notice, *, since: datetime) -> int:
        """How many of its type its reader was told from an instant on, before it."""
        at = notice.created_at
        return int(await self._runner.fetchval(_COUNT_BEFORE, notice.user_id, notice.type, since, at, notice.id))
