"""Send a login code to a phone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from allonova.application.identity.codes import code_hash, six_digits
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.views import CodeSent
from allonova.application.kernel.ports import Begin, Clock, Ids, Secrets
from allonova.domain.identity.events import OtpRequested
from allonova.domain.identity.otp import OTP_SENDS, OTP_TTL, OTP_WINDOW, Otp, TooManyCodes
from allonova.domain.kernel.errors import DomainError


def seconds_until(later: datetime, now: datetime) -> int:
    """Whole seconds, at least one: what `Retry-After` says."""
    return max(1, math.ceil((later - now).total_seconds()))


@dataclass(frozen=True, slots=True)
class OtpDesk:
    """Makes codes, at most three per phone in ten minutes."""

    clock: Clock
    ids: Ids
    secrets: Secrets

    async def issue(self, unit: IdentityUnit, phone: str) -> int | None:
        """Make a code and have it sent, if some account has the phone.

        Returns:
            None, or seconds to wait when the phone has had its codes; the unit must commit either way.
        """
        now = self.clock.now()
        wait_until = await unit.attempts.take(f"otp-send:{phone}", limit=OTP_SENDS, window=OTP_WINDOW, now=now)
        if wait_until is not None:
            return seconds_until(wait_until, now)
        id = self.ids.new()
        kept = code_hash(self.secrets, id, six_digits(self.secrets, id))
        await unit.otps.add(Otp(id=id, phone=phone, code_hash=kept, expires_at=now + OTP_TTL, created_at=now))
        await unit.outbox.put(OtpRequested(id))
        return None


@dataclass(frozen=True, slots=True)
class SendOtp:
    """Send a login code. The answer and the work are the same for phones without an account."""

    begin: Begin[IdentityUnit]
    desk: OtpDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (TooManyCodes,)

    async def __call__(self, *, phone: str) -> CodeSent:
        """`phone` in E.164."""
        async with self.begin() as unit:
            wait_s = await self.desk.issue(unit, phone)
        if wait_s is not None:
            raise TooManyCodes(retry_after_s=wait_s)
        return CodeSent(expires_in=int(OTP_TTL.total_seconds()), retry_after=0)
