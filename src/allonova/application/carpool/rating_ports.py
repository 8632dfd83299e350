"""What is asked of the store of ratings."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Store
from allonova.domain.carpool.rating import AlreadyRated, Rating
from allonova.domain.kernel.errors import DomainError

REFUSALS: dict[str, type[DomainError]] = {"uq_ratings_booking_id_from_user_id": AlreadyRated}


class RatingStore(Store[Rating], Protocol):
    """Ratings."""

    async def of_booking(self, booking_id: UUID) -> list[Rating]:
        """What the sides of a booking said of each other, locked, the oldest first."""

    async def forget(self, user_id: UUID, *, at: datetime) -> None:
        """Words of and about somebody who is erased; their stars stay."""
