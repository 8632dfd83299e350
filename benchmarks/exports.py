"""Measures exports on ROWS lines of wallets' statements, beside an API that is asked meanwhile:
`python -m benchmarks.exports ROWS`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import httpx

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.money.reports import PostgresReportQueries
from allonova.adapters.postgres.pool import asyncpg_dsn, open_pool
from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import Audience
from benchmarks.database import own_database
from benchmarks.ground import KID, SECRET, environment, serving
from benchmarks.statements_fill import add_admin, days_before, fill_books, fill_statements
from benchmarks.table import Figure, end

PORT = 8475
DAYS = 100
AT_ONCE = 50_000
ASKED_PER_S, IDLE_S = 20, 15.0
READERS = 2_000
PATIENCE_S = 900.0
TXNS = "/api/v1/admin/wallet/txns/export"


def bearer(admin_id: UUID) -> dict[str, str]:
    """The header of somebody of finance."""
    clock = SystemClock()
    tokens, now = JoseTokens({KID: SECRET}, KID, issuer="allonova", clock=clock), clock.now()
    token = tokens.sign(
        subject=admin_id,
        session=uuid4(),
        audience=Audience.ALLOCAR_ADMIN,
        issued_at=now,
        expires_at=now + timedelta(hours=1),
        role=Role.FINANCE,
    )
    return {"Authorization": f"Bearer {token}"}


async def p95_until(http: httpx.AsyncClient, is_over: Callable[[], bool]) -> float:
    """Milliseconds of a list's read, asked so often a second by many people, whether the last answer came or not."""
    readers, taken, tasks = [bearer(uuid4()) for _ in range(READERS)], [], set()

    async def ask(number: int) -> None:
        started = time.perf_counter()
        answer = await http.get("/api/v1/admin/exports", headers=readers[number % READERS] | _address(number))
        answer.raise_for_status()
        taken.append((time.perf_counter() - started) * 1000)

    number = 0
    while not is_over():
        task = asyncio.create_task(ask(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        number += 1
        await asyncio.sleep(1 / ASKED_PER_S)
    await asyncio.gather(*tasks)
    return quantiles(taken, n=20)[-1]


def _address(number: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}


async def first_byte(http: httpx.AsyncClient, admin: dict[str, str], period: str) -> tuple[float, float, int]:
    """Seconds to the first byte and to the last one of a table that is sent at once, and its rows."""
    started, first, lines = time.perf_counter(), 0.0, 0
    async with http.stream("GET", TXNS, params={"period": period}, headers=admin) as answer:
        answer.raise_for_status()
        async for piece in answer.aiter_bytes():
            first = first or time.perf_counter() - started
            lines += piece.count(b"\n")
    return first, time.perf_counter() - started, lines - 1


async def exported(http: httpx.AsyncClient, admin: dict[str, str], period: str, worker: int) -> dict[str, Any]:
    """What became of a large one, how long it took, and the API's p95 and the worker's memory meanwhile."""
    before = peak = rss_mb(worker)
    answer = await http.get(TXNS, params={"period": period}, headers=admin)
    export: dict[str, Any] = json.loads(answer.content)["data"]["export"]
    started = time.perf_counter()

    async def watch() -> None:
        nonlocal export, peak
        while export["status"] not in ("done", "failed") and time.perf_counter() - started < PATIENCE_S:
            await asyncio.sleep(1.2)  # a user's limit is 60 a minute
            path = f"/api/v1/admin/exports/{export['id']}"
            export = (await http.get(path, headers=admin)).json()["data"]

    async def measure_memory(over: asyncio.Task[None]) -> None:
        nonlocal peak
        while not over.done():
            peak = max(peak, rss_mb(worker))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    measuring = asyncio.create_task(measure_memory(watching))
    p95 = await p95_until(http, watching.done)
    await asyncio.gather(watching, measuring)
    return export | {"p95": p95, "seconds": time.perf_counter() - started, "before": before, "peak": peak}


def rss_mb(process_id: int) -> float:
    """What a process has of the memory now."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def report_seconds(dsn: str, since: datetime, until: datetime) -> tuple[float, float]:
    """Of the sums of a month at the end, and of all that was before it."""
    month = until - timedelta(days=30)
    async with await open_pool(dsn, max_size=1) as pool:
        queries, started = PostgresReportQueries(pool), time.perf_counter()
        await queries.flows(month, until)
        between = time.perf_counter()
        await queries.openings(month)
        return between - started, time.perf_counter() - between


async def fill(dsn: str, rows: int, now: datetime) -> UUID:
    """Lines, half as many entries of two postings each, and somebody of finance."""
    owner = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        since, until = days_before(now, DAYS), days_before(now, 0)
        await fill_statements(owner, rows, since=since, until=until)
        await fill_books(owner, rows // 2, since=since, until=until)
        return await add_admin(owner)
    finally:
        await owner.close()


@contextmanager
def working(env: dict[str, str], folder: Path) -> Iterator[int]:
    """A worker as in production; its process' id."""
    with (folder / "worker.log").open("wb") as log:
        command = [sys.executable, "-m", "allonova.main.cli", "worker"]
        process = subprocess.Popen(command, env={**os.environ, **env}, stdout=log, stderr=log)
        try:
            time.sleep(10)  # it has imported all there is, and run each of its jobs once
            yield process.pid
        finally:
            process.terminate()
            process.wait()


async def measure(dsn: str, rows: int, admin_id: UUID, now: datetime, worker: int) -> list[Figure]:
    """The table."""
    admin, since, until = bearer(admin_id), days_before(now, DAYS), days_before(now, 0)
    few = max(1, AT_ONCE * DAYS // rows)
    short = f"{since:%Y-%m-%d}..{since + timedelta(days=few - 1):%Y-%m-%d}"
    whole = f"{since:%Y-%m-%d}..{until - timedelta(days=1):%Y-%m-%d}"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", trust_env=False, timeout=60) as http:
        first, last, sent = await first_byte(http, admin, short)
        quiet_until = time.perf_counter() + IDLE_S
        idle = await p95_until(http, lambda: time.perf_counter() > quiet_until)
        made = await exported(http, admin, whole, worker)
    flows_s, openings_s = await report_seconds(dsn, since, until)
    added, slower = made["peak"] - made["before"], made["p95"] / idle
    return [
        Figure(f"CSV of {sent} rows: first byte", f"{first:.2f} s (the last one {last:.1f} s)", "< 1 s", first < 1),
        Figure(
            f"{made['rows']} rows: in the worker",
            f"{made['status']}, {(made['size'] or 0) / 1e6:.0f} MB in {made['seconds']:.0f} s",
            "done",
            made["status"] == "done",
        ),
        Figure(
            "memory added in the worker",
            f"{added:.0f} MB ({made['before']:.0f} before, {made['peak']:.0f} at most)",
            "≤ 150",
            added <= 150,
        ),
        Figure(
            "p95 of the API meanwhile",
            f"{made['p95']:.1f} ms, {idle:.1f} before: × {slower:.2f}",
            "≤ 1.5",
            slower <= 1.5,
        ),
        Figure(
            f"sums of a month among {rows} postings", f"{flows_s:.2f} s, and {openings_s:.2f} s before it", "–", True
        ),
    ]


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    rows, now = parser.parse_args().rows, datetime.now(UTC)
    with own_database() as dsn, tempfile.TemporaryDirectory() as name:
        started, folder = time.monotonic(), Path(name)
        admin_id = asyncio.run(fill(dsn, rows, now))
        print(f"{rows} lines and as many postings put in within {time.monotonic() - started:.0f} s", flush=True)
        env = environment(dsn) | {"ALLONOVA_FILES_DIR": str(folder / "files")}
        with serving(["allonova.main.cli", "serve"], PORT, env, folder), working(env, folder) as worker:
            figures = asyncio.run(measure(dsn, rows, admin_id, now, worker))
    end([], figures)


if __name__ == "__main__":
    main()
