"""The second pair of eyes on a run."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_ports import PayoutUnit
from allonova.application.money.payout_views import PayoutBatchView, batch_view
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound
from allonova.domain.money.events import PayoutDue, PayoutEnded
from allonova.domain.money.movements import payout_returned
from allonova.domain.money.refund import SameAdmin


@wired
class ApprovePayouts:
    """Another admin agrees with a run that was too large for one: its payouts are sent."""

    begin: Begin[PayoutUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, SameAdmin)

    async def __call__(self, *, by: Actor, batch_id: UUID) -> PayoutBatchView:
        """Raises NotFound, InvalidTransition, SameAdmin."""
        async with self.begin() as unit:
            batch = await unit.payout_batches.get(batch_id, lock=True)
            now = self.clock.now()
            batch.approve(by, now)
            payouts = await unit.payouts.of_batch(batch_id)
            for payout in payouts:
                payout.approve(by, now)
                await unit.outbox.put(PayoutDue(payout.id))
            await unit.payouts.save_all(payouts)
            await unit.payout_batches.save(batch)
            await _audit(unit, by, "payouts.approved", batch_id)
        return batch_view(batch)


@wired
class RejectPayouts:
    """Another admin does not: the francs are owed to their drivers again."""

    begin: Begin[PayoutUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, SameAdmin)

    async def __call__(self, *, by: Actor, batch_id: UUID) -> PayoutBatchView:
        """Raises NotFound, InvalidTransition, SameAdmin."""
        async with self.begin() as unit:
            batch = await unit.payout_batches.get(batch_id, lock=True)
            now = self.clock.now()
            batch.reject(by, now)
            payouts = await unit.payouts.of_batch(batch_id)
            for payout in payouts:
                payout.reject(by, now)
                await unit.outbox.put(PayoutEnded(payout.id))
            await unit.payouts.save_all(payouts)
            await unit.journal.post_all([payout_returned(self.ids.new(), payout, now) for payout in payouts])
            await unit.payout_batches.save(batch)
            await _audit(unit, by, "payouts.rejected", batch_id)
        return batch_view(batch)


async def _audit(unit: PayoutUnit, by: Actor, action: str, batch_id: UUID) -> None:
    await unit.audit.put(actor=by, action=action, entity="payout_batch", entity_id=batch_id)
