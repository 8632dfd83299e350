"""Workers of two releases share a queue. It holds wake-ups alone: a lost one costs time, and nothing else."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from wire_samples import AT, a_worker, idle_jobs

from allonova.adapters.jobs.arq_jobs import QUEUE
from allonova.adapters.jobs.job import RELAY, Job
from tests.redis.conftest import OwnRedis

LONGEST = timedelta(hours=1)


@pytest.fixture
async def queue(own_redis: OwnRedis) -> AsyncIterator[ArqRedis]:
    """What lies in it, and a loop that hears signals as before once the workers have ended."""
    pool = await create_pool(RedisSettings.from_dsn(own_redis.url), default_queue_name=QUEUE)
    yield pool
    await pool.aclose()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().remove_signal_handler(number)


@pytest.mark.filterwarnings("ignore:Call to deprecated close")  # arq closes its connections so
async def test_worker_goes_on_when_it_is_called_for_a_job_of_the_next_release(
    own_redis: OwnRedis, queue: ArqRedis
) -> None:
    relayed = 0

    async def relay() -> None:
        nonlocal relayed
        relayed += 1

    for name in ("wake_up_of_the_next_release", "beat:job_of_the_next_release", RELAY):
        await queue.enqueue_job(name)
    older = a_worker(own_redis.url, [Job(RELAY, relay, every_s=5)])
    older.burst = True
    await older.async_run()
    await older.close()
    assert relayed >= 1
    assert await queue.zcard(QUEUE) == 0


async def test_each_job_is_called_again_within_the_hour_when_a_call_was_lost(queue: ArqRedis) -> None:
    worker = a_worker("redis://localhost", idle_jobs())
    beats = {beat.name: beat for beat in worker.cron_jobs or ()}
    assert beats.keys() == {f"beat:{name}" for name in (*(job.name for job in idle_jobs()), "requests")}
    for name, beat in beats.items():
        now = AT
        for _ in range(3):
            beat.calculate_next(now)
            assert beat.next_run is not None
            assert beat.next_run - now <= LONGEST, name
            now = beat.next_run
