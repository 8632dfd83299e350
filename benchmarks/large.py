"""Search in a country of ten times as many trips, of the same density on each road and day:
`python -m benchmarks.large TRIPS`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from allonova.adapters.postgres.carpool.search import find_hits
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.runner import Row as Record
from benchmarks.country import Question, plan, questions
from benchmarks.ground import Ground, a_database, ours, together
from benchmarks.jobs.search import JOB, SEARCHES, WARM_UP, beyond_sql, search_of, take_turns
from benchmarks.table import OURS, SMALLEST, Figure, Row, end, row_of

TIMES = 10
EXPLAINED = 100
MOST = 2


@dataclass(slots=True)
class Explained:
    """A runner that has statements explained in its place, and notes how many pages each read, from memory or disk."""

    pool: Pool
    pages: list[int] = field(default_factory=list)

    async def fetch(self, query: str, *args: object) -> Sequence[Record]:
        """Finds nothing."""
        told = await self.pool.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *args)
        whole = json.loads(told)[0]["Plan"]
        self.pages.append(whole["Shared Hit Blocks"] + whole["Shared Read Blocks"])
        return []

    async def fetchrow(self, query: str, *args: object) -> Record | None:
        """See Runner."""
        return await self.pool.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        """See Runner."""
        return await self.pool.fetchval(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """See Runner."""
        return await self.pool.execute(query, *args)

    async def executemany(self, query: str, args: Sequence[Sequence[object]], /) -> None:
        """See Runner."""
        await self.pool.executemany(query, args)


def measure(trips: int) -> tuple[list[Row], Figure, float]:
    """A country of that many: search over HTTP and as its statement, what lies between, and the pages of one search."""
    with a_database(trips) as (dsn, since), tempfile.TemporaryDirectory() as folder:
        ground = Ground(dsn=dsn, timetable=plan(trips), since=since, folder=Path(folder))
        asked = list(questions(ground.timetable, WARM_UP + SEARCHES, since))
        pages = median(asyncio.run(_pages(dsn, asked[-EXPLAINED:])))
        with ours(ground) as mine:
            seen = take_turns(ground, mine, asked)
    http, sql = together(seen.http), together(seen.sql)
    job = f"{JOB}, {trips:,} trips"
    rows = [
        row_of(job, OURS, "FastAPI, asyncpg", ms=http.ms, seconds=http.seconds, cpu_s=http.cpu_s),
        row_of(job, SMALLEST, "the statement, asyncpg", ms=sql.ms, seconds=sql.seconds),
    ]
    return rows, beyond_sql(seen, job), pages


async def _pages(dsn: str, asked: Sequence[Question]) -> list[int]:
    async with await open_pool(dsn, max_size=1) as pool:
        explained = Explained(pool)
        for question in asked:
            await find_hits(explained, search_of(question))
    return explained.pages


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trips", type=int, help=f"of the large country; the other one has a {TIMES}th of it")
    trips = parser.parse_args().trips
    few_rows, few_extra, few = measure(trips // TIMES)
    rows, extra, many = measure(trips)
    growth = Figure(
        f"pages of one search, × {TIMES} trips", f"{many / few:.2f} ({many:.0f} ÷ {few:.0f})", "≤ 2", many <= MOST * few
    )
    figures = [few_extra, extra, growth]
    end([*few_rows, *rows], figures)


if __name__ == "__main__":
    main()
