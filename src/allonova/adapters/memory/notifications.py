"""Messages to users, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from allonova.adapters.memory.rules import Foreign, Table
from allonova.adapters.memory.store import MemoryStore, Transaction
from allonova.domain.notifications.notice import Notice

NOTICES = Table(name="notices", row=Notice, foreigns=(Foreign("user_id", "users"),))


class MemoryNotices(MemoryStore[Notice]):
    """Notices."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, NOTICES)

    async def post(self, notice: Notice) -> bool:
        """See NoticeStore."""
        if notice.id in self._rows():
            return False
        await self.add(notice)
        return True

    async def read_all(self, user_id: UUID, *, at: datetime) -> int:
        """See NoticeStore."""
        unread = self._unread(user_id)
        self._mark(unread, at)
        return len(unread)

    async def has_unread(self, user_id: UUID, kind: str, about: Mapping[str, str]) -> bool:
        """See NoticeStore."""
        return any(_is_about(notice, kind, about) for notice in self._unread(user_id))

    async def read_about(self, user_id: UUID, kind: str, about: Mapping[str, str], *, at: datetime) -> None:
        """See NoticeStore."""
        self._mark([notice for notice in self._unread(user_id) if _is_about(notice, kind, about)], at)

    async def count_before(self, notice: Notice, *, since: datetime) -> int:
        """See NoticeStore."""
        mine = [one for one in self._rows().values() if (one.user_id, one.type) == (notice.user_id, notice.type)]
        return sum(since <= one.created_at and _place(one) < _place(notice) for one in mine)

    def _unread(self, user_id: UUID) -> list[Notice]:
        return [notice for notice in self._rows().values() if notice.user_id == user_id and notice.read_at is None]

    def _mark(self, notices: Iterable[Notice], at: datetime) -> None:
        for notice in notices:
            self._transaction.put(NOTICES, replace(notice, read_at=at, version=notice.version + 1))


def _is_about(notice: Notice, kind: str, about: Mapping[str, str]) -> bool:
    return notice.type == kind and notice.data.items() >= about.items()


def _place(notice: Notice) -> tuple[datetime, UUID]:
    return notice.created_at, notice.id
