"""What is asked of the reads of reports and flagged messages."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.carpool.moderation_views import CaseFacts, CaseView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.moderation import CaseKind

AROUND = 5
"""So many messages are shown before a flagged one, and after it."""


class ModerationQueries(Protocol):
    """Reads of what is to be looked at."""

    async def cases(self, query: ListQuery) -> Page[CaseView]:
        """Reports and flagged messages; fields: kind, status, about, by, created_at."""

    async def case(self, kind: CaseKind, id: UUID) -> CaseFacts | None:
        """One of them. A message that was never flagged is none."""
