"""Take a referral out of the count."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import MoneyUnit
from allonova.application.money.promo_views import ReferralView, referral_view
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound, PreconditionFailed


@wired
class VoidReferral:
    """A referral that waits will earn nothing. What was earned stands."""

    begin: Begin[MoneyUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, PreconditionFailed)

    async def __call__(self, *, by: Actor, referral_id: UUID, reason: str, expected: int | None) -> ReferralView:
        """`reason` stands in the audit log; `expected` is the version of `If-Match`."""
        async with self.begin() as unit:
            referral = await unit.referrals.get(referral_id, lock=True)
            require_version(expected, referral.version, referral_view(referral))
            referral.void(by, self.clock.now())
            await unit.referrals.save(referral)
            await unit.audit.put(
                actor=by,
                action="referral.voided",
                entity="referral",
                entity_id=referral.id,
                meta={"reason": reason},
            )
        return referral_view(referral)
