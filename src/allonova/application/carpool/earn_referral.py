"""Thank those of whom one brought the other, once the other has ridden."""

from __future__ import annotations

from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.refund_desk import wallet_of
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.events import BookingCompleted
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.money.events import ReferralEarned
from allonova.domain.money.referral import Referral, ReferralStatus, referral_bonus
from allonova.domain.money.rules import MoneyRulesNow
from allonova.domain.money.wallet import TxnSource


@wired
class EarnReferral:
    """Hears BookingCompleted. The passenger's first ride since somebody brought him gives both their bonus, as the
    settings have it now; both bonuses can be spent, but not withdrawn. While there are no wallets nothing is earned:
    a later ride will do. Whoever left meanwhile gets nothing.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    rules: MoneyRulesNow

    async def __call__(self, event: BookingCompleted) -> None:
        """Again is harmless: a referral is earned once."""
        rules = self.rules()
        if not rules.enable_wallet:
            return
        async with self.begin() as unit:
            booking = await unit.bookings.get(event.booking_id)
            referral = await unit.referrals.find(referee_id=booking.passenger_id, lock=True)
            is_waiting = referral is not None and referral.status is ReferralStatus.PENDING
            if referral is None or not is_waiting or booking.status is not BookingStatus.COMPLETED:
                return
            here = await self._here(unit, referral)
            referral.earn(
                bonus_referrer=rules.referral_bonus_referrer * (referral.referrer_id in here),
                bonus_referee=rules.referral_bonus_referee * (referral.referee_id in here),
                booking_id=booking.id,
                at=self.clock.now(),
            )
            await self._pay(unit, referral)

    async def _here(self, unit: CarpoolUnit, referral: Referral) -> frozenset[UUID]:
        """Who of the two still has an account; nobody leaves before this unit ends."""
        both = [await unit.users.get(id, lock=True) for id in sorted((referral.referrer_id, referral.referee_id))]
        return frozenset(user.id for user in both if user.is_reachable)

    async def _pay(self, unit: CarpoolUnit, referral: Referral) -> None:
        now = self.clock.now()
        for owner_id, bonus in referral.shares():
            purse = await wallet_of(unit, self.ids, owner_id, now)
            purse.credit(self.ids.new(), bonus, TxnSource.PROMO, referral.id, now, spend_only=True)
            await unit.wallets.save(purse)
        if referral.shares():
            await unit.journal.post(referral_bonus(self.ids.new(), referral, now))
        await unit.referrals.save(referral)
        await unit.outbox.put(ReferralEarned(referral.id))
        meta: dict[str, str | int] = {"referrer": referral.bonus_referrer, "referee": referral.bonus_referee}
        await unit.audit.put(
            actor=SYSTEM, action="referral.earned", entity="referral", entity_id=referral.id, meta=meta
        )
