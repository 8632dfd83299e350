"""Ticks of jobs."""

from __future__ import annotations

from datetime import datetime, timedelta

from allonova.adapters.postgres.runner import Runner
from allonova.application.kernel.ports import JobRuns

_CLAIM = """
INSERT INTO platform.job_runs (job, tick, lease_until) VALUES ($1, $2, $3::timestamptz + $4::interval)
ON CONFLICT (job, tick) DO UPDATE SET lease_until = excluded.lease_until
    WHERE job_runs.finished_at IS NULL AND job_runs.lease_until <= $3::timestamptz
RETURNING true
"""
_FINISH = "UPDATE platform.job_runs SET finished_at = $3, error = $4 WHERE job = $1 AND tick = $2"


class PostgresJobRuns:
    """One row a tick."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def claim(self, job: str, tick: str, *, now: datetime, lease: timedelta) -> bool:
        """Take a tick that nobody has finished and nobody holds; whoever dies with it loses it when the lease ends."""
        return bool(await self._runner.fetchval(_CLAIM, job, tick, now, lease))

    async def finish(self, job: str, tick: str, *, now: datetime, error: str | None = None) -> None:
        """It was worked, well or not."""
        await self._runner.execute(_FINISH, job, tick, now, error)


def _conforms(runs: PostgresJobRuns) -> JobRuns:
    return runs
