"""Messages about money that came to somebody, or did not."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Begin, Store, Unit
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_ports import PayoutUnit
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.money.events import PayoutEnded, ReferralEarned, WalletToppedUp
from allonova.domain.money.payment import Payment
from allonova.domain.money.payout import REJECTED, PayoutKind, PayoutStatus
from allonova.domain.money.referral import Referral

ENDS: Mapping[tuple[PayoutKind, PayoutStatus], Template] = {
    (PayoutKind.EARNINGS, PayoutStatus.DONE): Template.PAYOUT_DONE,
    (PayoutKind.EARNINGS, PayoutStatus.FAILED): Template.PAYOUT_FAILED,
    (PayoutKind.WITHDRAWAL, PayoutStatus.DONE): Template.WITHDRAWAL_DONE,
    (PayoutKind.WITHDRAWAL, PayoutStatus.FAILED): Template.WITHDRAWAL_FAILED,
}


class PaidUnit(Unit, Protocol):
    """A transaction over payments and referrals."""

    @property
    def payments(self) -> Store[Payment]: ...
    @property
    def referrals(self) -> Store[Referral]: ...


@wired
class TellPayoutOwner:
    """Hears PayoutEnded."""

    begin: Begin[PayoutUnit]
    desk: NoticeDesk

    async def __call__(self, event: PayoutEnded, id: UUID) -> None:
        """A payout that the back office did not agree to never left: its driver has nothing to mend."""
        async with self.begin() as unit:
            payout = await unit.payouts.get(event.payout_id)
        if payout.failure_code == REJECTED:
            return
        await self.desk.post(
            id=id,
            user_id=payout.driver_id,
            template=ENDS[payout.kind, payout.status],
            facts={"amount": payout.amount},
            data={"payout_id": str(payout.id)},
        )


@wired
class TellToppedUp:
    """Hears WalletToppedUp."""

    begin: Begin[PaidUnit]
    desk: NoticeDesk

    async def __call__(self, event: WalletToppedUp, id: UUID) -> None:
        """What the wallet has more."""
        async with self.begin() as unit:
            payment = await unit.payments.get(event.payment_id)
        await self.desk.post(
            id=id,
            user_id=payment.user_id,
            template=Template.WALLET_TOPPED_UP,
            facts={"amount": payment.amount},
            data={"payment_id": str(payment.id)},
        )


class ReferralSide(StrEnum):
    """Who brought somebody, and who was brought."""

    REFERRER = "referrer"
    REFEREE = "referee"


@wired
class TellReferral:
    """Hears ReferralEarned; each of the two is a subscriber of its own."""

    side: ReferralSide
    begin: Begin[PaidUnit]
    desk: NoticeDesk

    async def __call__(self, event: ReferralEarned, id: UUID) -> None:
        """Whoever got nothing hears nothing."""
        async with self.begin() as unit:
            referral = await unit.referrals.get(event.referral_id)
        is_referrer = self.side is ReferralSide.REFERRER
        bonus = referral.bonus_referrer if is_referrer else referral.bonus_referee
        if bonus == 0:
            return
        await self.desk.post(
            id=id,
            user_id=referral.referrer_id if is_referrer else referral.referee_id,
            template=Template.REFERRAL_EARNED,
            facts={"amount": bonus},
            data={"referral_id": str(referral.id)},
        )
