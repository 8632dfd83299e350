"""Whoever has no token yet says by an address or a token of ours which company he belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit, Doors
from allonova.application.identity.codes import token_hash
from allonova.application.identity.ports import SessionUnit
from allonova.application.identity.send_link import LinkDesk
from allonova.application.kernel.ports import Begin, BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.identity.link import LinkPurpose

NOWHERE = UUID(int=0)
"""No company has it. Who belongs to none is looked for there: nothing is found, and that costs the same."""


@wired
class StaffDoor:
    """Opens units in the company that somebody belongs to."""

    begin: Begin[SessionUnit]
    begin_for: BeginFor[DispatchUnit]
    doors: Doors

    @asynccontextmanager
    async def at_email(self, email: str) -> AsyncIterator[DispatchUnit]:
        """A unit where the account of this address is."""
        async with self.begin_for(await self.doors.of_email(email) or NOWHERE) as unit:
            yield unit

    @asynccontextmanager
    async def at_link(self, token: str) -> AsyncIterator[DispatchUnit]:
        """A unit where the account is that a link was made for."""
        async with self.begin() as unit:
            link = await unit.links.find(token_hash=token_hash(token))
        async with self.begin_for(await self._company(None if link is None else link.user_id)) as unit:
            yield unit

    @asynccontextmanager
    async def at_refresh_token(self, token: str) -> AsyncIterator[DispatchUnit]:
        """A unit where the account is that a refresh token was given to."""
        async with self.begin() as unit:
            found = await unit.refresh_tokens.find(token_hash=token_hash(token))
            session = None if found is None else await unit.sessions.get(found.session_id)
        async with self.begin_for(await self._company(None if session is None else session.user_id)) as unit:
            yield unit

    async def _company(self, user_id: UUID | None) -> UUID:
        found = None if user_id is None else await self.doors.of_user(user_id)
        return found or NOWHERE


async def redeem(links: LinkDesk, unit: DispatchUnit, token: str, purpose: LinkPurpose) -> StaffUser | None:
    """Whose link it is, locked before the link is; it is used up now. None for one that works no more, or that was sent
    to an address that is no longer his: the unit must commit all the same.
    """
    found = await unit.links.find(token_hash=token_hash(token))
    owner = None if found is None else found.user_id
    user = None if owner is None else await unit.staff.find(id=owner, lock=True)
    link = await links.redeem(unit, token, purpose)
    if user is None or link is None or not user.active or user.email.lower() != link.target:
        return None
    return user
