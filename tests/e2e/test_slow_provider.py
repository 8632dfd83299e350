"""A provider that says nothing for half a minute: nobody else waits for it, and soon nobody asks it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import httpx
import pytest

from allonova.adapters.vendors.breaker import FAILURES
from allonova.domain.carpool.booking import Booking
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage, all_at_once
from tests.support.processes import eventually

SLOW_S = 30
SAMPLE = pytest.param(1.5, 2.0, 2.0, id="sample")
FULL = pytest.param(30.0, 9.0, 1.2, id="full", marks=pytest.mark.prove)
NOISE_S = 0.005  # of the machine, which no provider is to blame for
PAUSE_S = 0.02
IDLE = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND state_change < now() - interval '0.5 s'
"""

BEGUN = "SELECT count(*) FROM carpool.payments WHERE booking_id = ANY ($1)"

type Ask = Callable[[], Awaitable[httpx.Response]]


async def start_payment(stage: Stage, client: httpx.AsyncClient, booking: Booking) -> httpx.Response:
    """By MTN, which asks the provider while the request waits."""
    headers = stage.headers(booking.passenger_id) | {"Idempotency-Key": str(uuid4())}
    body = {"booking_id": str(booking.id), "method": "mtn", "phone": "+2250500000001"}
    return await client.post("/api/v1/payments/init", json=body, headers=headers)


async def others(stage: Stage) -> list[Ask]:
    """What has nothing to do with the provider, at both processes."""
    booking = await stage.a_held_booking()
    headers, path = stage.headers(booking.passenger_id), f"/api/v1/bookings/{booking.id}"
    return [
        lambda client=client, url=url: client.get(url, headers=headers)  # type: ignore[misc] # mypy cannot infer these
        for client in (stage.a, stage.b)
        for url in (path, "/api/v1/bookings", "/api/v1/me")
    ]


async def p95_s(asks: list[Ask], seconds: float) -> float:
    """Of these questions, asked by turns for so long; each must be answered."""
    spent, turn, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        answer = await asks[turn % len(asks)]()
        spent.append(time.monotonic() - began)
        assert answer.status_code == 200, answer.text
        turn += 1
        await asyncio.sleep(PAUSE_S)
    return statistics.quantiles(spent, n=20)[-1]


@asynccontextmanager
async def watched_transactions(stage: Stage) -> AsyncIterator[list[int]]:
    """How many transactions sat idle, looked at again and again."""
    seen: list[int] = []

    async def look() -> None:
        while True:
            seen.append(await stage.pool.fetchval(IDLE))
            await asyncio.sleep(PAUSE_S)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


@pytest.mark.promise("slow-provider")
@pytest.mark.parametrize(("quiet_s", "slow_s", "limit"), [SAMPLE, FULL])
async def test_nobody_else_waits_when_a_provider_says_nothing(
    stage: Stage, quiet_s: float, slow_s: float, limit: float, quote: Quote
) -> None:
    fault = {"provider": "mtn", "kind": "timeout", "times": 10 * FAILURES, "delay_s": SLOW_S}
    asks = await others(stage)
    bookings = [await stage.a_held_booking() for _ in range(2 * FAILURES + 2)]

    async def all_ask() -> bool:
        return bool(await stage.pool.fetchval(BEGUN, [booking.id for booking in bookings]) == 2 * FAILURES)

    before = await p95_s(asks, quiet_s)
    assert (await stage.sandbox.post("/sandbox/faults", json=fault)).status_code == 200
    try:
        async with watched_transactions(stage) as idle:
            waiting = [
                asyncio.create_task(start_payment(stage, client, booking))
                for client, booking in zip(stage.either, bookings[2:], strict=False)
            ]
            await eventually("all wait for the provider", all_ask)
            during = await p95_s(asks, slow_s)
            assert not [task for task in waiting if task.done()], "the provider was not slow"
            unanswered = await all_at_once(waiting)
        began = time.monotonic()
        spared = await all_at_once(
            start_payment(stage, *each) for each in zip((stage.a, stage.b), bookings[:2], strict=True)
        )
        refused_s = time.monotonic() - began
    finally:
        await stage.sandbox.post("/sandbox/faults", json=fault | {"times": 0})
    after = await p95_s(asks, quiet_s)
    assert {answer.status_code for answer in (*unanswered, *spared)} == {503}
    assert {answer.json()["error"]["code"] for answer in (*unanswered, *spared)} == {"provider_unavailable"}
    assert refused_s < 1, "the breaker is still closed"
    assert max(idle) == 0, "a transaction waited for the provider"
    assert during <= limit * max(before, after) + NOISE_S
    figures = ", ".join(f"{1000 * each:.1f}" for each in (before, during, after))
    quote(f"p95 of others before, during and after: {figures} ms; {len(idle)} looks, no idle transaction; breaker open")
