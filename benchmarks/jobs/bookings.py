"""Create a booking: token, limit, key, history, events for those who hear of them, audit."""

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
    together,
)
from benchmarks.people import Ride, forget_shown, make_rides, require_all
from benchmarks.replay import record, replay, script_of
from benchmarks.table import OURS, RIVAL, SMALLEST, Figure, Row, at_least, row_of

JOB = "create a booking"
EACH, ROUNDS = 1600, 3
WRITTEN = (
    *("carpool.bookings", "carpool.booking_events", "platform.idempotency_keys", "platform.audit_logs"),
    "platform.outbox WHERE NOT is_live",  # what is shown on sockets is gone at once
)
SINGLE = 10  # rides that are booked one by one
FLOOR_MS = 300
BOOKED = """
SELECT count(DISTINCT b.id) FROM carpool.bookings b JOIN carpool.booking_events h ON h.booking_id = b.id
JOIN platform.audit_logs a ON a.entity_id = b.id AND a.action = 'booking.created'
WHERE b.trip_id = ANY ($1) AND b.status = 'pending'
"""


def measure(ground: Ground) -> tuple[list[Row], list[Figure]]:
    """All of them by turns, each time for rides that nobody has booked."""
    rides = asyncio.run(make_rides(ground.dsn, SINGLE + EACH * (3 * (ROUNDS + 1) + 1)))
    few, many = rides[:SINGLE], iter(range(SINGLE, len(rides), EACH))
    script = script_of(record(ground, ask_bookings(few[:8])), few[7])

    def next_rides() -> Sequence[Ride]:
        begin = next(many)
        return rides[begin : begin + EACH]

    def post(server: Server, clients: int = CLIENTS) -> Load:
        return load(server, ask_bookings(next_rides()), clients=clients)

    seen: dict[str, list[Load]] = {OURS: [], SMALLEST: [], RIVAL: []}
    with ours(ground) as mine, rival(ground) as usual:
        _require_same(ground.dsn, (mine, usual), few[8:])
        for _ in range(ROUNDS + 1):
            seen[OURS].append(post(mine))
            with mine.resting():  # it would show on sockets what others booked
                seen[RIVAL].append(post(usual))
                seen[SMALLEST].append(asyncio.run(replay(ground.dsn, script, next_rides(), clients=CLIENTS)))
                asyncio.run(forget_shown(ground.dsn))
        crowd = post(mine, FLOOR_CLIENTS)
    asyncio.run(require_all(ground.dsn, rides, BOOKED))
    http, sql, other = (together(loads[1:]) for loads in seen.values())  # the first round made caches warm
    rows = [
        row_of(JOB, OURS, "FastAPI, asyncpg", ms=http.ms, seconds=http.seconds, cpu_s=http.cpu_s),
        row_of(JOB, SMALLEST, "its statements, pgbench", ms=sql.ms, seconds=sql.seconds),
        row_of(JOB, RIVAL, "Flask, ORM, gunicorn", ms=other.ms, seconds=other.seconds, cpu_s=other.cpu_s),
        row_of(JOB, OURS, f"{FLOOR_CLIENTS} clients", ms=crowd.ms, seconds=crowd.seconds, cpu_s=crowd.cpu_s),
    ]
    mine_, least_, usual_, floor = rows
    return rows, [
        at_least(f"{JOB}: ours ÷ its statements", mine_.rate, least_.rate, 0.25),
        at_least(f"{JOB}: ours ÷ usual", mine_.rate, usual_.rate, 1.2),
        Figure(f"{JOB}: p95 of {FLOOR_CLIENTS} clients", f"{floor.p95_ms:.0f} ms", "< 300 ms", floor.p95_ms < FLOOR_MS),
    ]


def ask_bookings(rides: Sequence[Ride]) -> list[Ask]:
    """Each passenger asks for a seat all the way, with a key."""
    people = bearer([ride.passenger for ride in rides])
    return [
        {
            "path": "/api/v1/bookings",
            "method": "POST",
            "headers": header | address() | {"Idempotency-Key": str(uuid4())},
            "body": {"trip_id": str(ride.trip), "seats": 1},
        }
        for ride, header in zip(rides, people, strict=True)
    ]


def _require_same(dsn: str, servers: Sequence[Server], rides: Sequence[Ride]) -> None:
    """Both answer with a pending booking at the same price, and leave as many rows."""
    answers, rows = [], []
    for server, ask in zip(servers, ask_bookings(rides), strict=True):
        before = asyncio.run(_count(dsn))
        booking = answer_of(server, ask)["data"]
        answers.append([booking[name] for name in ("status", "amount_total", "fees", "seats", "currency")])
        rows.append([after - count for after, count in zip(asyncio.run(_count(dsn)), before, strict=True)])
    if answers[0] != answers[1] or rows[0] != rows[1]:
        sys.exit(f"two programs do not book alike:\n{answers[0]} {rows[0]}\n{answers[1]} {rows[1]}")


async def _count(dsn: str) -> list[int]:
    async with await open_pool(dsn, max_size=1, role=None) as pool:
        return [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in WRITTEN]
