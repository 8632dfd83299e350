"""Tickets within one process."""

from __future__ import annotations

from allonova.application.identity.tickets import Holder, Tickets
from allonova.application.kernel.ports import Clock


class LocalTickets:
    """In memory, in the order of their end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._holders: dict[str, Holder] = {}

    async def keep(self, digest: str, holder: Holder) -> None:
        """See Tickets."""
        now = self._clock.now()
        while self._holders and (oldest := next(iter(self._holders.items())))[1].expires_at <= now:
            del self._holders[oldest[0]]
        self._holders[digest] = holder

    async def take(self, digest: str) -> Holder | None:
        """See Tickets."""
        return self._holders.pop(digest, None)


def _conforms(tickets: LocalTickets) -> Tickets:
    return tickets
