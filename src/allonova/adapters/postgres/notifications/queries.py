"""Reads of messages to users."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select

from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.lists import LongListing
from allonova.adapters.postgres.notifications.stores import NOTICE_SHELF
from allonova.adapters.postgres.notifications.tables import NOTICES
from allonova.adapters.postgres.runner import Runner
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.notifications.notice_queries import NoticeQueries
from allonova.application.notifications.notice_views import NoticeView, notice_view

_FIELDS = {
    "id": NOTICES.c.id,
    "type": NOTICES.c.type,
    "read_at": NOTICES.c.read_at,
    "created_at": NOTICES.c.created_at,
}
_NOTICES = LongListing(
    select(NOTICES.c.id).where(NOTICES.c.user_id == bindparam("reader")),
    _FIELDS,
    shown=select(*NOTICE_SHELF.mapper.columns("n_"), USERS.c.language).join_from(
        NOTICES, USERS, USERS.c.id == NOTICES.c.user_id
    ),
)
_read = NOTICE_SHELF.mapper.reader("n_")


class PostgresNoticeQueries:
    """Reads of notices."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def notices(self, user_id: UUID, query: ListQuery) -> Page[NoticeView]:
        """What somebody was told, in his language of today; fields: type, read_at, created_at."""
        rows, total = await _NOTICES.rows(self._runner, query, found={"reader": user_id})
        return Page([notice_view(_read(row), row["language"]) for row in rows], total)


def _conforms(queries: PostgresNoticeQueries) -> NoticeQueries:
    return queries
