"""Begin to use an authenticator."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.identity.admin_proof import AdminProof, context
from allonova.application.identity.admin_views import TotpSecret
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.identity.admin_user import AdminLoginRefused, AdminUser, TooManyAdminTries
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, FieldError, ValidationError
from allonova.domain.kernel.machine import Party


@wired
class StartTotp:
    """Make a secret that waits for its first code; until that came nothing changes.

    The password is asked for, and a code of the authenticator that is on: a stolen access token must not be enough to
    lock its owner out.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    proof: AdminProof

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, TooManyAdminTries)

    async def __call__(self, *, admin_id: UUID, password: str, totp: str | None) -> TotpSecret:
        """Asked again, the secret that was not confirmed is replaced."""
        async with self.begin() as unit:
            email = (await unit.admins.get(admin_id)).email
        right = await self.proof.password(email, password)
        async with self.begin() as unit:
            admin = await unit.admins.get(admin_id, lock=True)
            is_right = right is not None and admin.is_active and right.fits(admin.password_hash)
            refusal = await self.proof.code(unit, admin, totp) if is_right else AdminLoginRefused()
            if refusal is None:
                return await self._start(unit, admin)
        if isinstance(refusal, AdminLoginRefused):  # not 401: the caller is logged in, and must not think otherwise
            raise ValidationError((_fault(refusal),))
        raise refusal

    async def _start(self, unit: IdentityUnit, admin: AdminUser) -> TotpSecret:
        secret = self.proof.codes.new_secret()
        sealed = self.proof.sealer.seal(secret, context=context(admin, "totp_pending"))
        admin.start_totp(sealed, self.clock.now())
        await unit.admins.save(admin)
        await self.proof.forget_tries(unit, admin)
        actor = Actor(Party.ADMIN, admin.id)
        await unit.audit.put(actor=actor, action="admin.totp_started", entity="admin", entity_id=admin.id)
        return TotpSecret(secret=secret, otpauth_url=self.proof.codes.url(secret, account=admin.email))


def _fault(refusal: AdminLoginRefused) -> FieldError:
    if refusal.totp_required:
        return FieldError("totp", "wrong_code", "a new code of the authenticator that is on")
    return FieldError("password", "wrong_password", "not the present password")
