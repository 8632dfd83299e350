"""The whole service on a Redis that Sentinels watch: another server leads, and no process is started anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Quote
from tests.support.postgres import admin_dsn, drop_database, fresh_database
from tests.support.processes import Fleet, eventually, make_fleet
from tests.support.sentinels import Watched, make_watched

BACK_S = 10.0

pytestmark = pytest.mark.prove  # a fleet of its own; in CI tests/redis/test_sentinels.py asks the same of each part


@pytest.fixture
def database() -> Iterator[str]:
    """A migrated one, for nobody else."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    """Servers and Sentinels."""
    watched = make_watched(tmp_path)
    try:
        await watched.start()
        yield watched
    finally:
        watched.stop()


@pytest.fixture
async def fleet(database: str, watched: Watched, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Processes that know the Sentinels alone; the test looks at the server that leads."""
    fleet = make_fleet(tmp_path, database, {"REDIS_URL": watched.url})
    fleet.redis, fleet.redis_url = watched.servers[0].process, plain_url(watched, 0)
    try:
        await fleet.ready()
        yield fleet
    finally:
        fleet.stop()


def plain_url(watched: Watched, number: int) -> str:
    """One of the servers, whatever it is."""
    return f"redis://127.0.0.1:{watched.servers[number].port}/0"


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_same_processes_serve_when_another_leads(fleet: Fleet, watched: Watched, quote: Quote, how: str) -> None:
    first, ours = watched.servers[0], (*fleet.apis, fleet.worker, fleet.sandbox)
    pids = [process.pid for process in ours]
    first.process.kill() if how == "killed" else first.freeze()
    began = time.monotonic()
    await watched.failed_over()
    led = time.monotonic()
    fleet.redis_url = plain_url(watched, 1)
    await eventually("all serve, and hear the new master", fleet._all_serve, patience_s=BACK_S)
    quote(f"master {how}: another led after {led - began:.1f} s, all served {time.monotonic() - led:.1f} s later")
    first.thaw()
    assert [process.pid for process in ours] == pids
