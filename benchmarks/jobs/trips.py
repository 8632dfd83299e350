"""Read one trip, logged in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from uuid import uuid4

from allonova.adapters.postgres.pool import open_pool
from benchmarks.ground import (
    CLIENTS,
    FLOOR_CLIENTS,
    Ask,
    Ground,
    Load,
    Server,
    address,
    answer_of,
    bearer,
    load,
    ours,
    rival,
    smallest,
    together,
)
from benchmarks.table import NAKED, OURS, RIVAL, SMALLEST, Figure, Row, at_least, row_of

JOB = "read one trip"
READERS, TRIPS_READ = 2000, 4000
SECONDS, ROUNDS = 5.0, 3
FLOOR_MS = 300

type Turn = tuple[Server, Sequence[Ask]]


def measure(ground: Ground) -> tuple[list[Row], list[Figure]]:
    """All of them by turns, so that a machine that is slower for a while is slower for all."""
    asks = asyncio.run(asks_of(ground.dsn))
    naked = [{"path": f"/naked{ask['path']}"} for ask in asks]
    with ours(ground) as mine, smallest(ground) as least, rival(ground) as usual:
        _require_same((mine, least, usual), asks[0])
        turns: dict[tuple[str, str], Turn] = {
            (OURS, "FastAPI, asyncpg"): (mine, asks),
            (SMALLEST, "Starlette, asyncpg"): (least, asks),
            (RIVAL, "Flask, ORM, gunicorn"): (usual, asks),
            (NAKED, "Starlette, asyncpg"): (least, naked),
            (NAKED, "Flask, ORM, gunicorn"): (usual, naked),
        }
        seen = _by_turns(turns)
        crowd = load(mine, asks, clients=FLOOR_CLIENTS, seconds=SECONDS)
    rows = [
        row_of(JOB, who, what, ms=one.ms, seconds=one.seconds, cpu_s=one.cpu_s) for (who, what), one in seen.items()
    ]
    floor = row_of(JOB, OURS, f"{FLOOR_CLIENTS} clients", ms=crowd.ms, seconds=crowd.seconds, cpu_s=crowd.cpu_s)
    mine_, least_, usual_, *_ = rows
    return [*rows, floor], [
        at_least(f"{JOB}: ours ÷ smallest", mine_.rate, least_.rate, 0.6),
        at_least(f"{JOB}: ours ÷ usual", mine_.rate, usual_.rate, 1.2),
        Figure(f"{JOB}: p95 of {FLOOR_CLIENTS} clients", f"{floor.p95_ms:.0f} ms", "< 300 ms", floor.p95_ms < FLOOR_MS),
    ]


def _by_turns(turns: dict[tuple[str, str], Turn]) -> dict[tuple[str, str], Load]:
    seen: dict[tuple[str, str], list[Load]] = {name: [] for name in turns}
    for server, asks in turns.values():  # once before it counts: caches fill, connections open
        load(server, asks, clients=CLIENTS, seconds=1)
    for _ in range(ROUNDS):
        for name, (server, asks) in turns.items():
            seen[name].append(load(server, asks, clients=CLIENTS, seconds=SECONDS))
    return {name: together(loads) for name, loads in seen.items()}


async def asks_of(dsn: str) -> list[Ask]:
    """Reads of many trips by many people who are logged in."""
    readers = bearer([uuid4() for _ in range(READERS)])
    async with await open_pool(dsn, max_size=1) as pool:
        some = "SELECT id FROM carpool.trips TABLESAMPLE BERNOULLI (10) LIMIT $1"
        trips = [id_ for (id_,) in await pool.fetch(some, TRIPS_READ)]
    return [
        {"path": f"/api/v1/trips/{id_}", "headers": readers[n % READERS] | address()} for n, id_ in enumerate(trips)
    ]


def _require_same(servers: Sequence[Server], ask: Ask) -> None:
    first, *others = [answer_of(server, ask)["data"] for server in servers]
    for other in others:
        if other != first:
            sys.exit(f"two programs do not answer the same:\n{first}\n{other}")
