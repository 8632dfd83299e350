"""Ways that were looked at lately, kept in this process, in either mode: each process asks the road by itself."""

from __future__ import annotations

from datetime import datetime

from allonova.application.carpool.hint_price import KnownWay, Way, WayBook

MOST = 2_000  # ways kept at once; the oldest go first


class LocalWayBook:
    """One process's own."""

    def __init__(self) -> None:
        self._ways: dict[Way, tuple[datetime, KnownWay]] = {}

    def find(self, way: Way, *, now: datetime) -> KnownWay | None:
        """See WayBook."""
        until, known = self._ways.get(way, (now, None))
        return known if now < until else None

    def keep(self, way: Way, known: KnownWay, *, until: datetime) -> None:
        """See WayBook."""
        self._ways.pop(way, None)
        self._ways[way] = until, known
        while len(self._ways) > MOST:
            del self._ways[next(iter(self._ways))]


def _conforms(book: LocalWayBook) -> WayBook:
    return book
