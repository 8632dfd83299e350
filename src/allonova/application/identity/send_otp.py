"""Send one-time codes."""

from __future__ import annotations

import math
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.identity.codes import code_hash, counter, six_digits
from allonova.application.identity.offers import PasswordOffer
from allonova.application.identity.ports import IdentityUnit
from allonova.application.identity.views import CodeSent
from allonova.application.kernel.ports import Begin, Clock, Ids, Sealer, Secrets
from allonova.application.kernel.wired import wired
from allonova.domain.identity.contact import Channel, Contact
from allonova.domain.identity.events import OtpRequested
from allonova.domain.identity.otp import (
    OTP_SENDS,
    OTP_TTL,
    OTP_WINDOW,
    PAYOUT_PURPOSES,
    Otp,
    OtpPurpose,
    TooManyCodes,
    target_context,
)
from allonova.domain.kernel.errors import DomainError

CHANGES = {Channel.SMS: OtpPurpose.CHANGE_PHONE, Channel.EMAIL: OtpPurpose.CHANGE_EMAIL}


def seconds_until(later: datetime, now: datetime) -> int:
    """Whole seconds, at least one: what `Retry-After` says."""
    return max(1, math.ceil((later - now).total_seconds()))


@wired
class OtpDesk:
    """Makes codes, at most three per phone or e-mail in ten minutes, whatever they are for."""

    clock: Clock
    ids: Ids
    secrets: Secrets
    sealer: Sealer

    async def issue(self, unit: IdentityUnit, phone: str, *, offer: PasswordOffer | None = None) -> int | None:
        """Make a login code and have it sent, if some account has the phone; `offer` came with a registration.

        Returns:
            None, or seconds to wait when the phone has had its codes; the unit must commit either way.
        """
        wait_s = await self._count(unit, phone)
        if wait_s is None:
            # Counting has locked out everybody else who asks for this phone.
            carried = offer.over(await unit.otps.newest(phone), self.clock.now()) if offer else None
            await self._make(unit, phone, OtpPurpose.LOGIN, password_hash=carried)
        return wait_s

    async def issue_for(self, unit: IdentityUnit, user_id: UUID, contact: Contact) -> int | None:
        """Make a code for the user's new phone or e-mail and have it sent there; else as `issue`."""
        purpose = CHANGES[contact.channel]
        wait_s = await self._count(unit, f"{purpose}:{user_id}")
        if wait_s is None:
            wait_s = await self._count(unit, contact.key)
        if wait_s is None:
            await self._make(unit, contact.value, purpose, user_id=user_id)
        return wait_s

    async def issue_to(self, unit: IdentityUnit, user_id: UUID, phone: str, purpose: OtpPurpose) -> int | None:
        """Make a code for a number that the user wants his money at, and have it sent there; else as `issue`."""
        wait_s = await self._count(unit, f"payout:{user_id}")
        if wait_s is None:
            wait_s = await self._count(unit, phone)
        if wait_s is None:
            await self._make(unit, phone, purpose, user_id=user_id)
        return wait_s

    async def _count(self, unit: IdentityUnit, who: str) -> int | None:
        now, sends = self.clock.now(), counter(self.secrets, "otp-send", who)
        wait_until = await unit.attempts.take(sends, limit=OTP_SENDS, window=OTP_WINDOW, now=now)
        return None if wait_until is None else seconds_until(wait_until, now)

    async def _make(
        self,
        unit: IdentityUnit,
        target: str,
        purpose: OtpPurpose,
        *,
        user_id: UUID | None = None,
        password_hash: str | None = None,
    ) -> None:
        now, id = self.clock.now(), self.ids.new()
        if purpose in PAYOUT_PURPOSES:
            target = self.sealer.seal(target, context=target_context(id))
        otp = Otp(
            id=id,
            target=target,
            purpose=purpose,
            user_id=user_id,
            code_hash=code_hash(self.secrets, id, six_digits(self.secrets, id)),
            password_hash=password_hash,
            expires_at=now + OTP_TTL,
            created_at=now,
        )
        await unit.otps.add(otp)
        await unit.outbox.put(OtpRequested(id))


@wired
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
