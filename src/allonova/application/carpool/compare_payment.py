"""A payment beside what its provider says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from allonova.application.carpool.ports import CarpoolQueries, CarpoolUnit
from allonova.application.carpool.settle_payment import PaymentDesk
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.difference_desk import DifferenceDesk
from allonova.application.money.ports import PaymentGateway, Report, Reported
from allonova.application.money.reconciliation_ports import ReconciliationUnit
from allonova.domain.money.payment import SETTLED, Flag, Method, Payment
from allonova.domain.money.reconciliation import UNANSWERED, DifferenceKind, Finding, Subject, Tally
from allonova.domain.money.refund import RefundCause

TAKEN = frozenset({Reported.PAID, Reported.REFUNDED, Reported.CHARGED_BACK, Reported.CHARGEBACK_WON})


class ReconcilingUnit(CarpoolUnit, ReconciliationUnit, Protocol):
    """A transaction over bookings, money and what was found to differ."""


@wired
class ComparePayment:
    """Asks about a payment, takes the answer in like any report, and writes down what differed before, and what still
    does.
    """

    begin: Begin[ReconcilingUnit]
    queries: CarpoolQueries
    desk: PaymentDesk
    gateways: Mapping[Method, PaymentGateway]
    differences: DifferenceDesk

    async def __call__(self, payment_id: UUID) -> Tally:
        """Raises ProviderUnavailable."""
        payment = await self.queries.payment(payment_id, payer_id=None)
        if payment is None or payment.method not in self.gateways:
            return UNANSWERED
        report = await self.gateways[payment.method].read(payment)
        async with self.begin() as unit:
            before, _ = await self.desk.lock(unit, payment)
            unknown_before = await _unknown_back(unit, before, report)
            await self.desk.settle(unit, payment, report)
            after = await unit.payments.get(payment_id, lock=True)
            unknown_after = await _unknown_back(unit, after, report)
            after.checked_at = self.desk.endings.clock.now()
            await unit.payments.save(after)
            if before.version != payment.version:  # it has moved on while its provider was asked
                return Tally()
            findings = [*_paid(before, after, report), *_back(before, report, unknown_before, unknown_after)]
            return await self.differences.note(unit, Subject.PAYMENT, payment_id, payment.method.value, findings)


def _paid(before: Payment, after: Payment, report: Report) -> list[Finding]:
    """Whether it is paid, and how much."""
    is_taken, was_settled = report.reported in TAKEN, before.status in SETTLED
    if report.reported is Reported.OTHER or (was_settled and is_taken and _is_same(before, report)):
        return []
    if is_taken and not _is_same(before, report):
        kind = DifferenceKind.AMOUNT_DIFFERS
    elif is_taken:
        kind = DifferenceKind.PAID_THERE
    elif was_settled:
        kind = DifferenceKind.NOT_PAID_THERE
    else:
        return []
    return [
        Finding(
            kind=kind,
            ours=before.status.value,
            theirs=report.reported.value,
            our_amount=before.amount,
            their_amount=report.amount,
            is_mended=kind is DifferenceKind.PAID_THERE and after.status in SETTLED,
        )
    ]


def _back(before: Payment, report: Report, unknown_before: int, unknown_after: int) -> list[Finding]:
    """Whether more has gone back there than we know of."""
    if not unknown_before or not _is_same(before, report):
        return []
    return [
        Finding(
            kind=DifferenceKind.REFUND_DIFFERS,
            ours=before.status.value,
            theirs=report.reported.value,
            our_amount=max(0, report.back - unknown_before),
            their_amount=report.back,
            is_mended=not unknown_after,
        )
    ]


async def _unknown_back(unit: ReconcilingUnit, payment: Payment, report: Report) -> int:
    """Francs that went back there, or were taken by a card's bank or given back by it, and that our books do not know
    of.
    """
    match report.reported:
        case Reported.REFUNDED:
            return max(0, report.back - (await unit.refunds.claims(payment.id)).sent)
        case Reported.CHARGED_BACK:
            found = await unit.refunds.find(payment_id=payment.id, cause=RefundCause.CHARGEBACK)
            return report.back if found is None else 0
        case Reported.CHARGEBACK_WON:
            return report.back if Flag.CHARGEBACK.value in payment.flags else 0
        case _:
            return 0


def _is_same(payment: Payment, report: Report) -> bool:
    return (report.amount, report.currency) == (payment.amount, payment.currency)
