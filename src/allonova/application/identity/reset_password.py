"""Set a new password with the link that came."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.accounts import find_by
from allonova.application.identity.offers import require_sound
from allonova.application.identity.password_desk import PasswordDesk
from allonova.application.identity.ports import IdentityUnit, PasswordHasher
from allonova.application.identity.send_link import LinkDesk
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.notifications.suppressions import lift_proven
from allonova.domain.identity.contact import contact_of
from allonova.domain.identity.link import DeadLink, LinkPurpose
from allonova.domain.kernel.errors import DomainError, ValidationError


@wired
class ResetPassword:
    """Set a password by the link's token: it proves the phone or e-mail that it was sent to, and ends every session."""

    begin: Begin[IdentityUnit]
    clock: Clock
    links: LinkDesk
    hasher: PasswordHasher
    passwords: PasswordDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, DeadLink)

    async def __call__(self, *, token: str, password: str) -> None:
        """Raises ValidationError for a password that is tried first (the link still works then), DeadLink."""
        require_sound(self.hasher, password, path="password")
        hashed = await self.hasher.hash(password)
        async with self.begin() as unit:
            if await self._reset(unit, token, hashed):
                return
        raise DeadLink

    async def _reset(self, unit: IdentityUnit, token: str, hashed: str) -> bool:
        link = await self.links.redeem(unit, token, LinkPurpose.PASSWORD_RESET)
        if link is None:
            return False
        contact = contact_of(link.target)
        user = await find_by(unit, contact, lock=True)
        if user is None or not user.is_active:
            return False
        user.prove(contact.channel, self.clock.now())
        await lift_proven(unit, self.links.secrets, contact)
        await self.passwords.set(unit, user, hashed)
        return True
