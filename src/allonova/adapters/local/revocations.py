"""Sessions that have ended, kept in this process."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from allonova.application.identity.ports import Revocations
from allonova.application.kernel.ports import Clock

KEPT = timedelta(minutes=20)  # an access token lives 15 (conventions.md, Tokens)


class LocalRevocations:
    """All there is when the service is one process; else what this one has heard. An id is kept for 20 minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[UUID, datetime] = {}  # in the order of their end

    async def announce(self, session_id: UUID) -> None:
        """See Revocations."""
        now = self._clock.now()
        self._forget(now)
        self._until.pop(session_id, None)
        self._until[session_id] = now + KEPT

    def is_revoked(self, session_id: UUID) -> bool:
        """See Revocations."""
        until = self._until.get(session_id)
        return until is not None and self._clock.now() < until

    def _forget(self, now: datetime) -> None:
        while self._until and (oldest := next(iter(self._until.items())))[1] <= now:
            del self._until[oldest[0]]


def _conforms(revocations: LocalRevocations) -> Revocations:
    return revocations
