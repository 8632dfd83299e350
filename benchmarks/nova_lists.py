"""Measures the list of commandes of a company that has many: `python -m benchmarks.nova_lists COMMANDES`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from statistics import median, quantiles
from typing import Any
from uuid import UUID

from allonova.adapters.postgres.company import Reading, reading_from
from allonova.adapters.postgres.dispatch.board_queries import PostgresBoardQueries
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Row, Runner
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.kernel.machine import Party
from benchmarks.database import own_database
from benchmarks.nova_fill import DAYS, fill

PAGES, PAGE_SIZE = 50, 20
FIRST_MS, LAST_MS = 50, 250

type Filters = tuple[Filter, ...]


@dataclass(slots=True)
class Timed:
    """A runner that adds up how long its statements took, in milliseconds, and how many there were."""

    runner: Runner
    ms: float = 0
    statements: int = 0

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """See Runner."""
        return await self._timed(self.runner.fetch(query, *args))

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """See Runner."""
        return await self._timed(self.runner.fetchrow(query, *args))

    async def fetchval(self, query: str, *args: object) -> Any:
        """See Runner."""
        return await self._timed(self.runner.fetchval(query, *args))

    async def execute(self, query: str, *args: object) -> str:
        """See Runner."""
        return await self._timed(self.runner.execute(query, *args))

    async def executemany(self, query: str, args: Sequence[Sequence[object]], /) -> None:
        """See Runner."""
        await self._timed(self.runner.executemany(query, args))

    async def _timed[T](self, statement: Awaitable[T]) -> T:
        started = time.perf_counter()
        found = await statement
        self.ms += (time.perf_counter() - started) * 1000
        self.statements += 1
        return found


@dataclass(slots=True)
class Watch:
    """Times the statements of each read that goes through it."""

    through: Reading
    last: Timed | None = None

    @asynccontextmanager
    async def __call__(self, tenant: UUID, /, *, replan: bool = False) -> AsyncIterator[Runner]:
        """See Reading."""
        async with self.through(tenant, replan=replan) as runner:
            self.last = Timed(runner)
            yield self.last


@dataclass(slots=True)
class Measured:
    """A list's first pages and its last one, in milliseconds of SQL."""

    name: str
    total: int = 0
    first: list[float] = field(default_factory=list)
    last: float = 0
    statements: int = 0

    @property
    def p95(self) -> float:
        """Of the first pages."""
        return quantiles(self.first, n=20)[-1] if len(self.first) > 1 else self.first[0]

    @property
    def is_kept(self) -> bool:
        """Whether it is as fast as it should be."""
        return self.p95 < FIRST_MS and self.last < LAST_MS and self.statements <= 2


@dataclass(frozen=True, slots=True)
class Desk:
    """A company's list, timed."""

    watch: Watch
    queries: PostgresBoardQueries
    societe_id: UUID
    now: datetime

    async def read(self, filters: Filters, sort: tuple[Sort, ...], page: int, into: Measured) -> float:
        """How long a page took."""
        query = ListQuery(filters, sort, page, PAGE_SIZE)
        found = await self.queries.commandes(self.societe_id, query, viewer=Party.ADMIN, now=self.now)
        timed = self.watch.last
        if timed is None:
            raise RuntimeError("nothing was read")
        into.total, into.statements = found.total, max(into.statements, timed.statements)
        return timed.ms

    async def measure(
        self, name: str, filters: Filters, *, pages: Sequence[int], sort: tuple[Sort, ...] = (Sort("dateISO"),)
    ) -> Measured:
        """Those of the pages that there are, and the last one; the very first read is not counted."""
        seen = Measured(name)
        await self.read(filters, sort, 1, seen)
        end = max(1, -(-seen.total // PAGE_SIZE))
        seen.first = [await self.read(filters, sort, page, seen) for page in pages if page <= end]
        seen.last = median([await self.read(filters, sort, end, seen) for _ in range(3)])
        return seen


def choices(now: datetime, taxi_id: UUID) -> Mapping[str, Mapping[str, Filters]]:
    """What a dispatcher asks for, by filter."""

    def days(first: int, last: int) -> Filters:
        start, end = ((now + timedelta(days=day)).date() for day in (first, last))
        return Filter("dateISO", Op.FROM_DAY, start), Filter("dateISO", Op.TO_DAY, end)

    def words(*asked: str) -> Mapping[str, Filters]:
        return {f"q={q}": (Filter("q", Op.EQ, q),) for q in asked}

    return {
        "statut": {f"statut={s}": (Filter("statut", Op.EQ, s),) for s in ("en-attente", "terminee", "annulee")},
        "clientType": {f"clientType={t}": (Filter("clientType", Op.EQ, t),) for t in ("particulier", "hotel")},
        "taxiId": {
            "taxiId": (Filter("taxiId", Op.EQ, taxi_id),),
            "taxiId=null": (Filter("taxiId", Op.NULL, None),),
        },
        "dates": {
            "day": days(-400, -400),
            "month": days(-430, -400),
            "year": days(-600, -235),
            "all years": days(-DAYS, 40),
        },
        "q": words("aéroport", "gare du nord", "kouassi", "NV-2026-000123", "AF 70", "ae"),
    }


def singles(asked: Mapping[str, Mapping[str, Filters]]) -> Iterator[tuple[str, Filters]]:
    """Each by itself."""
    yield "(no filter)", ()
    for one in asked.values():
        yield from one.items()


def combinations(asked: Mapping[str, Mapping[str, Filters]]) -> Iterator[tuple[str, Filters]]:
    """Every combination of two and more."""
    nothing: tuple[str, Filters] = ("", ())
    for chosen in product(*([nothing, *one.items()] for one in asked.values())):
        names = [name for name, _ in chosen if name]
        if len(names) > 1:
            yield " ".join(names), tuple(condition for _, part in chosen for condition in part)


SORTS = ((Sort("createdAt", descending=True),), (Sort("reference"),), (Sort("statut"), Sort("dateISO")))


async def measure(dsn: str, societe_id: UUID, now: datetime) -> tuple[list[Measured], list[Measured]]:
    """The table, and all combinations at a few of their pages."""
    async with await open_pool(dsn, max_size=1) as pool:
        watch = Watch(reading_from(pool))
        desk = Desk(watch, PostgresBoardQueries(watch), societe_id, now)
        async with watch(societe_id) as runner:
            taxi_id = await runner.fetchval("SELECT id FROM dispatch.taxis ORDER BY numero LIMIT 1")
        asked, pages = choices(now, taxi_id), range(1, PAGES + 1)
        table = [await desk.measure(name, filters, pages=pages) for name, filters in singles(asked)]
        for sort in SORTS:
            name = "sort=" + ",".join(f"{'-' * each.descending}{each.field}" for each in sort)
            table.append(await desk.measure(name, (), pages=pages, sort=sort))
        some = (1, 2, 10, 25, PAGES)
        return table, [await desk.measure(name, filters, pages=some) for name, filters in combinations(asked)]


def show(table: Sequence[Measured], combined: Sequence[Measured]) -> bool:
    """For the terminal; whether all is as fast as it should be."""
    worst = sorted(combined, key=lambda each: each.p95, reverse=True)[:10]
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; milliseconds of SQL")
    head = f"{'':<58} {'total':>7} {'p50':>6} {'p95':>6} {'last':>6}"
    for title, rows in (("filter", table), (f"the slowest of {len(combined)} combinations", worst)):
        print(f"\n{title}\n{head}")
        for row in rows:
            kept = "" if row.is_kept else " MISSED"
            print(f"{row.name:<58} {row.total:>7} {median(row.first):>6.1f} {row.p95:>6.1f} {row.last:>6.1f}{kept}")
    missed = sum(not each.is_kept for each in combined)
    last = max(each.last for each in (*table, *combined))
    print(
        f"\np95 of the first {PAGES} pages below {FIRST_MS} ms, the last page below {LAST_MS} ms (slowest {last:.0f});"
    )
    print(f"combinations that miss it: {missed} of {len(combined)}")
    return not missed and all(each.is_kept for each in table)


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commandes", type=int)
    wanted = parser.parse_args().commandes
    now = datetime.now(UTC)
    with own_database() as dsn:
        started = time.monotonic()
        societe_id = asyncio.run(fill(dsn, wanted, now))
        print(f"{wanted} commandes and as many of others put in within {time.monotonic() - started:.0f} s", flush=True)
        is_kept = show(*asyncio.run(measure(dsn, societe_id, now)))
    sys.exit(not is_kept)


if __name__ == "__main__":
    main()
