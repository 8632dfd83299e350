"""Presences in this process: embedded mode."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from allonova.application.dispatch.presences import LASTS_S, Presence, PresenceBook, Spot


class LocalPresenceBook:
    """All there is when the service is one process.

    Args:
        now: seconds that pass evenly.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._companies: dict[UUID, dict[Spot, tuple[Presence, float]]] = {}

    async def put(self, societe_id: UUID, presences: Sequence[Presence]) -> None:
        """See PresenceBook."""
        for presence in presences:
            self._companies.setdefault(societe_id, {})[presence.spot] = (presence, self._now())

    async def drop(self, societe_id: UUID, spots: Sequence[Spot]) -> list[Presence]:
        """See PresenceBook."""
        known = self._companies.get(societe_id, {})
        for spot in spots:
            known.pop(spot, None)
        if not known:
            self._companies.pop(societe_id, None)
        return await self.present(societe_id)

    async def present(self, societe_id: UUID) -> list[Presence]:
        """See PresenceBook."""
        return [presence for presence, at in self._companies.get(societe_id, {}).values() if self._lasts(at)]

    async def take_lost(self, societe_id: UUID) -> list[Presence]:
        """See PresenceBook."""
        known = self._companies.get(societe_id, {})
        lost = [presence for presence, at in known.values() if not self._lasts(at)]
        await self.drop(societe_id, [presence.spot for presence in lost])
        return lost

    def _lasts(self, at: float) -> bool:
        return self._now() - at < LASTS_S


def _conforms(book: LocalPresenceBook) -> PresenceBook:
    return book
