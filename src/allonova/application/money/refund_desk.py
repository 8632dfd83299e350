"""Money on its way back: where it may go, and what is written down of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import MoneyUnit, Reach
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.money.events import PaymentRefunded, RefundDue, RefundManual
from allonova.domain.money.movements import refund_sent, refund_to_wallet
from allonova.domain.money.payment import Flag, Method, Payment
from allonova.domain.money.refund import Refund, RefundCause, RefundStatus, RefundTo
from allonova.domain.money.rules import MoneyRulesNow
from allonova.domain.money.wallet import TxnSource, Wallet


async def wallet_of(unit: MoneyUnit, ids: Ids, user_id: UUID, now: datetime) -> Wallet:
    """Somebody's wallet, locked; made if he has none."""
    return await unit.wallets.of(user_id, new=Wallet(id=ids.new(), user_id=user_id, created_at=now, updated_at=now))


@wired
class RefundDesk:
    """Opens and ends refunds of payments that the caller has locked. Whoever opens one has put its francs into
    `refunds_due`, or does so in the same unit.
    """

    clock: Clock
    ids: Ids
    reaches: Mapping[Method, Reach]
    rules: MoneyRulesNow

    def way_of(self, payment: Payment, amount: int) -> RefundTo:
        """The way it came, if its provider can; else the wallet, if there are wallets."""
        if payment.method is Method.WALLET:
            return RefundTo.WALLET
        reach = self.reaches.get(payment.method, Reach.NOTHING)
        can = reach is Reach.PARTS or (reach is Reach.WHOLE and amount == payment.amount)
        return RefundTo.PROVIDER if can or payment.is_topup or not self.rules().enable_wallet else RefundTo.WALLET

    def made(
        self,
        payment: Payment,
        amount: int,
        cause: RefundCause,
        *,
        to: RefundTo | None = None,
        status: RefundStatus = RefundStatus.PENDING,
        reason: str | None = None,
        by: Actor = SYSTEM,
    ) -> Refund:
        """A refund that no store has yet."""
        now = self.clock.now()
        return Refund(
            id=self.ids.new(),
            payment_id=payment.id,
            user_id=payment.user_id,
            amount=amount,
            sent_to=to or self.way_of(payment, amount),
            cause=cause,
            reason=reason,
            status=status,
            requested_by=by.id,
            created_at=now,
            updated_at=now,
        )

    async def open(self, unit: MoneyUnit, payment: Payment, refund: Refund) -> None:
        """Keep a new refund and set it going: into the wallet at once, to a provider after the commit."""
        await unit.refunds.add(refund)
        await self.set_going(unit, payment, refund)

    async def set_going(self, unit: MoneyUnit, payment: Payment, refund: Refund) -> None:
        """The same for one that is kept, and is pending."""
        if refund.sent_to is RefundTo.WALLET:
            await self._into_wallet(unit, payment, refund)
        else:
            await unit.outbox.put(RefundDue(refund.id))

    async def sent(
        self, unit: MoneyUnit, payment: Payment, refund: Refund, *, provider_ref: str | None, is_news: bool = True
    ) -> None:
        """The provider gave it back."""
        now = self.clock.now()
        refund.finish(provider_ref=provider_ref, at=now)
        await unit.journal.post(refund_sent(self.ids.new(), refund, payment, now))
        await self._gone_back(unit, payment, refund, is_news=is_news)

    async def confirmed(self, unit: MoneyUnit, payment: Payment, refund: Refund, by: Actor, reference: str) -> None:
        """Somebody gave it back by hand, out of what lies at the provider."""
        now = self.clock.now()
        refund.confirm(by, reference, now)
        if not await unit.refunds.manual_of(payment.id, but=refund.id):
            payment.unflag(Flag.REFUND_PENDING_MANUAL, at=now)
        await unit.journal.post(refund_sent(self.ids.new(), refund, payment, now))
        await self._gone_back(unit, payment, refund, by=by)

    async def impossible(self, unit: MoneyUnit, payment: Payment, refund: Refund, *, code: str, message: str) -> None:
        """The provider will not: into the wallet, unless somebody chose the provider or there are no wallets; then it
        waits for a person.
        """
        now = self.clock.now()
        chosen = refund.cause is RefundCause.ADMIN or payment.is_topup
        if self.rules().enable_wallet and not chosen:
            refund.redirect(code=code, message=message, at=now)
            await self._into_wallet(unit, payment, refund, is_news=True)
            return
        refund.give_up(code=code, message=message, at=now)
        payment.flag(Flag.REFUND_PENDING_MANUAL, at=now)
        await unit.refunds.save(refund)
        await unit.payments.save(payment)
        await unit.outbox.put(RefundManual(refund.id))
        await self._audit(unit, refund, "refund.pending_manual", SYSTEM)

    async def _into_wallet(self, unit: MoneyUnit, payment: Payment, refund: Refund, *, is_news: bool = False) -> None:
        now = self.clock.now()
        purse = await wallet_of(unit, self.ids, refund.user_id, now)
        is_card = payment.method is Method.CARD
        about = payment.booking_id or payment.id
        purse.credit(self.ids.new(), refund.amount, TxnSource.REFUND, about, now, spend_only=is_card)
        await unit.wallets.save(purse)
        refund.finish(provider_ref=None, at=now)
        await unit.journal.post(refund_to_wallet(self.ids.new(), refund, now))
        await self._gone_back(unit, payment, refund, is_news=is_news)

    async def _gone_back(
        self, unit: MoneyUnit, payment: Payment, refund: Refund, *, is_news: bool = True, by: Actor = SYSTEM
    ) -> None:
        payment.gone_back(refund.amount, at=self.clock.now())
        await unit.refunds.save(refund)
        await unit.payments.save(payment)
        if is_news:
            await unit.outbox.put(PaymentRefunded(refund.id))
        await self._audit(unit, refund, "payment.refunded", by)

    async def _audit(self, unit: MoneyUnit, refund: Refund, action: str, by: Actor) -> None:
        meta: dict[str, str | int] = {"refund_id": str(refund.id), "amount": refund.amount, "to": refund.sent_to.value}
        await unit.audit.put(actor=by, action=action, entity="payment", entity_id=refund.payment_id, meta=meta)
