"""Jobs that somebody runs, and jobs that run by themselves in the API's own process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from allonova.adapters.jobs.inprocess import InProcessJobs
from allonova.adapters.jobs.job import RELAY, Job
from allonova.application.kernel.ports import Lane
from allonova.domain.kernel.errors import NotFound
from tests.support.api import Api
from tests.support.factories import HOUR
from tests.support.wire import data


class Counted:
    """A job that counts its runs, and how many run at once."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.runs = self.now = self.most = 0
        self.ran = asyncio.Event()

    async def __call__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        self.runs += 1
        self.ran.set()
        if self.fails:
            raise RuntimeError("no")


@asynccontextmanager
async def running(*jobs: Job) -> AsyncIterator[InProcessJobs]:
    """The jobs, each waiting for its time."""
    trigger = InProcessJobs()
    async with trigger.running(jobs):
        yield trigger


async def until_it_ran(work: Counted) -> None:
    """Wait for its next run."""
    async with asyncio.timeout(5):
        await work.ran.wait()
    work.ran.clear()


async def test_service_names_its_jobs_when_it_is_built(api: Api) -> None:
    assert {job.name: job.every_s for job in api.service.jobs} == {
        "relay": 5,
        "audit": 600,
        "seal_audit": 60,
        "exports": 5,
        "exports_sweep": 600,
        "cleanup": 3600,
        "ratings": 60,
        "reminders": 60,
        "holds": 10,
        "rides": 60,
        "alerts": 1800,
        "forget_locations": 3600,
        "uploads": 600,
        "warm_searches": 4,
        "demandes": 5,
        "dispatch": 10,
        "sla": 300,  # nova.txt: */5 * * * *
        "weekly": 300,
        "positions": 3600,
        "payouts": 600,  # money.md: daily or weekly, whichever day it is
        "payouts_check": 120,
        "reconciliation": 120,  # money.md: every few minutes
        "reconciliation_daily": 600,
        "books": 600,
    }


async def test_job_is_done_when_the_sandbox_asks_for_it(api: Api) -> None:
    trip = await api.trip(await api.driver(), allow_auto_accept=True)
    passenger = await api.passenger()
    booking = await api.pending(passenger, trip)
    api.clock.advance(HOUR)
    assert data(await api.outside.post("/jobs/holds")) == {"name": "holds", "status": "done"}
    assert data(await passenger.get(f"/bookings/{booking['id']}"))["status"] == "cancelled"
    assert (await api.outside.post("/jobs/nothing")).status_code == 404


async def test_job_runs_when_it_is_named() -> None:
    work = Counted()
    async with running(Job("holds", work, every_s=600)) as trigger:
        await trigger.run("holds")
        with pytest.raises(NotFound):
            await trigger.run("nothing")
    assert work.runs == 1


async def test_relay_runs_when_it_is_woken() -> None:
    relay, other = Counted(), Counted()
    async with running(Job(RELAY, relay, every_s=600), Job("holds", other, every_s=600)) as trigger:
        trigger.wake(frozenset({Lane.WORK}))
        await until_it_ran(relay)
    assert (relay.runs, other.runs) == (1, 0)


async def test_job_runs_when_its_time_comes() -> None:
    work = Counted()
    async with running(Job("holds", work, every_s=0)):
        await until_it_ran(work)
        await until_it_ran(work)


async def test_job_runs_again_when_it_failed(caplog: pytest.LogCaptureFixture) -> None:
    work = Counted(fails=True)
    async with running(Job(RELAY, work, every_s=600)) as trigger:
        for _ in range(2):
            trigger.wake(frozenset({Lane.WORK}))
            await until_it_ran(work)
    assert "job failed" in [record.getMessage() for record in caplog.records]


async def test_failure_reaches_whoever_asked_when_a_job_fails() -> None:
    async with running(Job("holds", Counted(fails=True), every_s=600)) as trigger:
        with pytest.raises(RuntimeError):
            await trigger.run("holds")


async def test_runs_follow_each_other_when_many_ask_at_once() -> None:
    work = Counted()
    async with running(Job("holds", work, every_s=600)) as trigger:
        await asyncio.gather(*(trigger.run("holds") for _ in range(5)))
    assert (work.runs, work.most) == (5, 1)


async def test_nothing_happens_when_it_is_woken_before_it_runs() -> None:
    InProcessJobs().wake(frozenset(Lane))
