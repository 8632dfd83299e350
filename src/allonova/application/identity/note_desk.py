"""Notes are written in one way, whatever they come with."""

from __future__ import annotations

from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.user_note import UserNote


@wired
class NoteDesk:
    """Writes notes about people."""

    clock: Clock
    ids: Ids

    async def write(self, unit: IdentityUnit, *, user_id: UUID, author_id: UUID, text: str) -> UserNote:
        """A note, in the order of the team's writing."""
        note = UserNote(id=self.ids.new(), user_id=user_id, author_id=author_id, text=text, created_at=self.clock.now())
        await unit.user_notes.add(note)
        return note
