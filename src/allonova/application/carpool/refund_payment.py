"""Send money back: that came for seats that were gone, or whose booking was cancelled."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from allonova.application.carpool.access import lock_payment
from allonova.application.carpool.end_booking import EndingDesk
from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.money.ports import PaymentGateway, RefusedByProvider
from allonova.domain.carpool.fares import refund_sent, refund_to_wallet
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.events import PaymentRefunded, RefundDue
from allonova.domain.money.payment import Method, Payment, PaymentStatus
from allonova.domain.money.wallet import TxnSource

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """Hears RefundDue. The provider's refund is harmless when repeated, so a crash between its call and our commit
    costs nothing. What the provider refuses for good goes to the payer's wallet.
    """

    begin: Begin[CarpoolUnit]
    queries: CarpoolQueries
    clock: Clock
    endings: EndingDesk
    gateways: Mapping[Method, PaymentGateway]

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, event: RefundDue) -> None:
        """Give the whole amount back by the way it came, else to the wallet."""
        payment = await self.queries.payment(event.payment_id, payer_id=None)
        if payment is None or payment.status is not PaymentStatus.PAID:
            return
        try:
            await self.gateways[payment.method].refund(payment)
        except RefusedByProvider as refusal:
            log.warning("refund refused", extra={"payment_id": str(payment.id), "code": refusal.code})
            await self._book(payment, to_wallet=True)
        else:
            await self._book(payment, to_wallet=False)

    async def _book(self, payment: Payment, *, to_wallet: bool) -> None:
        now, ids = self.clock.now(), self.endings.ids
        async with self.begin() as unit:
            current = await lock_payment(unit, payment)
            if current.status is not PaymentStatus.PAID:
                return
            current.refund(at=now)
            await unit.payments.save(current)
            if to_wallet:
                purse = await self.endings.wallet_of(unit, current.user_id)
                purse.credit(ids.new(), current.amount, TxnSource.REFUND, current.id, now)
                await unit.wallets.save(purse)
                await unit.journal.post(refund_to_wallet(ids.new(), current, now))
            else:
                await unit.journal.post(refund_sent(ids.new(), current, now))
            await unit.outbox.put(PaymentRefunded(current.id))
            await unit.audit.put(
                actor=SYSTEM,
                action="payment.refunded",
                entity="payment",
                entity_id=current.id,
                meta={"to": "wallet" if to_wallet else "provider"},
            )
