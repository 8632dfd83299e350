"""Take in what a payment provider reports."""

from __future__ import annotations

from typing import ClassVar

from allonova.application.carpool.ports import CarpoolUnit, StoredEvent
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import ProviderEvent
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.events import PaymentHinted
from allonova.domain.money.payment import SETTLED, Method, Payment
from allonova.domain.money.rules import HINTS_APART


@wired
class TakeProviderEvent:
    """Settle a payment by its provider's word: once per event. An event that proves nothing makes us ask the provider.

    Events that are not about money, or not about a payment of ours, change nothing; of those that prove something a
    row is kept.
    """

    begin: Begin[CarpoolUnit]
    desk: PaymentDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, event: ProviderEvent) -> str:
        """Returns the outcome: that of `PaymentDesk.settle`, or `known`, `unknown`, `asked`."""
        async with self.begin() as unit:
            payment = await self._payment(unit, event)
            if payment is None and event.report is None:
                return "asked"  # the same for everybody: who proves nothing learns nothing
            stored = StoredEvent(
                id=self.desk.endings.ids.new(),
                provider=event.provider,
                event_id=event.event_id,
                kind=event.kind,
                payment_id=payment.id if payment else None,
                outcome=_outcome(event, payment),
                received_at=self.desk.endings.clock.now(),
            )
            is_new = await unit.webhook_events.put(stored)
            if event.report is None and payment is not None:
                return await self._ask(unit, payment)
            if not is_new:
                return "known"
            if payment is None or event.report is None:
                return "unknown"
            return await self.desk.settle(unit, payment, event.report)

    async def _ask(self, unit: CarpoolUnit, payment: Payment) -> str:
        """Hints may be forged, and a forged one must not use up the true one: each makes us ask, but for those that
        come right after another.
        """
        now = self.desk.endings.clock.now()
        payment = await unit.payments.get(payment.id, lock=True)
        is_fresh = payment.checked_at is not None and now < payment.checked_at + HINTS_APART
        if payment.status not in SETTLED and not is_fresh:
            payment.checked_at = now
            await unit.payments.save(payment)
            await unit.outbox.put(PaymentHinted(payment.id))
        return "asked"

    async def _payment(self, unit: CarpoolUnit, event: ProviderEvent) -> Payment | None:
        """By our own id where the provider repeats it (its event may overtake our commit), else by its names."""
        method = METHODS[event.provider]
        if event.payment_id is not None:
            return await unit.payments.find(id=event.payment_id, method=method)
        if event.provider_ref is not None:
            return await unit.payments.find(provider_ref=event.provider_ref, method=method)
        if event.notif_token is not None:
            return await unit.payments.find(notif_token=event.notif_token, method=method)
        return None


METHODS = {"wave": Method.WAVE, "orange": Method.ORANGE, "mtn": Method.MTN, "stripe": Method.CARD}


def _outcome(event: ProviderEvent, payment: Payment | None) -> str:
    if payment is None:
        return "unknown"
    return "asked" if event.report is None else event.report.reported.value
