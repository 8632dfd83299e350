"""Prove the books every night."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import ClassVar

from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.ports import BooksQueries, BooksReport
from allonova.application.money.reconciliation_ports import ReconciliationUnit
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.reconciliation import SHOWN_FAULTS, BooksCheck, day_of

log = logging.getLogger(__name__)

JOB = "books"
LEASE = timedelta(minutes=15)


@wired
class VerifyBooks:
    """A job: what `allonova books verify` says is kept, once a night, and faults are an error line."""

    begin: Begin[ReconciliationUnit]
    books: BooksQueries
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int | None:
        """How many faults; None when this night's proof is there, or somebody is at it."""
        tick = day_of(self.clock.now()).isoformat()
        async with self.begin() as unit:
            if not await unit.job_runs.claim(JOB, tick, now=self.clock.now(), lease=LEASE):
                return None
        report = await self.books.verify()
        check = self._check(tick, report)
        async with self.begin() as unit:
            if await unit.books_checks.find(tick=tick) is None:
                await unit.books_checks.add(check)
            await unit.job_runs.finish(JOB, tick, now=self.clock.now())
        if report.faults:
            log.error("the books have faults", extra={"faults": check.fault_count, "check_id": str(check.id)})
        return check.fault_count

    def _check(self, tick: str, report: BooksReport) -> BooksCheck:
        now = self.clock.now()
        return BooksCheck(
            id=self.ids.new(),
            tick=tick,
            entries=report.entries,
            postings=report.postings,
            fault_count=len(report.faults),
            faults=list(report.faults[:SHOWN_FAULTS]),
            created_at=now,
            updated_at=now,
        )
