"""What the back office writes about somebody, for itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.kernel.errors import Forbidden

MAX_LETTERS = 2_000


@dataclass(eq=False)
class NotYourNote(Forbidden):
    """A note is struck by whoever wrote it, or by a super."""


@dataclass(slots=True, kw_only=True)
class UserNote:
    """A note about somebody. Nobody changes it. It may be struck: its text is gone then, and that there was one, by
    whom it was written and by whom struck, stays as long as the account does.
    """

    id: UUID
    user_id: UUID
    author_id: UUID
    text: str | None
    struck_at: datetime | None = None
    struck_by: UUID | None = None
    version: int = 1
    created_at: datetime

    def strike(self, *, admin_id: UUID, is_super: bool, at: datetime) -> bool:
        """Take it back; False when it was struck before. Raises NotYourNote."""
        if not is_super and admin_id != self.author_id:
            raise NotYourNote
        if self.struck_at is not None:
            return False
        self.text, self.struck_at, self.struck_by = None, at, admin_id
        return True
