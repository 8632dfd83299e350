"""Reads of messages to users, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.notifications import NOTICES
from allonova.adapters.memory.store import Rows, stored
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.notifications.notice_queries import NoticeQueries
from allonova.application.notifications.notice_views import NoticeView, notice_view
from allonova.domain.notifications.notice import Notice

FIELDS: Mapping[str, Callable[[Notice], Any]] = {
    name: attrgetter(name) for name in ("id", "type", "read_at", "created_at")
}


class MemoryNoticeQueries:
    """Reads of notices."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def notices(self, user_id: UUID, query: ListQuery) -> Page[NoticeView]:
        """See NoticeQueries."""
        reader = self._source.rows(USERS)[user_id]
        mine = [notice for notice in self._source.rows(NOTICES).values() if notice.user_id == user_id]
        return listed(mine, query, fields=FIELDS, show=lambda notice: notice_view(stored(notice), reader.language))


def _conforms(queries: MemoryNoticeQueries) -> NoticeQueries:
    return queries
