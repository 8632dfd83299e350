"""Confirm the address that a company was founded with."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.dispatch.invitations import InvitationDesk
from allonova.application.dispatch.staff_door import StaffDoor, redeem
from allonova.application.kernel.wired import wired
from allonova.domain.identity.link import DeadLink, LinkPurpose
from allonova.domain.kernel.errors import DomainError


@wired
class ConfirmStaffEmail:
    """The address is the admin's by the link's token; invitations that waited for that leave now."""

    door: StaffDoor
    invitations: InvitationDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (DeadLink,)

    async def __call__(self, *, token: str) -> None:
        """Raises DeadLink."""
        async with self.door.at_link(token) as unit:
            user = await redeem(self.invitations.links, unit, token, LinkPurpose.STAFF_EMAIL)
            if user is not None:
                await self.invitations.confirm(unit, user)
                await unit.staff.save(user)
                return
        raise DeadLink
