"""Log in to NOVA."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.dispatch.staff_accounts import AccountDesk
from allonova.application.dispatch.staff_door import StaffDoor
from allonova.application.dispatch.staff_views import StaffTokens
from allonova.application.identity.log_in import WrongPassword
from allonova.application.identity.ports import PasswordHasher
from allonova.application.identity.right_password import try_password
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.kernel.errors import DomainError


@wired
class LogInStaff:
    """Exchange e-mail and password for tokens. One hash is computed and one company entered whoever it is for: nobody
    learns from the time whether an account exists.
    """

    door: StaffDoor
    hasher: PasswordHasher
    accounts: AccountDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (WrongPassword,)

    async def __call__(self, *, email: str, password: str) -> StaffTokens:
        """`email` in any case. Raises WrongPassword."""
        async with self.door.at_email(email) as unit:
            kept = _usable(await unit.staff.find(email=email))
        right = await try_password(self.hasher, password, kept)
        if right is None:
            raise WrongPassword
        async with self.door.at_email(email) as unit:
            user = await unit.staff.find(email=email, lock=True)
            if user is None or not right.fits(_usable(user)):
                raise WrongPassword  # closed, or changed since it was compared
            user.password_hash = right.fresh
            return await self.accounts.enter(unit, user)


def _usable(user: StaffUser | None) -> str | None:
    """The password's hash of an account that may log in."""
    return user.password_hash if user is not None and user.active else None
