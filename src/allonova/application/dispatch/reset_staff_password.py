"""Set a new password of NOVA with the link that came."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.dispatch.forgot_staff_password import PURPOSE
from allonova.application.dispatch.invitations import InvitationDesk
from allonova.application.dispatch.staff_accounts import AccountDesk
from allonova.application.dispatch.staff_door import StaffDoor, redeem
from allonova.application.identity.offers import require_sound
from allonova.application.identity.ports import PasswordHasher
from allonova.application.kernel.wired import wired
from allonova.domain.identity.link import DeadLink
from allonova.domain.kernel.errors import DomainError, ValidationError


@wired
class ResetStaffPassword:
    """Set a password by the link's token: it proves the address that it was sent to, and ends every session."""

    door: StaffDoor
    hasher: PasswordHasher
    invitations: InvitationDesk
    accounts: AccountDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, DeadLink)

    async def __call__(self, *, token: str, password: str) -> None:
        """Raises ValidationError for a password that is tried first (the link still works then), DeadLink."""
        require_sound(self.hasher, password, path="password")
        hashed = await self.hasher.hash(password)
        async with self.door.at_link(token) as unit:
            user = await redeem(self.invitations.links, unit, token, PURPOSE)
            if user is not None:
                await self.invitations.confirm(unit, user)
                await self.accounts.set_password(unit, user, hashed)
                return
        raise DeadLink
