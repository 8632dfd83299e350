"""Wave's word that a payment is paid: the event is kept, payment, booking, seats and books move, who must hear does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Sequence

from benchmarks.ground import CLIENTS, WAVE_SECRET, Ask, Ground, Load, load, ours, together
from benchmarks.people import Ride, forget_shown, make_rides, require_all
from benchmarks.replay import record, replay, script_of
from benchmarks.table import OURS, SMALLEST, Figure, Row, at_least, row_of

JOB = "webhook → paid → books"
EACH, ROUNDS = 1600, 3
SINGLE = 8  # rides that are paid one by one
FRANCS = 6_000
PAID = """
SELECT count(*) FROM carpool.payments p JOIN carpool.bookings b ON b.id = p.booking_id
JOIN platform.journal_entries e ON e.ref_id = p.id AND e.kind = 'booking_paid'
WHERE b.trip_id = ANY ($1) AND p.status = 'paid' AND b.status = 'paid'
"""


def measure(ground: Ground) -> tuple[list[Row], list[Figure]]:
    """Both by turns, each time for rides that nobody has paid."""
    rides = asyncio.run(make_rides(ground.dsn, SINGLE + EACH * 2 * (ROUNDS + 1), with_payment=True))
    few, many = rides[:SINGLE], iter(range(SINGLE, len(rides), EACH))
    script = script_of(record(ground, ask_webhooks(few)), few[-1])
    http: list[Load] = []
    sql: list[Load] = []
    with ours(ground) as mine:
        for _ in range(ROUNDS + 1):
            begin, after = next(many), next(many)
            http.append(load(mine, ask_webhooks(rides[begin : begin + EACH]), clients=CLIENTS))
            with mine.resting():  # it would show on sockets what others paid
                sql.append(asyncio.run(replay(ground.dsn, script, rides[after : after + EACH], clients=CLIENTS)))
                asyncio.run(forget_shown(ground.dsn))
    asyncio.run(require_all(ground.dsn, rides, PAID))
    over_http, alone = together(http[1:]), together(sql[1:])  # the first round made caches warm
    rows = [
        row_of(JOB, OURS, "FastAPI, asyncpg", ms=over_http.ms, seconds=over_http.seconds, cpu_s=over_http.cpu_s),
        row_of(JOB, SMALLEST, "its statements, pgbench", ms=alone.ms, seconds=alone.seconds),
    ]
    return rows, [at_least(f"{JOB}: ours ÷ its statements", rows[0].rate, rows[1].rate, 0.25)]


def ask_webhooks(rides: Sequence[Ride]) -> list[Ask]:
    """Each ride's session is complete; signed now, which holds for five minutes."""
    return [_signed(event_of(ride)) for ride in rides]


def event_of(ride: Ride) -> str:
    """`checkout.session.completed`, as Wave writes it."""
    session = {
        "id": f"cos-{ride.payment}",
        "amount": str(FRANCS),
        "checkout_status": "complete",
        "client_reference": str(ride.payment),
        "currency": "XOF",
        "last_payment_error": None,
        "payment_status": "succeeded",
    }
    return json.dumps({"id": f"EV_{ride.booking}", "type": "checkout.session.completed", "data": session})


def _signed(body: str) -> Ask:
    at = str(int(time.time()))
    proof = hmac.digest(WAVE_SECRET.encode(), f"{at}{body}".encode(), hashlib.sha256).hex()
    headers = {"Wave-Signature": f"t={at},v1={proof}"}
    return {"path": "/api/v1/payments/webhook/wave", "method": "POST", "headers": headers, "body": body}
