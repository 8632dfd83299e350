"""Change one's password of NOVA."""

from __future__ import annotations

import hmac
from typing import ClassVar

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.staff_accounts import AccountDesk, own_account
from allonova.application.identity.offers import require_sound
from allonova.application.identity.password_guard import PasswordGuard, TooManyPasswords
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import AuthRequired, DomainError, StaleVersion, ValidationError


@wired
class ChangeStaffPassword:
    """Change the password by the present one. All other sessions end, and the owner is told."""

    begin_for: BeginFor[DispatchUnit]
    guard: PasswordGuard
    accounts: AccountDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, AuthRequired, StaleVersion, TooManyPasswords)

    async def __call__(self, *, by: Membre, current: str, new: str) -> None:
        """Raises ValidationError at `current` or `new`."""
        require_sound(self.guard.hasher, new, path="new")
        async with self.begin_for(by.societe_id) as unit:
            kept = (await own_account(unit, by)).password_hash or ""
            too_many = await self.guard.count(unit, by.id)
        if too_many is not None:
            raise too_many
        await self.guard.require(current, kept)
        hashed = await self.guard.hasher.hash(new)
        async with self.begin_for(by.societe_id) as unit:
            user = await own_account(unit, by)
            if not hmac.compare_digest(user.password_hash or "", kept):
                raise StaleVersion  # somebody else changed it meanwhile
            await self.guard.forget(unit, user.id)
            await self.accounts.set_password(unit, user, hashed, keep=by.session_id)
