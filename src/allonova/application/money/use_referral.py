"""Say who brought one here."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.identity.send_otp import seconds_until
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import MoneyUnit
from allonova.application.money.promo_views import OwnReferral, own_referral
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import AuthRequired, DomainError
from allonova.domain.kernel.machine import Party
from allonova.domain.money.referral import (
    AlreadyReferred,
    Referral,
    ReferralReason,
    ReferralRefused,
    TooManyReferralTries,
    refusal_of,
)

REFERRAL_TRIES = 10
REFERRAL_TRIES_WINDOW = timedelta(hours=1)


@wired
class UseReferral:
    """Take the code of whoever brought one, within seven days of registering, once."""

    begin: Begin[MoneyUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        AuthRequired,
        ReferralRefused,
        AlreadyReferred,
        TooManyReferralTries,
    )

    async def __call__(self, *, caller_id: UUID, code: str) -> OwnReferral:
        """Raises ReferralRefused with why the code brings nothing."""
        await self._count(caller_id)
        now = self.clock.now()
        async with self.begin() as unit:
            me = await unit.users.find(id=caller_id)
            if me is None or not me.is_active:
                raise AuthRequired
            if await unit.referrals.find(referee_id=caller_id) is not None:
                raise AlreadyReferred
            referrer = await unit.users.find(referral_code=code.upper())
            refusal = refusal_of(referrer, me, now)
            if referrer is None or refusal is not None:
                raise ReferralRefused.because(refusal or ReferralReason.UNKNOWN)
            referral = Referral(
                id=self.ids.new(), referrer_id=referrer.id, referee_id=me.id, created_at=now, updated_at=now
            )
            await unit.referrals.add(referral)
            by = Actor(Party.OWNER, caller_id)
            await unit.audit.put(actor=by, action="referral.used", entity="referral", entity_id=referral.id)
        return own_referral(referral)

    async def _count(self, caller_id: UUID) -> None:
        """In a unit of its own: what follows may be refused."""
        now = self.clock.now()
        async with self.begin() as unit:
            key = f"referral:{caller_id}"
            until = await unit.attempts.take(key, limit=REFERRAL_TRIES, window=REFERRAL_TRIES_WINDOW, now=now)
        if until is not None:
            raise TooManyReferralTries(retry_after_s=seconds_until(until, now))
