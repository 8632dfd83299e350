"""Log out of NOVA."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import SessionUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired, DomainError


@wired
class LogOutStaff:
    """End the session that a refresh token belongs to. Who has the token may end it, whether or not his access token
    has run out; a token that is none ends nothing, and nobody hears which it was.
    """

    begin: Begin[SessionUnit]
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, refresh_token: str) -> None:
        """Ending what has ended already is done."""
        async with self.begin() as unit:
            try:
                session, _ = await self.sessions.presented(unit, refresh_token, Audience.NOVA)
            except AuthRequired:
                return
            if session.revoked_at is None:
                await self.sessions.end(unit, session, reason="logout")
