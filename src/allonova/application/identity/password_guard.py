"""The present password, asked of whoever is logged in: holding a token does not mean to know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from allonova.application.identity.ports import PasswordHasher
from allonova.application.identity.send_otp import seconds_until
from allonova.application.kernel.ports import Clock, Unit
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import FieldError, RateLimited, ValidationError

TRIES = 5  # docs/decisions/0019
WINDOW = timedelta(minutes=10)


@dataclass(eq=False)
class TooManyPasswords(RateLimited):
    """Too many wrong passwords for these ten minutes."""


@wired
class PasswordGuard:
    """Each try is counted, and the count committed, before it is looked at."""

    clock: Clock
    hasher: PasswordHasher

    async def count(self, unit: Unit, account_id: UUID) -> TooManyPasswords | None:
        """Count a try; the refusal, to be raised behind the unit, when the account has had its tries."""
        now = self.clock.now()
        wait_until = await unit.attempts.take(_tries(account_id), limit=TRIES, window=WINDOW, now=now)
        return None if wait_until is None else TooManyPasswords(retry_after_s=seconds_until(wait_until, now))

    async def require(self, current: str | None, kept: str) -> None:
        """Raise ValidationError at `current` unless it is the password; outside any unit."""
        if current is None:
            raise ValidationError((FieldError("current", "missing", "the present password is required"),))
        if not await self.hasher.verify(current, kept):
            raise ValidationError((FieldError("current", "wrong_password", "not the present password"),))

    async def forget(self, unit: Unit, account_id: UUID) -> None:
        """The right one came."""
        await unit.attempts.clear(_tries(account_id))


def _tries(account_id: UUID) -> str:
    return f"password-try:{account_id}"
