"""A refund beside what its provider says of it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.difference_desk import DifferenceDesk
from allonova.application.money.ports import MoneyQueries, PaymentGateway, Transfer, TransferState
from allonova.application.money.reconciliation_ports import ReconciliationUnit
from allonova.domain.money.payment import Method, Payment
from allonova.domain.money.reconciliation import (
    SAYS_REFUNDS,
    UNANSWERED,
    DifferenceKind,
    Finding,
    Subject,
    Tally,
)
from allonova.domain.money.refund import Refund, RefundStatus, RefundTo


@wired
class CompareRefund:
    """Asks about a refund that has ended. It books nothing: francs that went otherwise than we say are for people."""

    begin: Begin[ReconciliationUnit]
    queries: MoneyQueries
    gateways: Mapping[Method, PaymentGateway]
    differences: DifferenceDesk
    clock: Clock

    async def __call__(self, refund_id: UUID) -> Tally:
        """Raises ProviderUnavailable."""
        found = await self.queries.refund(refund_id)
        if found is None or found[1].method not in self.gateways or found[1].method not in SAYS_REFUNDS:
            return UNANSWERED
        refund, payment = found
        transfer = await self.gateways[payment.method].read_refund(payment, refund)
        async with self.begin() as unit:
            await unit.payments.get(payment.id, lock=True)
            current = await unit.refunds.get(refund_id, lock=True)
            if current.version != refund.version:  # it has moved on while its provider was asked
                return Tally()
            current.checked_at = self.clock.now()
            await unit.refunds.save(current)
            findings = _findings(current, payment, transfer)
            return await self.differences.note(unit, Subject.REFUND, refund_id, payment.method.value, findings)


def went_there(refund: Refund) -> bool:
    """Whether we say that the provider gave it back at our word."""
    return refund.status is RefundStatus.DONE and refund.sent_to is RefundTo.PROVIDER and refund.reference is None


def _findings(refund: Refund, payment: Payment, transfer: Transfer) -> list[Finding]:
    """What went back, was it as much, and what did not, did it not. Of cards the payment itself says how much of it has
    gone back, which tells more than a refund that was refused.
    """
    if went_there(refund):
        agrees = transfer.state is TransferState.DONE and transfer.amount in (None, refund.amount)
    else:
        agrees = payment.method is Method.CARD or transfer.state in (TransferState.FAILED, TransferState.NOT_FOUND)
    if agrees:
        return []
    return [
        Finding(
            kind=DifferenceKind.REFUND_DIFFERS,
            ours=refund.status.value,
            theirs=transfer.state.value,
            our_amount=refund.amount,
            their_amount=transfer.amount,
        )
    ]
