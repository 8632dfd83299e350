"""Ask providers about payments and refunds of which nothing was heard."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.check_payment import CheckPayment
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.application.money.lanes import in_lanes
from allonova.application.money.note_asked import note_asked
from allonova.application.money.reconciliation_ports import Due, ReconciliationQueries
from allonova.application.money.send_refund import SendRefund
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.events import CaptureDue, PaymentAbandoned
from allonova.domain.money.payment import PaymentStatus
from allonova.domain.money.reconciliation import RETRY_AFTER, Subject
from allonova.domain.money.rules import ASK_AFTER

log = logging.getLogger(__name__)

ASK_REFUND_AFTER = timedelta(minutes=2)
REST = timedelta(seconds=100)  # between two questions about one thing: less than between two runs
OLD_AFTER, OLD_REST = timedelta(days=1), timedelta(hours=1)  # a card's payment may wait for its payer for ever
BATCH = 200
BUDGETS = {Subject.PAYMENT: timedelta(minutes=3), Subject.REFUND: timedelta(minutes=1)}
"""Jobs are stopped after five minutes; whatever is left is the next run's."""
ENDS = frozenset({"paid", "failed", "refund_due"})


@wired
class ReconcileOpen:
    """A job: each payment whose provider's word is overdue is asked about and settled by the same code as a webhook; so
    are refunds that are under way. Who does not answer loses his turn and no more; the breaker of its adapter leaves a
    provider alone that is down.
    """

    queries: ReconciliationQueries
    check: CheckPayment
    refunds: SendRefund
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many have ended."""
        return await self._all(Subject.PAYMENT) + await self._all(Subject.REFUND)

    async def _all(self, subject: Subject) -> int:
        ended, seen, until = 0, set[UUID](), self.clock.now() + BUDGETS[subject]
        while self.clock.now() < until:
            due = [id for id in await self._due(subject) if id not in seen]
            if not due:
                break
            seen.update(due)
            ended += sum(await in_lanes(due, self._payment if subject is Subject.PAYMENT else self._refund))
        return ended

    async def _due(self, subject: Subject) -> list[UUID]:
        now, is_payment = self.clock.now(), subject is Subject.PAYMENT
        due = Due(
            made_by=now - (ASK_AFTER if is_payment else ASK_REFUND_AFTER),
            asked_by=now - REST,
            old_from=now - OLD_AFTER,
            old_asked_by=now - OLD_REST,
            limit=BATCH,
        )
        find = self.queries.open_payments if is_payment else self.queries.open_refunds
        return await find(due, self.check.gateways.keys())

    async def _payment(self, payment_id: UUID) -> bool:
        async def ask() -> bool:
            outcome = await self.check(payment_id)
            if outcome == "known":
                await self._set_going_again(payment_id)
            return outcome in ENDS

        return await self._asked(Subject.PAYMENT, payment_id, ask)

    async def _refund(self, refund_id: UUID) -> bool:
        return await self._asked(Subject.REFUND, refund_id, lambda: self.refunds.check(refund_id))

    async def _asked(self, subject: Subject, id: UUID, ask: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await ask()
        except Exception as error:  # noqa: BLE001 - whatever one provider does, the others are asked
            said = {f"{subject.value}_id": str(id), "error": type(error).__name__}
            log.warning("a provider did not say how it stands", extra=said)
        await note_asked(self.check.begin, subject, id, self.clock.now())
        return False

    async def _set_going_again(self, payment_id: UUID) -> None:
        """What a card's bank holds for us, and was neither taken nor let go for a day: whoever was to do it has given
        up.
        """
        now = self.clock.now()
        async with self.check.begin() as unit:
            payment, place = await self.check.desk.lock(unit, await unit.payments.get(payment_id))
            if payment.status is not PaymentStatus.AUTHORIZED or now < payment.updated_at + RETRY_AFTER:
                return
            payment.updated_at = now
            await unit.payments.save(payment)
            is_wanted = place is None or place[1].status is BookingStatus.ACCEPTED
            await unit.outbox.put(CaptureDue(payment_id) if is_wanted else PaymentAbandoned(payment_id))
