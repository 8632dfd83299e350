"""Jobs out of turn and the clock that moves, between processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from allonova.adapters.postgres.jobs import JobRequests, PostgresJobTrigger
from allonova.adapters.postgres.kernel.clock import PostgresClockControl, read_offset
from allonova.adapters.postgres.runner import Pool
from allonova.domain.kernel.errors import NotFound
from tests.support.factories import NOW, SetClock

NAMES = ("expire_bookings", "drop_everything")


def trigger(pool: Pool, wakes: list[None]) -> PostgresJobTrigger:
    """What an API process has."""
    return PostgresJobTrigger(pool, {"expire_bookings"}, lambda: wakes.append(None))


async def work(pool: Pool, error: str | None = None) -> list[str]:
    """A worker that waits for one round of requests and runs them."""
    requests = JobRequests(pool)
    while True:
        taken = await requests.take_due(NAMES)
        if taken:
            break
        await asyncio.sleep(0.01)
    for request in taken:
        await requests.finish(request.id, error)
    return [request.name for request in taken]


async def test_returns_when_the_worker_has_run_it(pool: Pool, wakes: list[None]) -> None:
    _, names = await asyncio.gather(trigger(pool, wakes).run("expire_bookings"), work(pool))
    assert names == ["expire_bookings"]
    assert wakes == [None]
    assert await JobRequests(pool).take_due(NAMES) == []


async def test_error_when_the_job_failed(pool: Pool, wakes: list[None]) -> None:
    worker = asyncio.create_task(work(pool, "Boom"))
    with pytest.raises(RuntimeError, match="Boom"):
        await trigger(pool, wakes).run("expire_bookings")
    await worker


async def test_not_found_when_no_job_has_that_name(pool: Pool, wakes: list[None]) -> None:
    with pytest.raises(NotFound):
        await trigger(pool, wakes).run("drop_everything")
    assert await JobRequests(pool).take_due(NAMES) == []


async def test_withdrawn_when_nobody_runs_it_in_time(pool: Pool) -> None:
    requests = JobRequests(pool)
    made = await requests.request("expire_bookings")
    with pytest.raises(TimeoutError):
        await requests.wait(made, timeout_s=0.05)
    assert await requests.take_due(NAMES) == []


async def test_request_waits_for_another_worker_when_this_one_lacks_the_job(pool: Pool) -> None:
    requests = JobRequests(pool)
    made = await requests.request("job_of_the_next_release")
    known = await requests.request("expire_bookings")
    assert [request.id for request in await requests.take_due(["expire_bookings"])] == [known]
    assert [request.id for request in await requests.take_due(["job_of_the_next_release"])] == [made]


async def test_each_request_is_one_workers_when_four_take_at_once(pool: Pool) -> None:
    requests = JobRequests(pool)
    made = {await requests.request("expire_bookings") for _ in range(20)}
    taken = await asyncio.gather(*(requests.take_due(NAMES) for _ in range(4)))
    found = [request.id for batch in taken for request in batch]
    assert len(found) == 20
    assert set(found) == made


async def test_every_process_sees_the_moved_clock_when_it_refreshes(pool: Pool) -> None:
    here, there = PostgresClockControl(pool, SetClock()), PostgresClockControl(pool, SetClock())
    assert await here.advance(90.5) == NOW + timedelta(seconds=90.5)
    assert there.now() == NOW
    await there.refresh()
    assert there.now() == here.now()
    assert await there.advance(9.5) == NOW + timedelta(seconds=100)
    assert await read_offset(pool) == timedelta(seconds=100)
