"""What was kept long enough goes."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import ClassVar

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.retention import RetentionUnit
from allonova.application.kernel.wired import wired
from allonova.domain.files.events import FileDropped
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.retention import CLEANUP, RULES, Rule
from allonova.domain.money.rules import MoneyRulesNow

log = logging.getLogger(__name__)

BATCH = 500  # rows of one transaction, so that none is long
BUDGET = timedelta(seconds=120)  # of one run; the next one goes on


class NotCleaned(Exception):
    """Some kinds of rows could not be forgotten; the log says why."""


@wired
class CleanUp:
    """A job. Works the table of periods, kind by kind and batch by batch, each in a transaction of its own, so that one
    that fails stops no other. Files are forgotten by events of the same transactions.
    """

    begin: Begin[RetentionUnit]
    clock: Clock
    rules: MoneyRulesNow
    batch: int = BATCH
    budget: timedelta = BUDGET

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many rows there were. Raises NotCleaned when a kind failed."""
        began, total, failed = self.clock.now(), 0, []
        for rule in RULES:
            if rule.job != CLEANUP:
                continue
            try:
                total += await self._forget(rule, began)
            except Exception:
                log.exception("not cleaned up", extra={"kept": rule.kept.value})
                failed.append(rule.kept.value)
        if failed:
            raise NotCleaned(", ".join(failed))
        return total

    async def _forget(self, rule: Rule, began: datetime) -> int:
        """One batch at least, so that no kind waits for another for ever."""
        before, total = began - self._period(rule), 0
        while True:
            async with self.begin() as unit:
                gone = await unit.retention.forget(rule.kept, before=before, limit=self.batch)
                for key in gone.files:
                    await unit.outbox.put(FileDropped(key))
            total += gone.rows
            if gone.rows < self.batch or self.clock.now() - began >= self.budget:
                return total

    def _period(self, rule: Rule) -> timedelta:
        return timedelta(days=self.rules().legal_retention_days) if rule.period is None else rule.period
