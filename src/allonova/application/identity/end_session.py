"""End one of one's sessions."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class EndSession:
    """End a session, on this device or another. One that has ended, or is somebody else's, does not exist."""

    begin: Begin[IdentityUnit]
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, caller_id: UUID, session_id: UUID) -> None:
        """Raises NotFound."""
        async with self.begin() as unit:
            session = await unit.sessions.get(session_id, lock=True)
            if session.user_id != caller_id or session.revoked_at is not None:
                raise NotFound
            await self.sessions.end(unit, session, reason="ended_by_owner")
