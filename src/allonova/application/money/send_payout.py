"""Send money to somebody's phone, and ask what became of it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.payout_ports import PayoutUnit
from allonova.application.money.ports import PayoutGateway, PayoutGateways, PayoutOrder, Transfer, TransferState
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.kernel.errors import DomainError, ProviderUnavailable
from allonova.domain.money.events import PayoutDue
from allonova.domain.money.payout import Payout, PayoutMethod, PayoutStatus
from allonova.domain.money.payouts_due import SkipReason

log = logging.getLogger(__name__)

LOST_AFTER = timedelta(minutes=10)  # what its provider still does not know then never got there: it is sent again


@wired
class SendPayout:
    """Hears PayoutDue. The payout is on its way before its provider is called, and its id is the provider's key: a
    crash anywhere, and a second delivery, find one payment.
    """

    begin: Begin[PayoutUnit]
    desk: PayoutDesk
    gateways: PayoutGateways

    errors: ClassVar[tuple[type[DomainError], ...]] = (ProviderUnavailable,)

    async def __call__(self, event: PayoutDue) -> None:
        """Raises ProviderUnavailable when nothing is known of the outcome: the same id is tried again."""
        begun = await self._begin(event.payout_id)
        if begun is not None:
            method, order = begun
            await self._take(order.id, await self._gateway(method).send(order))

    async def check(self, payout_id: UUID) -> bool:
        """Ask about one that is under way, and send again what never got there. Whether it has ended by it."""
        async with self.begin() as unit:
            payout = await unit.payouts.get(payout_id)
        if payout.status is PayoutStatus.SCHEDULED:
            await self(PayoutDue(payout_id))
            return False
        if payout.status is not PayoutStatus.PROCESSING:
            return False
        transfer = await self._gateway(payout.method).read(self.desk.order_of(payout))
        if transfer.state is TransferState.NOT_FOUND and self.desk.clock.now() >= payout.updated_at + LOST_AFTER:
            await self(PayoutDue(payout_id))
            return False
        return await self._take(payout_id, transfer)

    async def _begin(self, payout_id: UUID) -> tuple[PayoutMethod, PayoutOrder] | None:
        """What is to be sent, if anything is; from now on the provider may have it."""
        async with self.begin() as unit:
            payout = await unit.payouts.get(payout_id, lock=True)
            if payout.status is PayoutStatus.SCHEDULED:
                payout.send(provider_url=self._gateway(payout.method).base_url, at=self.desk.clock.now())
                if await self._is_stopped(unit, payout):
                    return None
                await unit.payouts.save(payout)
            if payout.status is not PayoutStatus.PROCESSING:
                return None
            return payout.method, self.desk.order_of(payout)

    async def _is_stopped(self, unit: PayoutUnit, payout: Payout) -> bool:
        """Nothing is sent to somebody who was suspended meanwhile: his francs are his, and stay here."""
        if (await unit.users.get(payout.driver_id)).is_active:
            return False
        await self.desk.fail(unit, payout, code=SkipReason.SUSPENDED.value, message="", by=SYSTEM)
        return True

    async def _take(self, payout_id: UUID, transfer: Transfer) -> bool:
        async with self.begin() as unit:
            payout = await unit.payouts.get(payout_id, lock=True)
            return await self.desk.settle(unit, payout, transfer)

    def _gateway(self, method: PayoutMethod) -> PayoutGateway:
        if method not in self.gateways:
            log.error("no gateway for a payout", extra={"method": method.value})
            raise ProviderUnavailable(method.value)
        return self.gateways[method]
