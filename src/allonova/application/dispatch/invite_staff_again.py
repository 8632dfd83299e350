"""Send an invitation once more."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.invitations import InvitationDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import AlreadyIn, Membre
from allonova.domain.kernel.errors import DomainError, NotFound, RateLimited


@wired
class InviteStaffAgain:
    """A new link for somebody who has not set his password yet; the one before works no more."""

    begin_for: BeginFor[DispatchUnit]
    trail: Trail
    invitations: InvitationDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, AlreadyIn, RateLimited)

    async def __call__(self, *, by: Membre, user_id: UUID) -> None:
        """At most three in ten minutes."""
        async with self.begin_for(by.societe_id) as unit:
            user = await unit.staff.get(user_id, lock=True)
            if user.password_hash is not None or not user.active:
                raise AlreadyIn
            wait_s = await self.invitations.invite_again(unit, user)
            if wait_s is None:
                await self.trail.record(unit, by, by.societe_id, "user.invite", "user", after=user)
        if wait_s is not None:
            raise RateLimited(retry_after_s=wait_s)
