"""What is asked of the reads of notices."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.notifications.notice_views import NoticeView


class NoticeQueries(Protocol):
    """Reads outside a transaction."""

    async def notices(self, user_id: UUID, query: ListQuery) -> Page[NoticeView]:
        """What somebody was told, in his language of today; fields: type, read_at, created_at."""
