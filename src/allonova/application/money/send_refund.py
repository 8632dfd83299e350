"""Send money back by the way it came."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import (
    MoneyQueries,
    MoneyUnit,
    PaymentGateway,
    RefusedByProvider,
    Report,
    Reported,
    Transfer,
    TransferState,
)
from allonova.application.money.refund_desk import RefundDesk
from allonova.domain.kernel.errors import DomainError, ProviderUnavailable
from allonova.domain.money.events import PaymentMismatched, RefundDue
from allonova.domain.money.payment import Flag, Method, Payment
from allonova.domain.money.refund import CHARGED_BACK, Refund, RefundStatus, RefundTo

log = logging.getLogger(__name__)


@wired
class SendRefund:
    """Hears RefundDue. The provider's refund is harmless when repeated, so a crash between its call and our commit
    costs nothing. What the provider refuses for good goes another way.
    """

    begin: Begin[MoneyUnit]
    queries: MoneyQueries
    desk: RefundDesk
    gateways: Mapping[Method, PaymentGateway]

    errors: ClassVar[tuple[type[DomainError], ...]] = (ProviderUnavailable,)

    async def __call__(self, event: RefundDue) -> None:
        """Ask the provider to give it back."""
        found = await self.queries.refund(event.refund_id)
        if found is None or not _is_waiting(found[0]):
            return
        refund, payment = found
        if payment.method not in self.gateways:
            log.error("no gateway for a refund", extra={"refund_id": str(refund.id), "method": payment.method.value})
            raise ProviderUnavailable(payment.method.value)
        gateway = self.gateways[payment.method]
        try:
            await self._take(refund, payment, await gateway.refund(payment, refund))
        except RefusedByProvider as refusal:
            report = await gateway.read(payment)
            transfer = Transfer(state=TransferState.FAILED, failure_code=refusal.code, failure_message=refusal.message)
            await self._take(refund, payment, transfer, report)

    async def check(self, refund_id: UUID) -> bool:
        """Ask what became of one that is under way. Whether it has ended."""
        found = await self.queries.refund(refund_id)
        if found is None or not _is_waiting(found[0]):
            return False
        refund, payment = found
        if payment.method not in self.gateways:
            return False
        transfer = await self.gateways[payment.method].read_refund(payment, refund)
        if transfer.state is TransferState.NOT_FOUND:  # it never got there
            await self(RefundDue(refund_id))
            return True
        return await self._take(refund, payment, transfer)

    async def _take(self, refund: Refund, payment: Payment, transfer: Transfer, report: Report | None = None) -> bool:
        """Take the provider's word on it, and its report on the payment when it refused."""
        async with self.begin() as unit:
            held = await unit.payments.get(payment.id, lock=True)
            current = await unit.refunds.get(refund.id, lock=True)
            if not _is_waiting(current):
                return False
            if transfer.state is TransferState.DONE:
                await self.desk.sent(unit, held, current, provider_ref=transfer.provider_ref or None)
            elif report is not None and await self._is_gone(unit, current, report):
                await self._found_gone(unit, held, current, report)
            elif transfer.state is TransferState.FAILED:
                log.warning("refund refused", extra={"refund_id": str(refund.id), "code": transfer.failure_code})
                code, message = transfer.failure_code, transfer.failure_message
                await self.desk.impossible(unit, held, current, code=code, message=message)
            else:
                current.provider_ref = transfer.provider_ref or current.provider_ref
                current.checked_at = self.desk.clock.now()
                await unit.refunds.save(current)
        return transfer.state in (TransferState.DONE, TransferState.FAILED)

    async def _is_gone(self, unit: MoneyUnit, refund: Refund, report: Report) -> bool:
        """Whether more has gone back than we know of, by as much as this."""
        if report.reported is Reported.CHARGED_BACK:
            known = sum(taken.amount for taken in await unit.refunds.charged_back(refund.payment_id))
        elif report.reported is Reported.REFUNDED:
            claims = await unit.refunds.claims(refund.payment_id)
            known = claims.sent - claims.asked
        else:
            return False
        return report.back >= known + refund.amount

    async def _found_gone(self, unit: MoneyUnit, payment: Payment, refund: Refund, report: Report) -> None:
        """The provider refuses because so much has gone back already, by somebody's hand there or by the card's bank: a
        second time would be a gift.
        """
        if report.reported is Reported.CHARGED_BACK:
            refund.failure_code = CHARGED_BACK
            payment.flag(Flag.CHARGEBACK, at=self.desk.clock.now())
            await unit.outbox.put(PaymentMismatched(payment.id))
        await self.desk.sent(unit, payment, refund, provider_ref=None)


def _is_waiting(refund: Refund) -> bool:
    return refund.status is RefundStatus.PENDING and refund.sent_to is RefundTo.PROVIDER
