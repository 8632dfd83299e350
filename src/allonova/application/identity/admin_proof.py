"""Proofs that somebody of the back office is who he says: his password, and a code of his authenticator."""

from __future__ import annotations

from allonova.application.identity.codes import token_hash
from allonova.application.identity.ports import IdentityUnit, PasswordHasher, TotpCodes
from allonova.application.identity.right_password import RightPassword, try_password
from allonova.application.identity.send_otp import seconds_until
from allonova.application.kernel.ports import Begin, Clock, Sealer
from allonova.application.kernel.wired import wired
from allonova.domain.identity.admin_user import (
    CODE_TRIES,
    CODE_WINDOW,
    LOGIN_TRIES,
    LOGIN_WINDOW,
    AdminLoginRefused,
    AdminUser,
    TooManyAdminTries,
)
from allonova.domain.kernel.errors import DomainError


@wired
class AdminProof:
    """Every try is counted, and the count committed, before it is looked at."""

    begin: Begin[IdentityUnit]
    clock: Clock
    sealer: Sealer
    hasher: PasswordHasher
    codes: TotpCodes

    async def password(self, email: str, password: str) -> RightPassword | None:
        """What the password fits, to be compared again in the unit that acts upon it; None when it fits nothing. An
        address that nobody has costs the same. Raises TooManyAdminTries.
        """
        now = self.clock.now()
        async with self.begin() as unit:
            wait_until = await unit.attempts.take(_tries(email), limit=LOGIN_TRIES, window=LOGIN_WINDOW, now=now)
            admin = await unit.admins.find(email=email)
        if wait_until is not None:
            raise TooManyAdminTries(retry_after_s=seconds_until(wait_until, now))
        return await try_password(self.hasher, password, None if admin is None else admin.password_hash)

    async def code(self, unit: IdentityUnit, admin: AdminUser, code: str | None) -> DomainError | None:
        """Why the code does not open, if one is asked for. The unit must commit either way, and keep the admin when it
        opens: its step is used up.
        """
        if admin.totp_secret is None:
            return None
        if code is None:
            return AdminLoginRefused(totp_required=True)
        too_many = await self.count_code(unit, admin)
        if too_many is not None:
            return too_many
        is_new = admin.take_step(self.step(admin, "totp_secret", admin.totp_secret, code))
        return None if is_new else AdminLoginRefused(totp_required=True)

    async def count_code(self, unit: IdentityUnit, admin: AdminUser) -> TooManyAdminTries | None:
        """Count a try; the refusal when the account has had its codes."""
        now = self.clock.now()
        wait_until = await unit.attempts.take(_codes(admin), limit=CODE_TRIES, window=CODE_WINDOW, now=now)
        return None if wait_until is None else TooManyAdminTries(retry_after_s=seconds_until(wait_until, now))

    async def forget_tries(self, unit: IdentityUnit, admin: AdminUser) -> None:
        """Everything was right."""
        await unit.attempts.clear(_tries(admin.email))
        await unit.attempts.clear(_codes(admin))

    def step(self, admin: AdminUser, column: str, sealed: str, code: str) -> int | None:
        """The step of a code of the secret that is sealed in a column."""
        secret = self.sealer.open(sealed, context=context(admin, column))
        return self.codes.step(secret, code, at=self.clock.now())


def context(admin: AdminUser, column: str) -> str:
    """What a sealed value of an admin is bound to."""
    return f"admin_users.{column}:{admin.id}"


def _tries(email: str) -> str:
    return f"admin-login:{token_hash(email.lower())}"  # counters outlive accounts and hold no address


def _codes(admin: AdminUser) -> str:
    return f"admin-code:{admin.id}"
