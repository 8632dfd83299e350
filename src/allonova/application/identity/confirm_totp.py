"""Turn an authenticator on."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.admin_proof import AdminProof, context
from allonova.application.identity.admin_views import AdminView, admin_view
from allonova.application.identity.open_session import SessionDesk
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.identity.admin_user import AdminUser, TooManyAdminTries, TotpNotStarted
from allonova.domain.identity.otp import WrongCode
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party


@wired
class ConfirmTotp:
    """The first code shows that the authenticator has the secret: from now on every login asks for one, and sessions
    that were opened without it end.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    proof: AdminProof
    sessions: SessionDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (WrongCode, TotpNotStarted, TooManyAdminTries)

    async def __call__(self, *, admin_id: UUID, session_id: UUID, code: str) -> AdminView:
        """`session_id` is the one that stays."""
        async with self.begin() as unit:
            admin = await unit.admins.get(admin_id, lock=True)
            if admin.totp_pending is None:
                raise TotpNotStarted
            refusal: DomainError | None = await self.proof.count_code(unit, admin)
            step = None if refusal else self.proof.step(admin, "totp_pending", admin.totp_pending, code)
            if step is not None:
                await self._turn_on(unit, admin, admin.totp_pending, step)
                await self.sessions.end_all(unit, admin.id, reason="totp_changed", keep=session_id)
                return admin_view(admin)
        raise refusal or WrongCode

    async def _turn_on(self, unit: IdentityUnit, admin: AdminUser, pending: str, step: int) -> None:
        sealer = self.proof.sealer
        secret = sealer.open(pending, context=context(admin, "totp_pending"))
        admin.confirm_totp(sealer.seal(secret, context=context(admin, "totp_secret")), step, self.clock.now())
        await unit.admins.save(admin)
        await self.proof.forget_tries(unit, admin)
        actor = Actor(Party.ADMIN, admin.id)
        await unit.audit.put(actor=actor, action="admin.totp_confirmed", entity="admin", entity_id=admin.id)
