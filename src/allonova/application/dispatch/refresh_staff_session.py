"""Renew a session of NOVA."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.dispatch.staff_door import StaffDoor
from allonova.application.dispatch.staff_views import StaffTokens, staff_tokens
from allonova.application.identity.open_session import SessionDesk
from allonova.application.kernel.wired import wired
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import AuthRequired, DomainError


@wired
class RefreshStaffSession:
    """As RefreshSession does for users; the new access token carries the role that the account has now."""

    door: StaffDoor
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AuthRequired,)

    async def __call__(self, *, refresh_token: str) -> StaffTokens:
        """Raises AuthRequired for any token that is not the live end of its chain."""
        async with self.door.at_refresh_token(refresh_token) as unit:
            session, token = await self.sessions.presented(unit, refresh_token, Audience.NOVA)
            user = await unit.staff.find(id=session.user_id)
            pair = None
            if user is not None and user.active:
                pair = await self.sessions.rotate(
                    unit, session, token, refresh_token, role=user.role, tenant=user.societe_id
                )
        if pair is None or user is None:
            raise AuthRequired
        return staff_tokens(pair, user)
