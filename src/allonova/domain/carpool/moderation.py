"""What the back office makes of reports about people and of flagged messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class CaseKind(StrEnum):
    """What is looked at."""

    REPORT = "report"
    MESSAGE = "message"


class CaseStatus(StrEnum):
    """How it stands."""

    OPEN = "open"
    REVIEWED = "reviewed"
    DISMISSED = "dismissed"


class Outcome(StrEnum):
    """Of a review: something was in it, or nothing."""

    REVIEWED = "reviewed"
    DISMISSED = "dismissed"


@dataclass(slots=True, kw_only=True)
class ModerationReview:
    """The word of the back office about a report or a message, one for each; the last one counts. `note` is for the
    team.
    """

    id: UUID
    kind: CaseKind
    subject_id: UUID
    outcome: Outcome
    note: str | None = None
    admin_id: UUID
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def decide_again(self, outcome: Outcome, note: str | None, *, admin_id: UUID, at: datetime) -> None:
        """Another word, or the same by somebody else. Without a note the one that stands stays."""
        self.outcome, self.admin_id, self.updated_at = outcome, admin_id, at
        self.note = self.note if note is None else note
