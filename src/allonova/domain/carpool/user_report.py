"""Somebody says that somebody misbehaved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict


class ReportStatus(StrEnum):
    """Of a report; the back office closes it."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(eq=False)
class AlreadyReported(Conflict):
    """The same about the same person waits already for the back office."""


@dataclass(slots=True, kw_only=True)
class UserReport:
    """A report for the back office. Of one reporter about one person and one booking (or none) one is open at a time;
    nobody reports himself.
    """

    id: UUID
    reporter_id: UUID
    reported_id: UUID
    booking_id: UUID | None
    reason: str
    status: ReportStatus = ReportStatus.OPEN
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def close(self, at: datetime) -> bool:
        """The back office has looked at it; False when it had before."""
        if self.status is ReportStatus.CLOSED:
            return False
        self.status, self.updated_at = ReportStatus.CLOSED, at
        return True
