"""Jobs in an arq worker: Redis wakes it, and a slow beat finds what a lost wake-up left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

from arq import cron
from arq.connections import ArqRedis
from arq.cron import CronJob
from arq.typing import StartupShutdown, WorkerCoroutine
from arq.worker import Function, Worker, func
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from allonova.adapters.jobs.job import RELAY, Job

log = logging.getLogger(__name__)

QUEUE = "allonova:jobs"
REQUESTS = "requests"
WAKES = (RELAY, REQUESTS)
POLL_S = 0.05
JOB_LIMIT_S = 300
SWEEP_S = 5
MAX_WAIT_S = 5.0
REST_S = 0.05  # after a wake-up: of many commits in a row each would have the worker run for a row or two


class Requested(Protocol):
    """A job that somebody waits for."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


class Requests(Protocol):
    """Jobs asked for out of turn."""

    async def take_due(self, names: Collection[str]) -> Sequence[Requested]:
        """Those for one of these jobs that no worker has taken."""

    async def finish(self, id: UUID, error: str | None = None) -> None:
        """It ran, or failed."""


class QueueWaker:
    """Tells the worker, after a commit, that there is something to do; many calls become one. A wake-up that Redis
    does not take is lost, and the worker's beat finds the rows."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._queue = _queue_on(pool)
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """Never waits, never fails."""
        self._wanted.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sends wake-ups until the end of the block."""
        task = asyncio.create_task(self._send_for_ever(), name="queue waker")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._queue.aclose(close_connection_pool=True)

    async def _send_for_ever(self) -> None:
        wait_s = 0.1
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                for name in WAKES:
                    await self._send(name)
                wait_s = 0.1
                await asyncio.sleep(REST_S)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("worker not woken", extra={"error": type(error).__name__})
                self._wanted.set()
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, MAX_WAIT_S)

    async def _send(self, name: str) -> None:
        """Raises ConnectionError when it broke in the middle: arq takes that for a call that was there before."""
        if await self._queue.enqueue_job(name) is None:
            raise ConnectionError("not put into the queue")


async def waiting(redis: ArqRedis) -> int:
    """How many calls lie in the worker's queue."""
    count: int = await redis.zcard(QUEUE)
    return count


def create_worker(
    pool: ConnectionPool,
    *,
    jobs: Callable[[], Mapping[str, Job]],
    requests: Callable[[], Requests],
    on_startup: StartupShutdown,
    on_shutdown: StartupShutdown,
    before_job: Callable[[], Awaitable[None]],
    schedule: Sequence[tuple[str, int]],
    limits: Mapping[str, int],
) -> Worker:
    """The worker.

    Args:
        pool: connections that send nothing twice: a job's tries are counted. Closed with the worker.
        jobs: what can run, once `on_startup` is through.
        before_job: learns the service's time.
        schedule: names and how many seconds lie between two runs (they divide a minute, or are minutes).
        limits: the seconds that a job may take, where they are others than `JOB_LIMIT_S`.
    """

    def runner(name: str) -> WorkerCoroutine:
        async def run(ctx: dict[Any, Any], *_: Any, **__: Any) -> None:
            await before_job()
            await jobs()[name].run()

        return run

    async def run_requests(ctx: dict[Any, Any], *_: Any, **__: Any) -> None:
        await before_job()
        for asked in await requests().take_due(jobs().keys()):
            try:
                await jobs()[asked.name].run()
            except Exception as error:
                log.exception("job failed", extra={"job": asked.name})
                await requests().finish(asked.id, type(error).__name__)
            else:
                await requests().finish(asked.id)

    def limit_s(name: str) -> int:
        return limits.get(name, JOB_LIMIT_S)

    functions: list[Function] = [
        func(run_requests, name=REQUESTS, timeout=limit_s(REQUESTS), keep_result=0, max_tries=1),
        *(func(runner(name), name=name, timeout=limit_s(name), keep_result=0, max_tries=1) for name, _ in schedule),
    ]
    beats = [_beat(name, runner(name), every_s, limit_s(name)) for name, every_s in schedule]
    beats.append(_beat(REQUESTS, run_requests, SWEEP_S, limit_s(REQUESTS)))
    return Worker(
        functions=functions,
        cron_jobs=beats,
        redis_pool=_queue_on(pool),
        queue_name=QUEUE,
        on_startup=on_startup,
        on_shutdown=on_shutdown,
        poll_delay=POLL_S,
        max_jobs=20,
        job_completion_wait=15,
        allow_abort_jobs=False,
        log_results=False,
        handle_signals=True,
    )


def _queue_on(pool: ConnectionPool) -> ArqRedis:
    return ArqRedis(pool, default_queue_name=QUEUE)


def _beat(name: str, run: WorkerCoroutine, every_s: int, limit_s: int) -> CronJob:
    seconds = set(range(0, 60, every_s)) if every_s < 60 else {0}
    minutes = None if every_s < 3600 and every_s // 60 <= 1 else set(range(0, 60, max(1, every_s // 60)))
    return cron(run, name=f"beat:{name}", second=seconds, minute=minutes, timeout=limit_s, keep_result=0, max_tries=1)
