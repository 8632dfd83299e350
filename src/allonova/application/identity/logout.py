"""End a session."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.codes import token_hash
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError


@wired
class Logout:
    """End the session that a refresh token belongs to. A token that is not the caller's ends nothing."""

    begin: Begin[IdentityUnit]
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, caller_id: UUID, refresh_token: str) -> None:
        """Ending what has ended already is done."""
        async with self.begin() as unit:
            token = await unit.refresh_tokens.find(token_hash=token_hash(refresh_token))
            if token is None:
                return
            session = await unit.sessions.get(token.session_id, lock=True)
            if session.user_id == caller_id and session.revoked_at is None:
                await self.sessions.end(unit, session, reason="logout")
