"""Money on its way to somebody's phone: what is written down when it has arrived, and when it has not."""

from __future__ import annotations

import logging

from allonova.application.kernel.ports import Clock, Ids, Sealer
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_ports import PayoutUnit
from allonova.application.money.ports import MoneyUnit, PayoutOrder, Transfer, TransferState
from allonova.application.money.refund_desk import wallet_of
from allonova.domain.kernel.changes import PROVIDER, Actor
from allonova.domain.money.events import PayoutEnded
from allonova.domain.money.movements import payout_done, payout_returned, provider_charged
from allonova.domain.money.payout import Payout, PayoutKind, PayoutStatus
from allonova.domain.money.payout_account import payout_context
from allonova.domain.money.wallet import TxnStatus

log = logging.getLogger(__name__)

ENDS = {PayoutStatus.DONE: TransferState.DONE, PayoutStatus.FAILED: TransferState.FAILED}


@wired
class PayoutDesk:
    """Ends payouts that the caller has locked."""

    clock: Clock
    ids: Ids
    sealer: Sealer

    def phone_of(self, payout: Payout) -> str:
        """The number, whole; empty once its time is over."""
        return payout.phone and self.sealer.open(payout.phone, context=payout_context(payout.id))

    def order_of(self, payout: Payout) -> PayoutOrder:
        """What its provider is told. Raises ValueError for one that was never sent."""
        if payout.provider_url is None:
            raise ValueError("it was not sent")
        return PayoutOrder(
            id=payout.id,
            amount=payout.amount,
            currency=payout.currency,
            phone=self.phone_of(payout),
            provider_ref=payout.provider_ref,
            provider_url=payout.provider_url,
        )

    async def settle(self, unit: PayoutUnit, payout: Payout, transfer: Transfer) -> bool:
        """Take the provider's word on a payout that was sent. Whether it has ended by it.

        What cannot be is booked by nobody: it stays under way, and an error in the log.
        """
        if payout.status is not PayoutStatus.PROCESSING:
            self._compare(payout, transfer)
            return False
        is_wrong = transfer.amount not in (None, payout.amount)
        if is_wrong:
            log.error("a payout of another amount", extra={"payout_id": str(payout.id)})
        if transfer.state is TransferState.DONE and not is_wrong:
            await self._finish(unit, payout, transfer)
            return True
        if transfer.state is TransferState.FAILED:
            code, message = transfer.failure_code, transfer.failure_message
            log.warning("payout refused", extra={"payout_id": str(payout.id), "code": code})
            await self.fail(unit, payout, code=code, message=message)
            return True
        payout.provider_ref = transfer.provider_ref or payout.provider_ref
        payout.checked_at = self.clock.now()
        await unit.payouts.save(payout)
        return False

    async def fail(self, unit: PayoutUnit, payout: Payout, *, code: str, message: str, by: Actor = PROVIDER) -> None:
        """Nobody pays it: the francs go back to where they came from."""
        now = self.clock.now()
        payout.fail(code=code, message=message, at=now)
        await unit.payouts.save(payout)
        await unit.journal.post(payout_returned(self.ids.new(), payout, now))
        await self._end_line(unit, payout, TxnStatus.FAILED)
        await self._ended(unit, payout, by)

    async def _finish(self, unit: PayoutUnit, payout: Payout, transfer: Transfer) -> None:
        now = self.clock.now()
        payout.finish(provider_ref=transfer.provider_ref, fees=transfer.fees, at=now)
        await unit.payouts.save(payout)
        await unit.journal.post(payout_done(self.ids.new(), payout, now))
        if payout.fees:
            charge = provider_charged(self.ids.new(), payout.method, "payout", payout.id, payout.fees, now)
            await unit.journal.post(charge)
        await self._end_line(unit, payout, TxnStatus.DONE)
        await self._ended(unit, payout, PROVIDER)

    async def _end_line(self, unit: MoneyUnit, payout: Payout, status: TxnStatus) -> None:
        """What its owner's statement says of a withdrawal."""
        if payout.kind is not PayoutKind.WITHDRAWAL:
            return
        if status is TxnStatus.FAILED:
            now = self.clock.now()
            purse = await wallet_of(unit, self.ids, payout.driver_id, now)
            purse.take_back(payout.amount, now)
            await unit.wallets.save(purse)
        await unit.wallets.end_txn(payout.id, status)

    async def _ended(self, unit: PayoutUnit, payout: Payout, by: Actor) -> None:
        await unit.outbox.put(PayoutEnded(payout.id))
        meta: dict[str, str | int] = {"amount": payout.amount, "status": payout.status.value}
        await unit.audit.put(actor=by, action="payout.ended", entity="payout", entity_id=payout.id, meta=meta)

    def _compare(self, payout: Payout, transfer: Transfer) -> None:
        """A provider that pays what we took back, or takes back what it paid, is for people to look at."""
        ended = transfer.state in (TransferState.DONE, TransferState.FAILED)
        if ended and ENDS.get(payout.status, transfer.state) is not transfer.state:
            said = {"payout_id": str(payout.id), "status": payout.status.value, "provider": transfer.state.value}
            log.error("a payout that ended otherwise", extra=said)
