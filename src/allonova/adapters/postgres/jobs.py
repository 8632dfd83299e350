"""Jobs run out of turn: asked for by one process, run by the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from allonova.adapters.postgres.runner import Runner
from allonova.application.kernel.ports import JobTrigger
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import NotFound

WAIT_S = 60.0
POLL_S = 0.1

_REQUEST = "INSERT INTO platform.job_requests (name) VALUES ($1::text) RETURNING id"
_OUTCOME = "SELECT done_at IS NOT NULL AS is_done, error FROM platform.job_requests WHERE id = $1::uuid"
_FINISH = """
UPDATE platform.job_requests SET done_at = now(), error = $2::text WHERE id = $1::uuid AND done_at IS NULL
"""
_TAKE = """
WITH due AS MATERIALIZED (
    SELECT id FROM platform.job_requests WHERE taken_at IS NULL AND done_at IS NULL AND name = ANY ($1::text[])
    ORDER BY created_at, id FOR UPDATE SKIP LOCKED
)
UPDATE platform.job_requests AS r SET taken_at = now() FROM due WHERE r.id = due.id
RETURNING r.id, r.name
"""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job that somebody waits for."""

    id: UUID
    name: str


@wired
class JobRequests:
    """Requests, from the worker's side and from the asker's."""

    runner: Runner

    async def request(self, name: str) -> UUID:
        """Ask for a job."""
        made: UUID = await self.runner.fetchval(_REQUEST, name)
        return made

    async def take_due(self, names: Collection[str]) -> Sequence[JobRequest]:
        """Requests for these jobs that no worker has taken; they are now the caller's. One for a job that only another
        release has waits for its worker.
        """
        return [JobRequest(*row) for row in await self.runner.fetch(_TAKE, list(names))]

    async def finish(self, id: UUID, error: str | None = None) -> None:
        """It ran, or failed with `error`."""
        await self.runner.execute(_FINISH, id, error)

    async def wait(self, id: UUID, *, timeout_s: float = WAIT_S) -> None:
        """Return when it is done. Raises RuntimeError with the job's error, TimeoutError when nobody ran it."""
        try:
            async with asyncio.timeout(timeout_s):
                error = await self._outcome(id)
        except TimeoutError:
            await self.finish(id, "nobody ran it in time")
            raise
        if error is not None:
            raise RuntimeError(error)

    async def _outcome(self, id: UUID) -> str | None:
        while True:
            row = await self.runner.fetchrow(_OUTCOME, id)
            if row is None:
                raise NotFound
            if row["is_done"]:
                error: str | None = row["error"]
                return error
            await asyncio.sleep(POLL_S)


@wired
class PostgresJobTrigger:
    """Runs one of `names` through the worker, which `wake` calls."""

    runner: Runner
    names: Collection[str]
    wake: Callable[[], None]

    async def run(self, name: str) -> None:
        """Returns when the job is done. Raises NotFound for an unknown name, RuntimeError when it failed."""
        if name not in self.names:
            raise NotFound
        requests = JobRequests(self.runner)
        made = await requests.request(name)
        self.wake()
        await requests.wait(made)


def _conforms(trigger: PostgresJobTrigger) -> JobTrigger:
    return trigger
