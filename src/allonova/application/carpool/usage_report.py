"""Usage by period: people, trips, bookings, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from operator import add
from typing import ClassVar

from allonova.application.carpool.usage_queries import UsageQueries
from allonova.application.kernel.joint import Joint
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.usage import Actives, Counts, share
from allonova.domain.kernel.errors import DomainError

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRates:
    """Shares between 0 and 1, empty where there is nothing to share: of the seats offered, those sold (one seat may be
    sold on two stretches); of the bookings, those that were paid, completed, cancelled. `rating_mean` is of 1 to 5.
    """

    fill: float | None
    paid: float | None
    completed: float | None
    cancelled: float | None
    rating_mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDay:
    """One day."""

    day: date
    counts: Counts
    active: Actives


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """From the first day to the last one, in Abidjan. The counts of the days add up to the totals; `active` people do
    not, since one of them may be active on many days.
    """

    first_day: date
    last_day: date
    totals: Counts
    active: Actives
    rates: UsageRates
    days: Sequence[UsageDay]


@wired
class ReportUsage:
    """From what is stored; searches and visits leave nothing that could be counted. One for all who ask at once."""

    queries: UsageQueries
    joint: Joint[tuple[datetime, datetime], UsageReport] = field(default_factory=Joint)

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, since: datetime, until: datetime) -> UsageReport:
        """`since ≤ t < until`, both midnights."""
        return await self.joint((since, until), lambda: self._report(since, until))

    async def _report(self, since: datetime, until: datetime) -> UsageReport:
        usage = await self.queries.usage(since, until)
        days = [since.date() + n * ONE_DAY for n in range((until - since).days)]
        by_day = [
            UsageDay(day=day, counts=usage.counts.get(day, Counts()), active=usage.actives.get(day, Actives()))
            for day in days
        ]
        totals = reduce(add, (each.counts for each in by_day), Counts())
        return UsageReport(
            first_day=days[0],
            last_day=days[-1],
            totals=totals,
            active=usage.active,
            rates=rates_of(totals),
            days=by_day,
        )


def rates_of(counts: Counts) -> UsageRates:
    """The shares that they make."""
    return UsageRates(
        fill=share(counts.seats_sold, counts.seats_offered),
        paid=share(counts.converted, counts.requested),
        completed=share(counts.completed, counts.requested),
        cancelled=share(counts.cancelled, counts.requested),
        rating_mean=share(counts.stars, counts.ratings),
    )
