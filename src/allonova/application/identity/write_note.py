"""Write a note about somebody."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.account_views import NoteView, note_view
from allonova.application.identity.note_desk import NoteDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.identity.user import AccountErased
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party


@wired
class WriteNote:
    """Leave a note for the team. Whom it is about does not see it."""

    begin: Begin[IdentityUnit]
    desk: NoteDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, AccountErased)

    async def __call__(self, *, admin_id: UUID, user_id: UUID, text: str) -> NoteView:
        """Raises NotFound when there is no such user, AccountErased when he has left."""
        async with self.begin() as unit:
            user = await unit.users.get(user_id, lock=True)  # nothing is noted beside an erasure
            user.require_there()
            author = await unit.admins.get(admin_id)
            note = await self.desk.write(unit, user_id=user_id, author_id=admin_id, text=text)
            actor, meta = Actor(Party.ADMIN, admin_id), {"note_id": str(note.id)}
            await unit.audit.put(actor=actor, action="user.noted", entity="user", entity_id=user_id, meta=meta)
        return note_view(note, author.email)
