"""Take a note about somebody back."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.identity.user_note import NotYourNote
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party


@wired
class StrikeNote:
    """Strike one's own note; a super strikes any. Again, it changes nothing."""

    begin: Begin[IdentityUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, NotYourNote)

    async def __call__(self, *, admin_id: UUID, is_super: bool, user_id: UUID, note_id: UUID) -> None:
        """Raises NotFound for a note about nobody, or about somebody else."""
        async with self.begin() as unit:
            note = await unit.user_notes.find(id=note_id, user_id=user_id, lock=True)
            if note is None:
                raise NotFound
            if note.strike(admin_id=admin_id, is_super=is_super, at=self.clock.now()):
                await unit.user_notes.save(note)
                actor, meta = Actor(Party.ADMIN, admin_id), {"note_id": str(note_id)}
                await unit.audit.put(
                    actor=actor, action="user.note_struck", entity="user", entity_id=user_id, meta=meta
                )
