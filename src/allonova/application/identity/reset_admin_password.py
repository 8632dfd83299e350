"""Set a password of the back office with the link that came."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.admin_proof import AdminProof
from allonova.application.identity.offers import require_sound
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.send_link import LinkDesk
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.identity.link import DeadLink, LinkPurpose
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, ValidationError
from allonova.domain.kernel.machine import Party


@wired
class ResetAdminPassword:
    """Set the password by the link's token; whoever was in by the old one is out. An authenticator stays as it is."""

    begin: Begin[IdentityUnit]
    clock: Clock
    proof: AdminProof
    links: LinkDesk
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, DeadLink)

    async def __call__(self, *, token: str, password: str) -> None:
        """Raises ValidationError for a password that is tried first (the link still works then), DeadLink."""
        require_sound(self.proof.hasher, password, path="password")
        hashed = await self.proof.hasher.hash(password)
        async with self.begin() as unit:
            link = await self.links.redeem(unit, token, LinkPurpose.ADMIN_PASSWORD)
            if link is not None and link.user_id is not None and await self._reset(unit, link.user_id, hashed):
                return
        raise DeadLink

    async def _reset(self, unit: IdentityUnit, admin_id: UUID, hashed: str) -> bool:
        admin = await unit.admins.get(admin_id, lock=True)
        if not admin.is_active:
            return False
        admin.set_password(hashed, self.clock.now())
        await unit.admins.save(admin)
        await self.proof.forget_tries(unit, admin)
        await self.sessions.end_all(unit, admin.id, reason="password_changed")
        actor = Actor(Party.ADMIN, admin.id)
        await unit.audit.put(actor=actor, action="admin.password_changed", entity="admin", entity_id=admin.id)
        return True
