"""What is asked of the reads of disputes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.dispute import Dispute, Evidence
from allonova.domain.identity.user import User


class DisputeQueries(Protocol):
    """Reads outside a transaction, one round trip each; the list of all takes two."""

    async def dispute(self, id: UUID) -> Dispute | None:
        """A dispute."""

    async def disputes_of(self, user_id: UUID, query: ListQuery) -> Page[Dispute]:
        """Those of which somebody is a side; fields: id, booking_id, status, category, created_at, updated_at."""

    async def disputes(self, query: ListQuery) -> Page[Dispute]:
        """All of them; the same fields, and opened_by."""

    async def evidence_of(self, dispute_id: UUID) -> Sequence[Evidence]:
        """What both sides gave, in the order of its coming."""

    async def given_by(self, user_id: UUID) -> Sequence[Evidence]:
        """All that somebody ever gave, in the order of its coming."""

    async def sides(self, dispute_id: UUID) -> Sequence[User]:
        """Who opened it, and the other side."""
