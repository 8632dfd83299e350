"""Jobs in the API's own process: embedded mode, and tests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from allonova.adapters.jobs.job import RELAY, Job
from allonova.adapters.telemetry.jobs import expect_jobs
from allonova.application.kernel.ports import JobTrigger, Lane
from allonova.domain.kernel.errors import NotFound

log = logging.getLogger(__name__)


class InProcessJobs:
    """One task a job; each sleeps until its time comes or it is woken."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def wake(self, lanes: frozenset[Lane]) -> None:
        """The outbox has something."""
        if Lane.WORK in lanes and (event := self._wakes.get(RELAY)):
            event.set()

    async def run(self, name: str) -> None:
        """See JobTrigger."""
        if name not in self._jobs:
            raise NotFound
        async with self._locks[name]:
            await self._jobs[name].run()

    @asynccontextmanager
    async def running(self, jobs: Sequence[Job]) -> AsyncIterator[None]:
        """Runs them until the end of the block."""
        self._jobs = {job.name: job for job in jobs}
        expect_jobs({job.name: job.every_s for job in jobs})
        self._wakes = {job.name: asyncio.Event() for job in jobs}
        self._locks = {job.name: asyncio.Lock() for job in jobs}
        tasks = [asyncio.create_task(self._loop(job), name=f"job {job.name}") for job in jobs]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _loop(self, job: Job) -> None:
        wake = self._wakes[job.name]
        while True:
            try:
                async with asyncio.timeout(job.every_s):
                    await wake.wait()
            except TimeoutError:
                pass
            wake.clear()
            try:
                await self.run(job.name)
            except Exception:
                log.exception("job failed", extra={"job": job.name})


def _conforms(jobs: InProcessJobs) -> JobTrigger:
    return jobs
