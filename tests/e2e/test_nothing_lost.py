"""Processes die, Redis is emptied and dies: every event that was acknowledged has each of its effects once."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import httpx
import pytest
from redis import Redis

from allonova.application.kernel.relay import LEASE
from allonova.domain.carpool.trip import Trip
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage
from tests.support.factories import SECOND
from tests.support.processes import Process, eventually

AT_ONCE = 4
COUNTS = [pytest.param(40, id="sample"), pytest.param(200, id="full", marks=pytest.mark.prove)]

# Per trip: bookings, notices of its driver, and how its deliveries stand.
EFFECTS = """
SELECT t.id, (SELECT count(*) FROM carpool.bookings b WHERE b.trip_id = t.id) AS bookings,
    (SELECT count(*) FROM carpool.notices n
        WHERE n.user_id = t.driver_id AND n.type = 'booking_requested') AS notices
FROM carpool.trips t WHERE t.id = ANY ($1)
"""
LEFT = "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL AND created_at >= $1::timestamptz"
RELAYS = "SELECT count(DISTINCT leased_until) FROM platform.outbox WHERE leased_until IS NOT NULL AND done_at IS NULL"


async def ask_until_acknowledged(stage: Stage, trip: Trip, number: int) -> str:
    """One booking, with one key, at either process for as long as it takes."""
    passenger = stage.a_user()
    await stage.keep(passenger)
    headers = stage.headers(passenger.id) | {"Idempotency-Key": str(uuid4())}
    clients = (stage.a, stage.b) if number % 2 else (stage.b, stage.a)
    for turn in range(2_000):
        try:
            body = {"trip_id": str(trip.id), "seats": 1}
            answer = await clients[turn % 2].post("/api/v1/bookings", json=body, headers=headers)
        except httpx.TransportError:
            await asyncio.sleep(0.02)
            continue
        if answer.status_code == 201:
            return str(answer.json()["data"]["id"])
        assert answer.status_code == 503, answer.text
    raise AssertionError("never acknowledged")


class Disasters:
    """One after the other, each when so many were acknowledged. What died is started again by its supervisor."""

    def __init__(self, stage: Stage, count: int) -> None:
        self.stage = stage
        self.relays = 0
        self.at = {
            count // 8: self.kill_api,
            2 * count // 8: self.empty_redis,
            3 * count // 8: self.kill_worker,
            5 * count // 8: self.kill_redis,
            6 * count // 8: self.kill_worker,
        }

    async def kill_api(self) -> None:
        await self.kill(self.stage.fleet.apis[0])

    async def kill_worker(self) -> None:
        await self.kill(self.stage.fleet.worker)

    async def kill_redis(self) -> None:
        await self.kill(self.stage.fleet.redis)

    async def kill(self, process: Process) -> None:
        """And start it again. Every relay that had something in its hands may have died with it."""
        process.kill()
        self.relays += await self.stage.pool.fetchval(RELAYS)
        process.start()

    async def empty_redis(self) -> None:
        with Redis.from_url(self.stage.fleet.redis_url) as redis:
            redis.flushall()


@pytest.mark.promise("nothing-lost")
@pytest.mark.parametrize("count", COUNTS)
async def test_each_effect_is_there_once_when_everything_dies_in_turn(stage: Stage, count: int, quote: Quote) -> None:
    await stage.all_delivered()
    began = stage.clock.now()
    trips = [await stage.a_trip() for _ in range(count)]
    disasters, waiting, kept = Disasters(stage, count), list(enumerate(trips)), dict[UUID, str]()

    async def ask() -> None:
        while waiting:
            number, trip = waiting.pop()
            kept[trip.id] = await ask_until_acknowledged(stage, trip, number)
            if disaster := disasters.at.get(len(kept)):
                await disaster()

    async with stage.fleet.supervised():
        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
        await stage.fleet.ready()
        await stage.advance(LEASE + SECOND)  # what a dead relay had in its hands is anybody's again
        await eventually("the worker works", lambda: relays(stage), pause_s=0.2)
        await stage.all_delivered()
    rows = await stage.pool.fetch(EFFECTS, list(kept))
    assert Counter((row["bookings"], row["notices"]) for row in rows) == {(1, 1): count}
    assert await stage.pool.fetchval(LEFT, began) == 0
    texts = await told(stage, trips)
    assert min(texts) >= 1
    assert sum(texts) <= count + disasters.relays  # of each relay that died, the one message in its hands
    quote(
        f"{count} events, API, worker and Redis killed, Redis emptied: {count} × 1 booking, 1 notice, {sum(texts)} SMS"
    )


async def relays(stage: Stage) -> bool:
    """Whether a worker does what it is asked to."""
    return (await stage.sandbox.post("/sandbox/jobs/relay", timeout=5)).status_code == 200


async def told(stage: Stage, trips: list[Trip]) -> list[int]:
    """How many SMS each driver got about his request."""
    async with stage.units.begin() as unit:
        drivers = [await unit.users.get(trip.driver_id) for trip in trips]
    return [Counter(await stage.sms_to(driver.phone))["booking_requested"] for driver in drivers]
