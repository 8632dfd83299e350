"""Exchange a refresh token for the next pair."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.views import Tokens, tokens_view
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired, DomainError


@wired
class RefreshSession:
    """Each refresh token works once. Again within 10 s it gives the very same successor (the reply was lost); later
    it was stolen, and the whole session ends: that refusal commits before it is told.
    """

    begin: Begin[IdentityUnit]
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired,)

    async def __call__(self, *, refresh_token: str) -> Tokens:
        """Raises AuthRequired for any token that is not the live end of its chain."""
        async with self.begin() as unit:
            session, token = await self.sessions.presented(unit, refresh_token, Audience.ALLOCAR)
            user = await unit.users.get(session.user_id)
            pair = await self.sessions.rotate(unit, session, token, refresh_token) if user.is_active else None
        if pair is None:
            raise AuthRequired
        return tokens_view(pair, user)
