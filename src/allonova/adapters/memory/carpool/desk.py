"""Segments, and the back office's word about reports and messages, in memory."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from allonova.adapters.memory.carpool.messages import MESSAGES
from allonova.adapters.memory.rules import Table, Unique
from allonova.adapters.memory.store import MemoryStore, Transaction
from allonova.application.carpool.desk_ports import REFUSALS, ReviewStore, SegmentStore
from allonova.domain.carpool.moderation import CaseKind, ModerationReview
from allonova.domain.carpool.segment import UserSegment

USER_SEGMENTS = Table(
    name="user_segments",
    row=UserSegment,
    uniques=(Unique("uq_user_segments_name", ("name",), key=lambda segment: (segment.name.lower(),)),),
    refusals=REFUSALS,
)
MODERATION_REVIEWS = Table(
    name="moderation_reviews",
    row=ModerationReview,
    uniques=(Unique("uq_moderation_reviews_kind_subject_id", ("kind", "subject_id")),),
)


class MemorySegments(MemoryStore[UserSegment]):
    """Segments."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, USER_SEGMENTS)

    async def remove(self, segment: UserSegment) -> None:
        """See SegmentStore."""
        self._transaction.remove(USER_SEGMENTS, segment.id)


class MemoryReviews(MemoryStore[ModerationReview]):
    """Reviews."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, MODERATION_REVIEWS)

    async def forget_notes(self, writer_id: UUID) -> None:
        """See ReviewStore."""
        written = {m.id for m in self._transaction.rows(MESSAGES).values() if m.from_user_id == writer_id}
        for review in list(self._rows().values()):
            if review.kind is CaseKind.MESSAGE and review.subject_id in written and review.note is not None:
                self._transaction.put(MODERATION_REVIEWS, replace(review, note=None, version=review.version + 1))


def _conforms(segments: MemorySegments, reviews: MemoryReviews) -> tuple[SegmentStore, ReviewStore]:
    return segments, reviews
