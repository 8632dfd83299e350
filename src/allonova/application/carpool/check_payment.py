"""Ask a provider what became of a payment, and do what its answer asks for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import PaymentGateway, RefusedByProvider, Report
from allonova.domain.kernel.errors import DomainError, ProviderUnavailable
from allonova.domain.money.events import CaptureDue, PaymentAbandoned, PaymentHinted
from allonova.domain.money.payment import Method, Payment, PaymentStatus

log = logging.getLogger(__name__)


@wired
class CheckPayment:
    """Read a payment where it was made, and settle it by the same code as a webhook."""

    begin: Begin[CarpoolUnit]
    queries: CarpoolQueries
    desk: PaymentDesk
    gateways: Mapping[Method, PaymentGateway]

    errors: ClassVar[tuple[type[DomainError], ...]] = (ProviderUnavailable,)

    async def __call__(self, payment_id: UUID) -> str:
        """Returns what came of it, `ignored` where there is nothing to ask."""
        payment = await self.queries.payment(payment_id, payer_id=None)
        if payment is None or payment.method not in self.gateways:
            return "ignored"
        return await self.settle(payment, await self.gateways[payment.method].read(payment))

    async def settle(self, payment: Payment, report: Report) -> str:
        """Take an answer in, and note that the provider was asked."""
        async with self.begin() as unit:
            outcome = await self.desk.settle(unit, payment, report)
            current = await unit.payments.get(payment.id, lock=True)
            current.checked_at = self.desk.endings.clock.now()
            await unit.payments.save(current)
        return outcome


@wired
class CheckHinted:
    """Hears PaymentHinted."""

    check: CheckPayment

    async def __call__(self, event: PaymentHinted) -> None:
        """Ask."""
        await self.check(event.payment_id)


@wired
class CapturePayment:
    """Hears CaptureDue: takes what a card's bank holds for us."""

    check: CheckPayment

    async def __call__(self, event: CaptureDue) -> None:
        """Again is harmless. A refusal ends nothing by itself: the payment is read again by and by."""
        payment = await self.check.queries.payment(event.payment_id, payer_id=None)
        if payment is None or payment.status is not PaymentStatus.AUTHORIZED:
            return
        try:
            report = await self.check.gateways[payment.method].capture(payment)
        except RefusedByProvider as refusal:
            log.warning("capture refused", extra={"payment_id": str(payment.id), "code": refusal.code})
            report = await self.check.gateways[payment.method].read(payment)
        await self.check.settle(payment, report)


@wired
class EndPayment:
    """Hears PaymentAbandoned: nobody may pay it any more."""

    check: CheckPayment

    async def __call__(self, event: PaymentAbandoned) -> None:
        """Again is harmless. If it was paid after all, that is settled like any payment."""
        payment = await self.check.queries.payment(event.payment_id, payer_id=None)
        if payment is None or payment.method not in self.check.gateways:
            return
        gateway = self.check.gateways[payment.method]
        await gateway.end(payment)
        await self.check.settle(payment, await gateway.read(payment))
