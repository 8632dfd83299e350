"""Change one's password."""

from __future__ import annotations

import hmac
from typing import ClassVar

from allonova.application.identity.accounts import own_account
from allonova.application.identity.offers import require_sound
from allonova.application.identity.password_desk import PasswordDesk
from allonova.application.identity.password_guard import PasswordGuard, TooManyPasswords
from allonova.application.identity.ports import Caller, IdentityUnit
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import AuthRequired, DomainError, StaleVersion, ValidationError


@wired
class ChangePassword:
    """Change the password, or set the first one. All other sessions end, and the owner is told."""

    begin: Begin[IdentityUnit]
    guard: PasswordGuard
    passwords: PasswordDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, AuthRequired, StaleVersion, TooManyPasswords)

    async def __call__(self, *, caller: Caller, current: str | None, new: str) -> None:
        """`current` is needed where there is a password, and ignored where there is none."""
        require_sound(self.guard.hasher, new, path="new")
        async with self.begin() as unit:
            kept = (await own_account(unit, caller.user_id)).password_hash
            too_many = await self.guard.count(unit, caller.user_id)
        if too_many is not None:
            raise too_many
        if kept is not None:
            await self.guard.require(current, kept)
        hashed = await self.guard.hasher.hash(new)
        async with self.begin() as unit:
            user = await own_account(unit, caller.user_id)
            if not hmac.compare_digest(user.password_hash or "", kept or ""):
                raise StaleVersion  # somebody else changed it meanwhile
            await self.guard.forget(unit, user.id)
            await self.passwords.set(unit, user, hashed, keep=caller.session_id)
