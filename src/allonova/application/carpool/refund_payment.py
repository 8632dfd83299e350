"""Send money back that came for seats that were gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from allonova.application.carpool.access import lock_payment
from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.money.ports import PaymentGateway
from allonova.domain.carpool.fares import refund_sent
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.events import RefundDue
from allonova.domain.money.payment import Method, PaymentStatus


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """Hears RefundDue. The provider's refund is harmless when repeated, so a crash between its call and our commit
    costs nothing; a provider that refuses is asked again and at last left as a dead letter for people to see.
    """

    begin: Begin[CarpoolUnit]
    queries: CarpoolQueries
    clock: Clock
    ids: Ids
    gateways: Mapping[Method, PaymentGateway]

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, event: RefundDue) -> None:
        """Give the whole amount back by the way it came."""
        payment = await self.queries.payment(event.payment_id, payer_id=None)
        if payment is None or payment.status is not PaymentStatus.PAID:
            return
        await self.gateways[payment.method].refund(payment)
        now = self.clock.now()
        async with self.begin() as unit:
            current = await lock_payment(unit, payment)
            if current.status is not PaymentStatus.PAID:
                return
            current.refund(at=now)
            await unit.payments.save(current)
            await unit.journal.post(refund_sent(self.ids.new(), current, now))
            await unit.audit.put(actor=SYSTEM, action="payment.refunded", entity="payment", entity_id=current.id)
