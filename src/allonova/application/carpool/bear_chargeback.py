"""Who bears what a card's bank took from us."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.settle_payment import PaymentDesk, Place
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.refund_views import RefundView, refund_view
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.money.journal import EntryKind
from allonova.domain.money.movements import loss_to_driver
from allonova.domain.money.payment import Flag, Payment
from allonova.domain.money.refund import Bearer, LossDecided, NoLossToBear, Refund, RefundCause


@wired
class BearChargeback:
    """Somebody of the back office says it once: the platform, as until then, or the driver, from whose next payouts it
    is withheld. What was taken out of the escrow of a ride that did not begin was nobody's loss.
    """

    begin: Begin[CarpoolUnit]
    payments: PaymentDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, NoLossToBear, LossDecided)

    async def __call__(self, *, by: Actor, payment_id: UUID, bearer: Bearer, reason: str) -> RefundView:
        """The trip is locked first, then the payment, then the chargeback."""
        async with self.begin() as unit:
            payment, place = await self.payments.lock(unit, await unit.payments.get(payment_id))
            taken = await self._loss(unit, payment)
            now, ids = self.payments.endings.clock.now(), self.payments.endings.ids
            taken.bear(by, reason, now)
            if bearer is Bearer.DRIVER:
                await unit.journal.post(loss_to_driver(ids.new(), taken, _driver(place), now))
            await unit.refunds.save(taken)
            meta: dict[str, str | int] = {"refund_id": str(taken.id), "amount": taken.amount, "bearer": bearer.value}
            await unit.audit.put(
                actor=by, action="payment.loss_decided", entity="payment", entity_id=payment.id, meta=meta
            )
        return refund_view(taken)

    async def _loss(self, unit: CarpoolUnit, payment: Payment) -> Refund:
        found = await unit.refunds.find(payment_id=payment.id, cause=RefundCause.CHARGEBACK)
        if found is None or Flag.CHARGEBACK.value not in payment.flags:
            raise NoLossToBear
        if await unit.journal.find(EntryKind.REFUND_OWED, "refund", found.id) is None:
            raise NoLossToBear
        return await unit.refunds.get(found.id, lock=True)


def _driver(place: Place) -> UUID:
    if place is None:
        raise NoLossToBear
    return place[0].driver_id
