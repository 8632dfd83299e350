"""Measures search and a trip's read in a country full of trips, as a table: `python -m benchmarks.run TRIPS`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched, count
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import httpx

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.carpool.search import find_hits
from allonova.adapters.postgres.pool import asyncpg_dsn, open_pool
from allonova.adapters.postgres.runner import Pool, Row
from allonova.application.carpool.ports import Search
from allonova.domain.carpool.rules import DEFAULT_RADIUS_KM
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.geo import Point
from benchmarks.country import Plan, Town, plan, questions
from benchmarks.database import own_database
from benchmarks.fill import fill, tomorrow

KID, SECRET = "bench", "the-secret-of-the-benchmarks-and-of-nothing-else"
SEARCHES, WARM_UP, TURNS = 1000, 100, 10
READERS, TRIPS_READ = 2000, 4000
CLIENTS, SECONDS, ROUNDS = 16, 5.0, 3
PATIENCE_S = 60.0
_numbers = count()

type Question = tuple[Town, Town, datetime]
type Ask = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """What was promised, what was seen."""

    name: str
    seen: str
    wanted: str
    is_kept: bool


@dataclass(slots=True)
class Timed:
    """A runner that notes how long each statement took, in milliseconds."""

    pool: Pool
    ms: list[float] = field(default_factory=list)

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """See Runner."""
        started = time.perf_counter()
        rows = await self.pool.fetch(query, *args)
        self.ms.append((time.perf_counter() - started) * 1000)
        return rows

    async def fetchrow(self, query: str, *args: object) -> Row | None:
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


async def time_sql(dsn: str, warm: Sequence[Question], asked: Sequence[Question]) -> tuple[list[float], float]:
    """Milliseconds of each search's statement at one client, and how many trips one found, by the median."""
    async with await open_pool(dsn, max_size=1) as pool:
        for question in warm:
            await find_hits(pool, search_of(question))
        timed = Timed(pool)
        found = [(await find_hits(timed, search_of(question))).total for question in asked]
    return timed.ms, median(found)


def ask_search(question: Question) -> Ask:
    """The same search over HTTP, from an address that has not asked before."""
    start, end, day = question
    where = {"from": f"{start.lat},{start.lon}", "to": f"{end.lat},{end.lon}", "date": day.date().isoformat()}
    return {"path": f"/api/v1/trips/search?{urlencode(where)}", "headers": _address()}


async def ask_trips(dsn: str) -> list[Ask]:
    """Reads of many trips by many people who are logged in."""
    clock = SystemClock()
    tokens, now = JoseTokens({KID: SECRET}, KID, issuer="allonova", clock=clock), clock.now()
    readers = [
        tokens.sign(
            subject=uuid4(),
            session=uuid4(),
            audience=Audience.ALLOCAR,
            issued_at=now,
            expires_at=now + timedelta(hours=1),
        )
        for _ in range(READERS)
    ]
    async with await open_pool(dsn, max_size=1) as pool:
        some = "SELECT id FROM carpool.trips TABLESAMPLE BERNOULLI (10) LIMIT $1"
        trips = [id_ for (id_,) in await pool.fetch(some, TRIPS_READ)]
    return [
        {"path": f"/api/v1/trips/{id_}", "headers": {"Authorization": f"Bearer {readers[n % READERS]}"} | _address()}
        for n, id_ in enumerate(trips)
    ]


def _address() -> dict[str, str]:
    """Another one each time."""
    number = next(_numbers)
    return {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}


def load(port: int, asks: Sequence[Ask], *options: str) -> dict[str, Any]:
    """What `benchmarks.load` says of a server."""
    command = [sys.executable, "-m", "benchmarks.load", str(port), *options]
    lines = "".join(json.dumps(ask) + "\n" for ask in asks)
    said = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(said.stderr)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


@contextmanager
def serving(
    module: Sequence[str], port: int, env: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A server as in production: a process of its own, whose log is a file."""
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module], env={**os.environ, **env, "PORT": str(port)}, stdout=log, stderr=log
        )
        try:
            _wait_for(port, process, folder / f"{port}.log")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    sys.exit(log.read_text())


def measure(dsn: str, timetable: Plan, since: datetime, ports: tuple[int, int]) -> list[Figure]:
    """The table."""
    ours, smallest = ports
    searches = measure_search(dsn, list(questions(timetable, WARM_UP + SEARCHES, since)), ours)
    reads = asyncio.run(ask_trips(dsn))
    _require_same(ports, reads[0])
    rates: dict[int, list[float]] = {ours: [], smallest: []}
    for _ in range(ROUNDS):
        for port, seen in rates.items():
            seen.append(load(port, reads, f"--clients={CLIENTS}", f"--seconds={SECONDS}")["per_second"])
    fast, slow = median(rates[smallest]), median(rates[ours])
    return [
        *searches,
        Figure("trip: ours ÷ smallest", f"{slow / fast:.2f} ({slow:.0f} ÷ {fast:.0f} /s)", "≥ 0.5", slow / fast >= 0.5),
    ]


def measure_search(dsn: str, asked: Sequence[Question], port: int) -> list[Figure]:
    """Statement and HTTP by turns, so that a machine that is slower for a while is slower for both."""
    warm, cold = asked[:WARM_UP], asked[WARM_UP:]
    load(port, [ask_search(each) for each in warm])
    sql: list[float] = []
    http: list[float] = []
    extras, founds = [], []
    for turn in batched(cold, len(cold) // TURNS):
        ms, found = asyncio.run(time_sql(dsn, warm[:10], turn))
        over_http = load(port, [ask_search(each) for each in turn])["ms"]
        extras.append(median(over_http) - median(ms))
        founds.append(found)
        sql += ms
        http += over_http
    extra, p95 = median(extras), quantiles(sql, n=20)[-1]
    sizes = f"p50 {median(http):.1f} − {median(sql):.1f} ms; {min(extras):.1f} to {max(extras):.1f}, {TURNS} turns"
    return [
        Figure("search: HTTP beyond SQL, one client", f"{extra:.1f} ms ({sizes})", "≤ 3 ms", extra <= 3),
        Figure("search: SQL p95", f"{p95:.1f} ms, {median(founds):.0f} trips found", "< 25 ms", p95 < 25),
    ]


def _require_same(ports: tuple[int, int], ask: Ask) -> None:
    answers = [
        httpx.get(f"http://127.0.0.1:{port}{ask['path']}", headers=ask["headers"], trust_env=False).json()["data"]
        for port in ports
    ]
    if answers[0] != answers[1]:
        sys.exit(f"the two services do not answer the same:\n{answers[0]}\n{answers[1]}")


def environment(dsn: str) -> dict[str, str]:
    """Of both services: limits as they are in production, and no played world."""
    return {
        "ALLONOVA_ENV": "test",
        "ALLONOVA_SANDBOX": "false",
        "ALLONOVA_SECRET_KEYS": f"{KID}:{SECRET}",
        "ALLONOVA_TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": dsn,
        "WAVE_API_KEY": "none",
        "BREVO_API_KEY": "none",
    }


@contextmanager
def a_database(trips: int) -> Iterator[tuple[str, datetime]]:
    """A full one of our own, dropped at the end."""
    with own_database() as dsn:
        started, since = time.monotonic(), tomorrow()
        asyncio.run(fill(dsn, trips, since))
        print(f"{trips} published trips put in within {time.monotonic() - started:.0f} s", flush=True)
        yield dsn, since


@contextmanager
def filled(dsn: str) -> Iterator[tuple[str, datetime]]:
    """One that `benchmarks.fill` filled."""

    async def first() -> datetime:
        connection = await asyncpg.connect(asyncpg_dsn(dsn))
        at: datetime = await connection.fetchval("SELECT min(departure_time) FROM carpool.trips")
        await connection.close()
        return at

    yield dsn, asyncio.run(first()).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def show(figures: Sequence[Figure]) -> None:
    """For the terminal."""
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for figure in figures:
        print(f"{figure.name:<38} {figure.seen:<48} {figure.wanted:<8} {'kept' if figure.is_kept else 'MISSED'}")


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trips", type=int)
    parser.add_argument("--filled", metavar="URL", help="a database that benchmarks.fill filled with so many trips")
    args = parser.parse_args()
    source = filled(args.filled) if args.filled else a_database(args.trips)
    with source as (dsn, since), tempfile.TemporaryDirectory() as folder:
        env, ports = environment(dsn), (8471, 8472)
        with (
            serving(["allonova.main.cli", "serve"], ports[0], env, Path(folder)),
            serving(["benchmarks.smallest"], ports[1], env, Path(folder)),
        ):
            figures = measure(dsn, plan(args.trips), since, ports)
    show(figures)
    sys.exit(not all(figure.is_kept for figure in figures))


if __name__ == "__main__":
    main()
