"""What is asked of the stores of segments and reviews."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Store
from allonova.domain.carpool.moderation import ModerationReview
from allonova.domain.carpool.segment import SegmentNameTaken, UserSegment
from allonova.domain.kernel.errors import DomainError

REFUSALS: dict[str, type[DomainError]] = {"uq_user_segments_name": SegmentNameTaken}


class SegmentStore(Store[UserSegment], Protocol):
    """Segments."""

    async def remove(self, segment: UserSegment) -> None:
        """Forget it."""


class ReviewStore(Store[ModerationReview], Protocol):
    """The back office's word about reports and messages."""

    async def forget_notes(self, writer_id: UUID) -> None:
        """Blank what the team noted about messages of somebody who is erased."""
