"""Finance by period: what the books say, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar

from allonova.application.kernel.joint import Joint
from allonova.application.kernel.wired import wired
from allonova.application.money.report_ports import ReportQueries
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.money import CURRENCY
from allonova.domain.money.finance import (
    AccountFigures,
    Figures,
    MethodFigures,
    accounts_of,
    days_of,
    methods_of,
    totals_of,
)

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """One day."""

    day: date
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class FinanceReport:
    """From the first day to the last one, in Abidjan. `days` add up to `totals`, and each account's `opening`, less its
    `debit` and plus its `credit`, is its `closing`; all closings together are nothing.
    """

    first_day: date
    last_day: date
    currency: str
    totals: Figures
    methods: Sequence[MethodFigures]
    accounts: Sequence[AccountFigures]
    days: Sequence[DayFigures]


@wired
class ReportFinance:
    """Straight from the books: nothing is kept that could say otherwise. One for all who ask at once."""

    queries: ReportQueries
    joint: Joint[tuple[datetime, datetime], FinanceReport] = field(default_factory=Joint)

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, since: datetime, until: datetime) -> FinanceReport:
        """`since ≤ t < until`, both midnights."""
        return await self.joint((since, until), lambda: self._report(since, until))

    async def _report(self, since: datetime, until: datetime) -> FinanceReport:
        openings = await self.queries.openings(since)
        flows = await self.queries.flows(since, until)
        by_day, count = days_of(flows), (until - since).days
        days = [since.date() + n * ONE_DAY for n in range(count)]
        return FinanceReport(
            first_day=days[0],
            last_day=days[-1],
            currency=CURRENCY,
            totals=totals_of(flows),
            methods=methods_of(flows),
            accounts=accounts_of(flows, openings),
            days=[DayFigures(day=day, figures=by_day.get(day, Figures())) for day in days],
        )
