"""What AlloCar's users are told, kept to be read in the app."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(slots=True, kw_only=True)
class Notice:
    """One message to one user. Its words are made whenever it is read or sent, in his language of that moment: kept are
    their name (`type`) and what they speak of (`facts`). `data` holds the ids that the app needs to open what it is
    about. After `until` there is no use in sending it any more.
    """

    id: UUID
    user_id: UUID
    type: str
    facts: dict[str, str | int] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    until: datetime | None = None
    read_at: datetime | None = None
    version: int = 1
    created_at: datetime

    def is_over(self, at: datetime) -> bool:
        """Whether it comes too late to be sent."""
        return self.until is not None and self.until <= at

    def read(self, at: datetime) -> bool:
        """Its reader has seen it. False when he had before."""
        if self.read_at is not None:
            return False
        self.read_at = at
        return True
