"""How the worker is woken."""

from __future__ import annotations

from itertools import pairwise

from allonova.adapters.jobs.arq_jobs import QUEUE, REST_S, WAKES, QueueWaker
from allonova.adapters.redis.client import connect, connections
from tests.redis.conftest import OwnRedis
from tests.support.processes import eventually


async def test_worker_is_woken_now_and_then_when_there_is_always_something_to_do(own_redis: OwnRedis) -> None:
    redis, waker = connect(own_redis.url), QueueWaker(connections(own_redis.url, retries=0))

    async def is_woken_often() -> bool:
        waker.wake()
        asked: int = await redis.zcard(QUEUE)
        return asked >= 3 * len(WAKES)

    async with waker.running():
        await eventually("woken three times", is_woken_often, pause_s=0)
    asked_ms = sorted(score for _, score in await redis.zrange(QUEUE, 0, -1, withscores=True))
    await redis.aclose()
    rests_ms = [later - before for before, later in pairwise(asked_ms[:: len(WAKES)])]
    assert min(rests_ms) >= REST_S * 1000 - 5, asked_ms
