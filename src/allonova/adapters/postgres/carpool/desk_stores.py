"""Segments, and the back office's word about reports and messages."""

from __future__ import annotations

from uuid import UUID

from allonova.adapters.postgres.carpool.desk_tables import MODERATION_REVIEWS, USER_SEGMENTS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.desk_ports import REFUSALS, ReviewStore, SegmentStore
from allonova.domain.carpool.moderation import ModerationReview
from allonova.domain.carpool.segment import UserSegment

SEGMENT_SHELF = Shelf(RowMapper(UserSegment, USER_SEGMENTS), REFUSALS)
REVIEW_SHELF = Shelf(RowMapper(ModerationReview, MODERATION_REVIEWS), REFUSALS)

_REMOVE = "DELETE FROM carpool.user_segments WHERE id = $1::uuid"
_FORGET_NOTES = """
UPDATE carpool.moderation_reviews AS r SET note = NULL, version = r.version + 1
FROM carpool.messages AS m
WHERE m.from_user_id = $1::uuid AND r.kind = 'message' AND r.subject_id = m.id AND r.note IS NOT NULL
"""


class PostgresSegments(PostgresStore[UserSegment]):
    """Segments."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, SEGMENT_SHELF)

    async def remove(self, segment: UserSegment) -> None:
        """Forget it."""
        await self._runner.execute(_REMOVE, segment.id)


class PostgresReviews(PostgresStore[ModerationReview]):
    """Reviews."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, REVIEW_SHELF)

    async def forget_notes(self, writer_id: UUID) -> None:
        """Blank what the team noted about messages of somebody who is erased."""
        await self._runner.execute(_FORGET_NOTES, writer_id)


def _conforms(segments: PostgresSegments, reviews: PostgresReviews) -> tuple[SegmentStore, ReviewStore]:
    return segments, reviews
