"""Search: over HTTP, as its statement alone, and as one would do it by three indexes and an ORM."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import batched
from statistics import median
from typing import Any
from urllib.parse import urlencode

from allonova.adapters.postgres.carpool.search import find_hits
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.runner import Row as Record
from allonova.application.carpool.ports import Search
from allonova.domain.carpool.rules import DEFAULT_RADIUS_KM
from allonova.domain.kernel.geo import Point
from benchmarks.country import Question, questions
from benchmarks.ground import FLOOR_CLIENTS, Ask, Ground, Load, Server, address, answer_of, load, ours, rival, together
from benchmarks.table import OURS, RIVAL, SMALLEST, Figure, Row, at_least, row_of

JOB = "search"
SEARCHES, WARM_UP, TURNS = 2000, 100, 5
BY_RIVAL = 10  # among a million trips it takes seconds for each
EXTRA_MS, TIMES, FLOOR_MS = 2, 5, 2000


@dataclass(slots=True)
class Timed:
    """A runner that notes how long each statement took, in milliseconds."""

    pool: Pool
    ms: list[float] = field(default_factory=list)

    async def fetch(self, query: str, *args: object) -> Sequence[Record]:
        """See Runner."""
        started = time.perf_counter()
        rows = await self.pool.fetch(query, *args)
        self.ms.append((time.perf_counter() - started) * 1000)
        return rows

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


@dataclass(slots=True)
class Seen:
    """What was seen of each program, turn by turn."""

    http: list[Load] = field(default_factory=list)
    sql: list[Load] = field(default_factory=list)
    rival: list[Load] = field(default_factory=list)

    def extras(self) -> list[float]:
        """Milliseconds that HTTP adds to the statement, by the medians of each turn."""
        pairs = zip(self.http, self.sql, strict=True)
        return [median(over_http.ms) - median(alone.ms) for over_http, alone in pairs]


def measure(ground: Ground) -> tuple[list[Row], list[Figure]]:
    """Each question is asked once of each, so that no cache answers it."""
    asked = list(questions(ground.timetable, WARM_UP + SEARCHES, ground.since))
    crowded = list(questions(ground.timetable, WARM_UP + 2 * SEARCHES, ground.since))[WARM_UP + SEARCHES :]
    with ours(ground) as mine, rival(ground) as usual:
        _require_same(mine, usual, asked[:WARM_UP])
        seen = take_turns(ground, mine, asked, usual)
        crowd = load(mine, [ask_search(each) for each in crowded], clients=FLOOR_CLIENTS)
    http, sql, other = (together(loads) for loads in (seen.http, seen.sql, seen.rival))
    rows = [
        row_of(JOB, OURS, "FastAPI, asyncpg", ms=http.ms, seconds=http.seconds, cpu_s=http.cpu_s),
        row_of(JOB, SMALLEST, "the statement, asyncpg", ms=sql.ms, seconds=sql.seconds),
        row_of(JOB, RIVAL, "Flask, ORM, three indexes", ms=other.ms, seconds=other.seconds, cpu_s=other.cpu_s),
        row_of(JOB, OURS, f"{FLOOR_CLIENTS} clients", ms=crowd.ms, seconds=crowd.seconds, cpu_s=crowd.cpu_s),
    ]
    mine_, _, usual_, crowd_ = rows
    return rows, [
        beyond_sql(seen),
        at_least(f"{JOB}: ours ÷ usual, one client", mine_.rate, usual_.rate, TIMES),
        Figure(f"{JOB}: p95 of {FLOOR_CLIENTS} clients", f"{crowd_.p95_ms:.0f} ms", "< 2 s", crowd_.p95_ms < FLOOR_MS),
    ]


def take_turns(ground: Ground, mine: Server, asked: Sequence[Question], usual: Server | None = None) -> Seen:
    """Statement and HTTP by turns, so that a machine that is slower for a while is slower for both; the other one
    afterwards, since it reads so much that nothing else stays in memory.
    """
    warm, cold = asked[:WARM_UP], asked[WARM_UP:]
    seen = Seen()
    load(mine, [ask_search(each) for each in warm])
    for number, turn in enumerate(batched(cold, len(cold) // TURNS)):
        asyncio.run(_time_sql(ground.dsn, warm[:10], turn))  # pages that it reads are in memory then for both
        for is_http in (True, False) if number % 2 else (False, True):
            if is_http:
                seen.http.append(load(mine, [ask_search(each) for each in turn]))
            else:
                seen.sql.append(asyncio.run(_time_sql(ground.dsn, warm[:10], turn)))
    if usual is not None:
        seen.rival.append(load(usual, [ask_search(each) for each in cold[:BY_RIVAL]]))
    return seen


def beyond_sql(seen: Seen, job: str = JOB) -> Figure:
    """What HTTP adds at one client."""
    extras, http, sql = seen.extras(), together(seen.http), together(seen.sql)
    extra = median(extras)
    sizes = f"{median(http.ms):.1f} − {median(sql.ms):.1f} ms; {min(extras):.1f} to {max(extras):.1f}"
    return Figure(f"{job}: HTTP p50 − SQL p50", f"{extra:.1f} ms ({sizes})", "≤ 2 ms", extra <= EXTRA_MS)


def search_of(question: Question) -> Search:
    """As the route makes it."""
    start, end, day = question
    return Search(
        start=Point(start.lat, start.lon),
        end=Point(end.lat, end.lon),
        earliest=day,
        latest=day + timedelta(days=1),
        radius_m=DEFAULT_RADIUS_KM * 1000,
        seats=1,
    )


def ask_search(question: Question) -> Ask:
    """The same search over HTTP, from an address that has not asked before."""
    start, end, day = question
    where = {"from": f"{start.lat},{start.lon}", "to": f"{end.lat},{end.lon}", "date": day.date().isoformat()}
    return {"path": f"/api/v1/trips/search?{urlencode(where)}", "headers": address()}


async def _time_sql(dsn: str, warm: Sequence[Question], asked: Sequence[Question]) -> Load:
    async with await open_pool(dsn, max_size=1) as pool:
        for question in warm:
            await find_hits(pool, search_of(question))
        timed, started = Timed(pool), time.perf_counter()
        for question in asked:
            await find_hits(timed, search_of(question))
        return Load(timed.ms, time.perf_counter() - started, 0)


def _require_same(mine: Server, usual: Server, asked: Sequence[Question]) -> None:
    """Both find as many trips."""
    for question in asked[:: WARM_UP // 5]:
        ask = ask_search(question)
        found, others = answer_of(mine, ask)["meta"]["pagination"]["total"], answer_of(usual, ask)["meta"]["total"]
        if found != others or not found:
            sys.exit(f"two programs do not find the same: {ask['path']}\n{found} and {others}")
