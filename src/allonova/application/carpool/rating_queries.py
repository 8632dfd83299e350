"""What is asked of the reads of ratings and of people's public faces."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.carpool.rating_views import DeskRating, Figures, OwnRating, RatingView
from allonova.application.carpool.views import Person
from allonova.application.kernel.listing import ListQuery, Page


class RatingQueries(Protocol):
    """Reads of ratings and of people's public faces, one round trip each."""

    async def person(self, id: UUID, *, viewer_id: UUID) -> Person | None:
        """Somebody whose account is open, unless he and the viewer are parted by a block."""

    async def figures(self, user_id: UUID, *, now: datetime) -> Figures:
        """What is counted of somebody's rides."""

    async def ratings(self, user_id: UUID, query: ListQuery) -> Page[RatingView]:
        """What was said of somebody and is shown; fields: stars, role, created_at."""

    async def written(self, user_id: UUID, query: ListQuery) -> Page[OwnRating]:
        """What somebody said of others, shown or not; fields: booking_id, created_at."""

    async def desk(self, query: ListQuery) -> Page[DeskRating]:
        """All ratings; fields: booking_id, from_user_id, to_user_id, stars, comment_hidden, created_at."""

    async def overdue(self, *, now: datetime, limit: int) -> list[UUID]:
        """Bookings whose window has closed over a rating that is not shown, the oldest first."""
