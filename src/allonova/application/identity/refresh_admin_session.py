"""Exchange a refresh token of the back office for the next pair."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.admin_views import AdminTokens, admin_tokens
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired, DomainError


@wired
class RefreshAdminSession:
    """As RefreshSession does for users; the new access token carries the role that the account has now."""

    begin: Begin[IdentityUnit]
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired,)

    async def __call__(self, *, refresh_token: str) -> AdminTokens:
        """Raises AuthRequired for any token that is not the live end of its chain."""
        async with self.begin() as unit:
            session, token = await self.sessions.presented(unit, refresh_token, Audience.ALLOCAR_ADMIN)
            admin = await unit.admins.get(session.user_id)
            is_open = admin.is_active
            pair = await self.sessions.rotate(unit, session, token, refresh_token, role=admin.role) if is_open else None
        if pair is None:
            raise AuthRequired
        return admin_tokens(pair, admin)
