"""Give a payment back, or a part of it: somebody of the back office."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.refund_sources import SourceDesk
from allonova.application.carpool.settle_payment import Place
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.decide_refund import audit_refund
from allonova.application.money.refund_views import RefundView, refund_view
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import (
    DomainError,
    FieldError,
    InsufficientFunds,
    InvalidTransition,
    NotFound,
    ValidationError,
)
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.refund import (
    MoneyFrozen,
    NotRefundable,
    Refund,
    RefundCause,
    RefundStatus,
    RefundTo,
    RefundTooMuch,
    RideNotOver,
    SameAdmin,
)
from allonova.domain.money.rules import MoneyRulesNow
from allonova.domain.money.wallet import WalletDisabled

REFUSED = (NotFound, NotRefundable, RefundTooMuch, RideNotOver, MoneyFrozen, InsufficientFunds)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundWish:
    """What is to go back: by default all that is left, by the way it came if its provider can."""

    payment_id: UUID
    amount: int | None = None
    to: RefundTo | None = None
    reason: str


@wired
class RefundByAdmin:
    """One admin's word is enough up to `four_eyes_amount` of a payment, all that goes back of it counted together.
    Above it nothing moves until another one agrees.
    """

    begin: Begin[CarpoolUnit]
    sources: SourceDesk
    rules: MoneyRulesNow

    errors: ClassVar[tuple[type[DomainError], ...]] = (*REFUSED, WalletDisabled, ValidationError)

    async def __call__(self, *, by: Actor, wish: RefundWish, once: Once[RefundView]) -> RefundView:
        """Under the lock of the trip, then of the payment."""
        async with self.begin() as unit:
            await once.claim(unit)
            found = await unit.payments.get(wish.payment_id)
            payment, place = await self.sources.payments.lock(unit, found)
            left = await self.sources.left(unit, payment)
            amount = left if wish.amount is None else wish.amount
            self.sources.require(payment, place, amount, left=left)
            refund = self.made(payment, amount, wish, by, gone=payment.amount - left)
            await unit.refunds.add(refund)
            await audit_refund(unit, refund, "refund.requested", by)
            if refund.status is RefundStatus.PENDING:
                await self.give(unit, payment, place, refund, left=left, by=by)
            made = refund_view(refund)
            await once.settle(unit, made)
        return made

    async def give(
        self, unit: CarpoolUnit, payment: Payment, place: Place, refund: Refund, *, left: int, by: Actor
    ) -> None:
        """Move the francs of a refund that is kept and pending, and send it."""
        await self.sources.take(unit, payment, place, refund, left=left, by=by)
        await self.sources.payments.endings.refunds.set_going(unit, payment, refund)

    def made(self, payment: Payment, amount: int, wish: RefundWish, by: Actor, *, gone: int) -> Refund:
        """A refund that no store has yet; it waits for another admin if with what has `gone` it is above the limit."""
        is_much = gone + amount > self.rules().four_eyes_amount
        return self.sources.payments.endings.refunds.made(
            payment,
            amount,
            RefundCause.ADMIN,
            to=self._way(payment, wish.to),
            status=RefundStatus.AWAITING_APPROVAL if is_much else RefundStatus.PENDING,
            reason=wish.reason,
            by=by,
        )

    def _way(self, payment: Payment, to: RefundTo | None) -> RefundTo | None:
        """Refuse a way that there is none: out of a wallet into the same, or to whom nobody paid."""
        is_wallet = payment.method is Method.WALLET
        if (to is RefundTo.WALLET and payment.is_topup) or (to is RefundTo.PROVIDER and is_wallet):
            raise ValidationError((FieldError("to", "no_such_way", "this payment cannot go back there"),))
        if to is RefundTo.WALLET and not is_wallet and not self.rules().enable_wallet:
            raise WalletDisabled
        return to


@wired
class ApproveRefund:
    """Another admin agrees: the francs move as they would have at once, if that is still possible."""

    begin: Begin[CarpoolUnit]
    refund: RefundByAdmin

    errors: ClassVar[tuple[type[DomainError], ...]] = (*REFUSED, InvalidTransition, SameAdmin)

    async def __call__(self, *, by: Actor, refund_id: UUID) -> RefundView:
        """What has changed meanwhile refuses it; it then goes on waiting, and can be rejected."""
        sources = self.refund.sources
        async with self.begin() as unit:
            found = await unit.refunds.get(refund_id)
            payment, place = await sources.payments.lock(unit, await unit.payments.get(found.payment_id))
            refund = await unit.refunds.get(refund_id, lock=True)
            refund.approve(by, sources.payments.endings.clock.now())
            left = await sources.left(unit, payment, but=refund.amount)
            sources.require(payment, place, refund.amount, left=left)
            await unit.refunds.save(refund)
            await audit_refund(unit, refund, "refund.approved", by)
            await self.refund.give(unit, payment, place, refund, left=left, by=by)
        return refund_view(refund)
