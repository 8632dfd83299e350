"""Compare what ended lately with what its providers say of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.compare_payment import ComparePayment
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.compare_payouts import ComparePayout
from allonova.application.money.compare_refunds import CompareRefund
from allonova.application.money.lanes import in_lanes
from allonova.application.money.note_asked import note_asked
from allonova.application.money.reconciliation_ports import Ended, ReconciliationQueries
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.reconciliation import (
    SAYS_REFUNDS,
    UNANSWERED,
    WINDOW,
    Reconciliation,
    Subject,
    Tally,
    day_of,
)
from allonova.domain.money.rules import ASK_AFTER

log = logging.getLogger(__name__)

JOB = "reconciliation_daily"
BATCH = 200
BUDGET = timedelta(minutes=50)
LIMIT_S = 3600
LEASE = timedelta(seconds=LIMIT_S + 60)


@wired
class ReconcileDaily:
    """A job: each day's run is made once. One that dies, or finds no end, is gone on with when its lease ends: what was
    asked about since it began is not asked about again.
    """

    queries: ReconciliationQueries
    payments: ComparePayment
    refunds: CompareRefund
    payouts: ComparePayout
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> bool:
        """Whether the day's run has come to its end by this call."""
        run = await self._begun()
        if run is None:
            return False
        until = self.clock.now() + BUDGET
        for subject in Subject:
            seen: set[UUID] = set()
            while due := [id for id in await self._due(subject, run) if id not in seen]:
                if self.clock.now() >= until:
                    return False
                seen.update(due)
                await self._keep(run, await in_lanes(due, partial(self._look, subject)))
        await self._finish(run)
        return True

    async def _begun(self) -> Reconciliation | None:
        now = self.clock.now()
        tick = day_of(now).isoformat()
        async with self.payments.begin() as unit:
            if not await unit.job_runs.claim(JOB, tick, now=now, lease=LEASE):
                return None
            run = await unit.reconciliations.find(tick=tick)
            if run is None:
                run = Reconciliation(id=self.ids.new(), tick=tick, started_at=now, created_at=now, updated_at=now)
                await unit.reconciliations.add(run)
        return run

    async def _due(self, subject: Subject, run: Reconciliation) -> list[UUID]:
        at = run.started_at
        ended = Ended(since=at - WINDOW, until=at - ASK_AFTER, asked_before=at, limit=BATCH)
        methods = self.payments.gateways.keys()
        match subject:
            case Subject.PAYMENT:
                return await self.queries.payments_to_compare(ended, methods)
            case Subject.REFUND:
                return await self.queries.refunds_to_compare(ended, methods & SAYS_REFUNDS)
            case Subject.PAYOUT:
                return await self.queries.payouts_to_compare(ended, self.payouts.gateways.keys())

    async def _look(self, subject: Subject, id: UUID) -> Tally:
        """What one look came to. Who does not answer has said nothing that could differ."""
        looks: dict[Subject, Callable[[UUID], Awaitable[Tally]]] = {
            Subject.PAYMENT: self.payments,
            Subject.REFUND: self.refunds,
            Subject.PAYOUT: self.payouts,
        }
        try:
            return await looks[subject](id)
        except Exception as error:  # noqa: BLE001 - whatever one provider does, the others are asked
            said = {f"{subject.value}_id": str(id), "error": type(error).__name__}
            log.warning("a provider could not be compared with", extra=said)
        await note_asked(self.payments.begin, subject, id, self.clock.now())
        return UNANSWERED

    async def _keep(self, run: Reconciliation, tallies: Sequence[Tally]) -> None:
        async with self.payments.begin() as unit:
            current = await unit.reconciliations.get(run.id, lock=True)
            for tally in tallies:
                current.count(tally, self.clock.now())
            await unit.reconciliations.save(current)

    async def _finish(self, run: Reconciliation) -> None:
        now = self.clock.now()
        async with self.payments.begin() as unit:
            current = await unit.reconciliations.get(run.id, lock=True)
            current.finish(now)
            await unit.reconciliations.save(current)
            await unit.job_runs.finish(JOB, run.tick, now=now)
