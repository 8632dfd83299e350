"""What searches found lately, kept in this process: embedded mode."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from allonova.application.carpool.ports import Found, Search, SearchCache

REMEMBERED = timedelta(minutes=10)
MOST = 1_000  # pages kept at once; the oldest go first


class LocalSearchCache:
    """One process's own."""

    def __init__(self) -> None:
        self._pages: dict[Search, tuple[datetime, Found]] = {}
        self._asked: deque[tuple[datetime, Search]] = deque()
        self._counts: Counter[Search] = Counter()

    async def ask(self, search: Search, *, now: datetime) -> Found | None:
        """See SearchCache."""
        until, page = self._pages.get(search, (now, None))
        return page if now < until else None

    async def count(self, search: Search, *, now: datetime) -> None:
        """See SearchCache."""
        self._asked.append((now, search))
        self._counts[search] += 1
        self._forget(now)

    async def keep(self, search: Search, found: Found, *, until: datetime) -> None:
        """See SearchCache."""
        self._pages.pop(search, None)
        self._pages[search] = until, found
        while len(self._pages) > MOST:
            del self._pages[next(iter(self._pages))]

    async def forget(self, *viewer_ids: UUID) -> None:
        """See SearchCache."""
        for search in [search for search in self._pages if search.viewer_id in viewer_ids]:
            del self._pages[search]

    async def most_asked(self, *, now: datetime, limit: int) -> Sequence[Search]:
        """See SearchCache."""
        self._forget(now)
        return [search for search, times in self._counts.most_common(limit) if times > 1]

    def _forget(self, now: datetime) -> None:
        while self._asked and self._asked[0][0] <= now - REMEMBERED:
            _, search = self._asked.popleft()
            self._counts[search] -= 1
            if not self._counts[search]:
                del self._counts[search]


def _conforms(cache: LocalSearchCache) -> SearchCache:
    return cache
