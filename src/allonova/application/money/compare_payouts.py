"""A payout beside what its provider says of it."""

from __future__ import annotations

from uuid import UUID

from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.difference_desk import DifferenceDesk
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.ports import PayoutGateways, Transfer, TransferState
from allonova.application.money.reconciliation_ports import ReconciliationUnit
from allonova.domain.money.payout import Payout, PayoutStatus
from allonova.domain.money.reconciliation import UNANSWERED, DifferenceKind, Finding, Subject, Tally

ENDED = (PayoutStatus.DONE, PayoutStatus.FAILED)


@wired
class ComparePayout:
    """Asks about a payout that has ended. It books nothing: one that ended otherwise is for people."""

    begin: Begin[ReconciliationUnit]
    desk: PayoutDesk
    gateways: PayoutGateways
    differences: DifferenceDesk

    async def __call__(self, payout_id: UUID) -> Tally:
        """Raises ProviderUnavailable."""
        async with self.begin() as unit:
            payout = await unit.payouts.get(payout_id)
        if payout.method not in self.gateways or payout.provider_url is None:
            return UNANSWERED
        transfer = await self.gateways[payout.method].read(self.desk.order_of(payout))
        async with self.begin() as unit:
            current = await unit.payouts.get(payout_id, lock=True)
            if current.version != payout.version or current.status not in ENDED:
                return Tally()  # it has moved on while its provider was asked
            current.checked_at = self.desk.clock.now()
            await unit.payouts.save(current)
            findings = _findings(current, transfer)
            return await self.differences.note(unit, Subject.PAYOUT, payout_id, payout.method.value, findings)


def _findings(payout: Payout, transfer: Transfer) -> list[Finding]:
    if payout.status is PayoutStatus.DONE:
        agrees = transfer.state is TransferState.DONE and transfer.amount in (None, payout.amount)
    else:
        agrees = transfer.state in (TransferState.FAILED, TransferState.NOT_FOUND)
    if agrees:
        return []
    return [
        Finding(
            kind=DifferenceKind.PAYOUT_DIFFERS,
            ours=payout.status.value,
            theirs=transfer.state.value,
            our_amount=payout.amount,
            their_amount=transfer.amount,
        )
    ]
