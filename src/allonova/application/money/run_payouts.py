"""Pay drivers what they have earned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from allonova.application.kernel.idempotency import UNKEYED, Once
from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.money.payout_desk import PayoutDesk
from allonova.application.money.payout_ports import PayoutUnit
from allonova.application.money.payout_views import PayoutRun, PayoutView, SkippedDriver, masked_phone, payout_view
from allonova.application.money.ports import PayoutGateways
from allonova.domain.kernel.changes import SYSTEM, Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.events import PayoutDue
from allonova.domain.money.movements import payout_started
from allonova.domain.money.payout import BatchStatus, Payout, PayoutBatch, PayoutKind, PayoutStatus
from allonova.domain.money.payout_account import account_context, payout_context
from allonova.domain.money.payouts_due import Earner, SkipReason, earned_until, payout_day, reason_to_skip
from allonova.domain.money.rules import SAFE_AFTER, MoneyRulesNow

JOB = "payouts"
LEASE = timedelta(minutes=15)
LARGEST = 1_000  # drivers in one run; whoever is left is the next one's
MOST_TOLD = 1_000  # skipped drivers in one answer


@wired
class RunPayouts:
    """One payout per driver, in one transaction with the francs' way out of what he is owed; runs take turns, so that
    each franc leaves once. A run above the four-eyes amount waits for another admin, its francs with it.
    """

    begin: Begin[PayoutUnit]
    desk: PayoutDesk
    gateways: PayoutGateways
    rules: MoneyRulesNow

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(
        self,
        *,
        by: Actor = SYSTEM,
        until: datetime | None = None,
        dry_run: bool = False,
        once: Once[PayoutRun] = UNKEYED,
    ) -> PayoutRun:
        """Pay what was earned before `until`, by default now; a dry run only says whom it would pay."""
        async with self.begin() as unit:
            await once.claim(unit)
            await unit.payouts.take_turn()
            now = self.desk.clock.now()
            run = await self._run(unit, by, min(until or now, now), is_dry=dry_run)
            await once.settle(unit, run)
        return run

    async def _run(self, unit: PayoutUnit, by: Actor, until: datetime, *, is_dry: bool) -> PayoutRun:
        since = self.desk.clock.now() - SAFE_AFTER
        earners = await unit.payouts.earners(until=until, changed_since=since)
        reasons = [self._reason(earner) for earner in earners]
        due = [earner for earner, reason in zip(earners, reasons, strict=True) if reason is None]
        skipped = [(each, reason) for each, reason in zip(earners, reasons, strict=True) if reason is not None]
        batch = self._batch(due[:LARGEST], by, until)
        payouts = [self._payout(earner, batch) for earner in due[:LARGEST]]
        if payouts and not is_dry:
            await self._keep(unit, batch, payouts, by)
        return PayoutRun(
            batch_id=batch.id if payouts and not is_dry else None,
            payouts=[self._view(payout, is_dry=is_dry) for payout in payouts],
            total=batch.total,
            skipped=[SkippedDriver(driver_id=each.driver_id, reason=reason) for each, reason in skipped[:MOST_TOLD]],
            left=len(due) - len(payouts),
        )

    def _reason(self, earner: Earner) -> SkipReason | None:
        return reason_to_skip(earner, minimum=self.rules().payout_minimum, methods=self.gateways)

    def _batch(self, due: Sequence[Earner], by: Actor, until: datetime) -> PayoutBatch:
        now, total = self.desk.clock.now(), sum(earner.payable for earner in due)
        waits = total > self.rules().four_eyes_amount
        return PayoutBatch(
            id=self.desk.ids.new(),
            until=until,
            total=total,
            count=len(due),
            status=BatchStatus.AWAITING_APPROVAL if waits else BatchStatus.APPROVED,
            requested_by=by.id,
            created_at=now,
            updated_at=now,
        )

    def _payout(self, earner: Earner, batch: PayoutBatch) -> Payout:
        id, waits = self.desk.ids.new(), batch.status is BatchStatus.AWAITING_APPROVAL
        return Payout(
            id=id,
            batch_id=batch.id,
            driver_id=earner.driver_id,
            kind=PayoutKind.EARNINGS,
            amount=earner.payable,
            withheld=earner.withheld,
            method=earner.method,
            phone=self.desk.sealer.seal(self._phone(earner), context=payout_context(id)),
            status=PayoutStatus.AWAITING_APPROVAL if waits else PayoutStatus.SCHEDULED,
            scheduled_at=batch.created_at,
            created_at=batch.created_at,
            updated_at=batch.created_at,
        )

    def _phone(self, earner: Earner) -> str:
        kept = earner.phone or ""
        if earner.account_id is None:
            return kept
        return self.desk.sealer.open(kept, context=account_context(earner.account_id))

    async def _keep(self, unit: PayoutUnit, batch: PayoutBatch, payouts: Sequence[Payout], by: Actor) -> None:
        await unit.payout_batches.add(batch)
        await unit.payouts.add_all(payouts)
        ids = self.desk.ids
        await unit.journal.post_all([payout_started(ids.new(), payout, batch.created_at) for payout in payouts])
        if batch.status is BatchStatus.APPROVED:
            for payout in payouts:
                await unit.outbox.put(PayoutDue(payout.id))
        meta: dict[str, str | int] = {"total": batch.total, "count": batch.count, "status": batch.status.value}
        await unit.audit.put(actor=by, action="payouts.run", entity="payout_batch", entity_id=batch.id, meta=meta)

    def _view(self, payout: Payout, *, is_dry: bool) -> PayoutView:
        """Its answer may be kept with an Idempotency-Key, where no number may be read: it is masked."""
        view = payout_view(payout, masked_phone(self.desk.phone_of(payout)))
        return replace(view, id=None, batch_id=None) if is_dry else view


@wired
class RunScheduledPayouts:
    """A job: each payout day's run is made once, also when nobody was up at midnight. A worker that dies over it loses
    it when its lease ends; what it had paid by then is not paid again.
    """

    begin: Begin[PayoutUnit]
    run: RunPayouts

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """How many drivers are paid now."""
        now = self.run.desk.clock.now()
        day = payout_day(self.run.rules().payout_schedule, now.date())
        async with self.begin() as unit:
            if not await unit.job_runs.claim(JOB, day.isoformat(), now=now, lease=LEASE):
                return 0
        paid = await self._run_all(earned_until(day, now))
        async with self.begin() as unit:
            await unit.job_runs.finish(JOB, day.isoformat(), now=self.run.desk.clock.now())
        return paid

    async def _run_all(self, until: datetime) -> int:
        paid = 0
        while True:
            run = await self.run(until=until)
            paid += len(run.payouts)
            if not run.left:
                return paid
