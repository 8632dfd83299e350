"""What somebody of the back office says of a refund that waits for a person."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import MoneyUnit
from allonova.application.money.refund_desk import RefundDesk
from allonova.application.money.refund_views import RefundView, refund_view
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound
from allonova.domain.money.payment import Payment
from allonova.domain.money.refund import Refund, SameAdmin


@wired
class RejectRefund:
    """A second admin does not agree with what another asked for: nothing has moved, and nothing will."""

    begin: Begin[MoneyUnit]
    desk: RefundDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, SameAdmin)

    async def __call__(self, *, by: Actor, refund_id: UUID, reason: str) -> RefundView:
        """Raises NotFound, InvalidTransition, SameAdmin."""
        async with self.begin() as unit:
            _, refund = await _locked(unit, refund_id)
            refund.reject(by, self.desk.clock.now(), reason=reason)
            await unit.refunds.save(refund)
            await audit_refund(unit, refund, "refund.rejected", by)
        return refund_view(refund)


@wired
class ConfirmRefund:
    """Somebody paid it back by hand, where the provider could not; `reference` says how."""

    begin: Begin[MoneyUnit]
    desk: RefundDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition)

    async def __call__(self, *, by: Actor, refund_id: UUID, reference: str) -> RefundView:
        """Raises NotFound, InvalidTransition."""
        async with self.begin() as unit:
            payment, refund = await _locked(unit, refund_id)
            await self.desk.confirmed(unit, payment, refund, by, reference)
        return refund_view(refund)


async def _locked(unit: MoneyUnit, refund_id: UUID) -> tuple[Payment, Refund]:
    """The payment first, as everywhere."""
    found = await unit.refunds.get(refund_id)
    payment = await unit.payments.get(found.payment_id, lock=True)
    return payment, await unit.refunds.get(refund_id, lock=True)


async def audit_refund(unit: MoneyUnit, refund: Refund, action: str, by: Actor) -> None:
    """Write down who did what to a refund."""
    meta: dict[str, str | int] = {"refund_id": str(refund.id), "amount": refund.amount, "to": refund.sent_to.value}
    await unit.audit.put(actor=by, action=action, entity="payment", entity_id=refund.payment_id, meta=meta)
