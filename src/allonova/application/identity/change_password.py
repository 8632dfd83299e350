"""Change one's password."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from allonova.application.identity.accounts import own_account
from allonova.application.identity.offers import require_sound
from allonova.application.identity.password_desk import PasswordDesk
from allonova.application.identity.ports import Caller, IdentityUnit, PasswordHasher
from allonova.application.identity.send_otp import seconds_until
from allonova.application.kernel.ports import Begin, Clock
from allonova.domain.kernel.errors import (
    AuthRequired,
    DomainError,
    FieldError,
    RateLimited,
    StaleVersion,
    ValidationError,
)

TRIES = 5  # docs/decisions/0019
WINDOW = timedelta(minutes=10)


@dataclass(eq=False)
class TooManyPasswords(RateLimited):
    """Too many wrong passwords for these ten minutes."""


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Change the password, or set the first one. All other sessions end, and the owner is told.

    Whoever holds a token does not know the password yet: each try is counted before it is looked at.
    """

    begin: Begin[IdentityUnit]
    clock: Clock
    hasher: PasswordHasher
    passwords: PasswordDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, AuthRequired, StaleVersion, TooManyPasswords)

    async def __call__(self, *, caller: Caller, current: str | None, new: str) -> None:
        """`current` is needed where there is a password, and ignored where there is none."""
        require_sound(self.hasher, new, path="new")
        kept = await self._kept(caller)
        if kept is not None:
            await self._require_current(current, kept)
        hashed = await self.hasher.hash(new)
        async with self.begin() as unit:
            user = await own_account(unit, caller.user_id)
            if not hmac.compare_digest(user.password_hash or "", kept or ""):
                raise StaleVersion  # somebody else changed it meanwhile
            await unit.attempts.clear(_tries(caller))
            await self.passwords.set(unit, user, hashed, keep=caller.session_id)

    async def _kept(self, caller: Caller) -> str | None:
        now = self.clock.now()
        async with self.begin() as unit:
            user = await own_account(unit, caller.user_id)
            wait_until = await unit.attempts.take(_tries(caller), limit=TRIES, window=WINDOW, now=now)
        if wait_until is not None:
            raise TooManyPasswords(retry_after_s=seconds_until(wait_until, now))
        return user.password_hash

    async def _require_current(self, current: str | None, kept: str) -> None:
        if current is None:
            raise ValidationError((FieldError("current", "missing", "the present password is required"),))
        if not await self.hasher.verify(current, kept):
            raise ValidationError((FieldError("current", "wrong_password", "not the present password"),))


def _tries(caller: Caller) -> str:
    return f"password-try:{caller.user_id}"
