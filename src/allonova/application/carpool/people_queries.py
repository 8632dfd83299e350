"""What is asked of the reads of blocks and reports."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.carpool.people_views import BlockView, UserReportView
from allonova.application.kernel.listing import ListQuery, Page


class PeopleQueries(Protocol):
    """Reads of blocks and reports, one round trip each."""

    async def blocks(self, user_id: UUID, query: ListQuery) -> Page[BlockView]:
        """Whom somebody has blocked; fields: created_at."""

    async def reports(self, reporter_id: UUID, query: ListQuery) -> Page[UserReportView]:
        """What somebody has reported; fields: created_at."""
