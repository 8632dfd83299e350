"""Log in to the back office."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.identity.admin_proof import AdminProof
from allonova.application.identity.admin_views import AdminTokens, admin_tokens
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.identity.admin_user import AdminLoginRefused, AdminUser, TooManyAdminTries
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party


@wired
class LogInAdmin:
    """Exchange e-mail, password and, where an authenticator is on, its code for tokens.

    Refusals are remembered, those of unknown addresses too, so that they cost the same.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    ids: Ids
    proof: AdminProof
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (AdminLoginRefused, TooManyAdminTries)

    async def __call__(self, *, email: str, password: str, totp: str | None) -> AdminTokens:
        """`email` in any case; `totp` of six digits."""
        right = await self.proof.password(email, password)
        async with self.begin() as unit:
            admin = await unit.admins.find(email=email, lock=True)
            refusal: DomainError = AdminLoginRefused()
            if admin is not None and right is not None and admin.is_active and right.fits(admin.password_hash):
                wrong = await self.proof.code(unit, admin, totp)
                if wrong is None:
                    admin.password_hash = right.fresh
                    return await self._enter(unit, admin)
                refusal = wrong
            await self._note(unit, admin)
        raise refusal

    async def _enter(self, unit: IdentityUnit, admin: AdminUser) -> AdminTokens:
        admin.last_login = self.clock.now()
        await unit.admins.save(admin)
        await self.proof.forget_tries(unit, admin)
        actor = Actor(Party.ADMIN, admin.id)
        await unit.audit.put(actor=actor, action="admin.logged_in", entity="admin", entity_id=admin.id)
        pair = await self.sessions.open(unit, admin.id, Audience.ALLOCAR_ADMIN, role=admin.role)
        return admin_tokens(pair, admin)

    async def _note(self, unit: IdentityUnit, admin: AdminUser | None) -> None:
        await unit.audit.put(
            actor=Actor(Party.ADMIN, None if admin is None else admin.id),
            action="admin.login_refused",
            entity="login",
            entity_id=self.ids.new(),
        )
