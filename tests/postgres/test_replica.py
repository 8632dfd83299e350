"""Searches and reports from a real streaming replica, while it keeps up; from the primary whenever it does not."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest
from servers import make_folder

from allonova.adapters.postgres.company import reading_from
from allonova.adapters.postgres.migrate import migrate
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.replica import LOOK_S, ReplicaReads
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.ports import Search
from allonova.domain.kernel.errors import NotFound
from allonova.main.parts import Dispatch
from allonova.main.platforms import postgres_dispatch, postgres_reads
from tests.support.factories import (
    ABIDJAN,
    DEPARTURE,
    HOUR,
    NOW,
    YAMOUSSOUKRO,
    NumberedIds,
    SetClock,
    a_driver,
    a_trip,
    a_user,
)
from tests.support.nova import a_societe, a_taxi
from tests.support.own_postgres import OwnPostgres, make_own_postgres, make_standby
from tests.support.worlds import World, postgres_world

LAG_S = 2.0
IS_STANDBY = "SELECT pg_is_in_recovery()"
SLOW_THERE = "SELECT pg_is_in_recovery() FROM pg_sleep(pg_is_in_recovery()::int * 60)"
SLEEPERS = "pg_stat_activity WHERE wait_event = 'PgSleep'"
COUNT = "SELECT count(*) FROM carpool.users"
PATIENCE_S = 30.0


@dataclass(slots=True)
class Pair:
    """A primary, what follows it, and reads that are asked of both."""

    primary: OwnPostgres
    standby: OwnPostgres
    pool: Pool
    reads: ReplicaReads
    now: float = 0.0

    @property
    def world(self) -> World:
        """The service's stores on the primary."""
        return postgres_world(self.pool)

    async def keeps_up(self) -> None:
        """Until reads go to the standby, which shows all there is."""
        async with asyncio.timeout(PATIENCE_S):
            self.now += LAG_S * 2
            while not self.reads.is_used:
                await self.reads.look()

    async def pause(self) -> None:
        """The standby takes what comes, and shows nothing of it."""
        await ask(self.standby, "SELECT pg_wal_replay_pause()")

    async def resume(self) -> None:
        """It goes on."""
        await ask(self.standby, "SELECT pg_wal_replay_resume()")


@asynccontextmanager
async def frozen(server: OwnPostgres) -> AsyncIterator[None]:
    """It takes calls, and says nothing."""
    operator = await asyncpg.connect(server.url)
    backends = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    pids = [row[0] for row in await operator.fetch(backends)] + [server.pid]
    await operator.close()
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def ask(server: OwnPostgres, sql: str) -> object:
    """By whoever administers it."""
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Of both servers."""
    made = make_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[tuple[OwnPostgres, OwnPostgres]]:
    """A migrated primary, and a standby that streams from it."""

    async def start() -> tuple[OwnPostgres, OwnPostgres]:
        primary = await make_own_postgres(folder)
        await asyncio.to_thread(migrate, primary.url)
        return primary, await make_standby(primary)

    made = asyncio.run(start())
    yield made
    for server in made:
        asyncio.run(server.stop())


@pytest.fixture
async def pair(servers: tuple[OwnPostgres, OwnPostgres]) -> AsyncIterator[Pair]:
    """Both of them up and empty, and nobody looks by himself."""
    primary, standby = servers
    await standby.start()
    async with await open_pool(primary.url, max_size=4) as pool:
        await ask(primary, "TRUNCATE carpool.users, dispatch.societes CASCADE")
        made = Pair(primary, standby, pool, ReplicaReads(pool, lambda: open_pool(standby.url), lag_s=LAG_S))
        made.reads = ReplicaReads(pool, lambda: open_pool(standby.url), lag_s=LAG_S, monotonic=lambda: made.now)
        await made.keeps_up()
        yield made
        await made.reads.close()


async def test_standby_is_asked_when_it_keeps_up(pair: Pair) -> None:
    assert await pair.reads.fetchval(IS_STANDBY) is True
    async with pair.reads.acquire() as connection:
        assert await connection.fetchval(IS_STANDBY) is True


async def test_primary_is_asked_when_nobody_has_looked_for_too_long(pair: Pair) -> None:
    pair.now += LAG_S + 0.1
    assert await pair.reads.fetchval(IS_STANDBY) is False
    await pair.keeps_up()
    assert await pair.reads.fetchval(IS_STANDBY) is True


async def test_what_is_shown_is_never_older_than_was_promised(pair: Pair) -> None:
    await pair.pause()
    await pair.world.keep(a_user())
    await pair.reads.look()
    assert (await pair.reads.fetchval(IS_STANDBY), await pair.reads.fetchval(COUNT)) == (True, 0)  # young enough
    pair.now += LAG_S + 0.1
    await pair.reads.look()
    assert (await pair.reads.fetchval(IS_STANDBY), await pair.reads.fetchval(COUNT)) == (False, 1)
    await pair.resume()
    await pair.keeps_up()
    assert (await pair.reads.fetchval(IS_STANDBY), await pair.reads.fetchval(COUNT)) == (True, 1)


async def test_standby_counts_as_young_when_the_primary_is_idle(pair: Pair) -> None:
    for _ in range(5):
        pair.now += LAG_S * 10
        await pair.reads.look()
        assert pair.reads.lag_s == 0


async def test_nobody_notices_when_the_standby_is_killed_and_comes_back(pair: Pair) -> None:
    await pair.standby.kill()
    assert await pair.reads.fetchval(IS_STANDBY) is False  # known to be young: found out by asking
    async with pair.reads.acquire() as connection:
        assert await connection.fetchval(IS_STANDBY) is False
    await pair.reads.look()
    assert not pair.reads.is_used
    await pair.standby.start()
    await pair.keeps_up()
    assert await pair.reads.fetchval(IS_STANDBY) is True


async def test_whoever_waits_for_a_standby_that_died_is_answered_by_the_primary(pair: Pair) -> None:
    asked = asyncio.create_task(pair.reads.fetchval(SLOW_THERE))
    while not await ask(pair.standby, f"SELECT count(*) FROM {SLEEPERS}"):
        await asyncio.sleep(0)
    await pair.standby.kill()
    assert await asked is False


async def test_whoever_waits_for_a_standby_that_hangs_is_answered_by_the_primary(pair: Pair) -> None:
    async with frozen(pair.standby):
        asked = asyncio.create_task(pair.reads.fetchval(IS_STANDBY))
        began = asyncio.get_running_loop().time()
        await pair.reads.look()
        assert asyncio.get_running_loop().time() - began < 3 * LOOK_S
        assert not pair.reads.is_used
        assert await asked is False
    await pair.keeps_up()


async def test_process_ends_when_the_standby_hangs(pair: Pair) -> None:
    async with frozen(pair.standby), asyncio.timeout(3 * LOOK_S):
        await pair.reads.close()


async def test_question_that_takes_too_long_is_not_asked_twice(pair: Pair) -> None:
    asked = asyncio.create_task(pair.reads.fetchval(SLOW_THERE))
    while not await ask(pair.standby, f"SELECT bool_or(pg_cancel_backend(pid)) FROM {SLEEPERS}"):
        await asyncio.sleep(0)
    with pytest.raises(asyncpg.QueryCanceledError):
        await asked


async def test_failure_of_the_question_itself_is_nobodys_absence(pair: Pair) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await pair.reads.fetchval("SELECT 1 / 0")
    assert pair.reads.is_used


async def test_nothing_is_written_through_it(pair: Pair) -> None:
    async with pair.reads.acquire() as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("DELETE FROM platform.otp_codes")


async def test_primary_is_asked_when_the_address_is_that_of_a_primary(pair: Pair) -> None:
    reads = ReplicaReads(pair.pool, lambda: open_pool(pair.primary.url), lag_s=LAG_S)
    await reads.look()
    assert not reads.is_used
    await reads.close()


async def test_primary_is_asked_when_what_answers_follows_another_one(pair: Pair) -> None:
    other = await make_own_postgres(make_folder())
    await asyncio.to_thread(migrate, other.url)
    follower = await make_standby(other)
    reads = ReplicaReads(pair.pool, lambda: open_pool(follower.url), lag_s=LAG_S)
    await reads.look()
    assert not reads.is_used
    await reads.close()
    for server in (follower, other):
        await server.stop()
    shutil.rmtree(other.folder)


async def test_service_starts_when_the_standby_is_away(pair: Pair) -> None:
    async def refused() -> Pool:
        raise ConnectionRefusedError

    async with ReplicaReads(pair.pool, refused, lag_s=LAG_S).watched() as reads:
        assert await reads.fetchval(IS_STANDBY) is False


def units_of(pool: Pool) -> PostgresUnits:
    """What writes."""
    return PostgresUnits(pool, subscribers={}, ids=NumberedIds(), clock=SetClock(), wake=lambda _: None)


async def a_company(dispatch: Dispatch, slug: str) -> UUID:
    """With a taxi."""
    societe = a_societe(slug=slug)
    async with dispatch.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.taxis.add(a_taxi(societe))
    return societe.id


async def test_company_sees_its_own_on_the_standby_and_nobody_elses(pair: Pair) -> None:
    dispatch = postgres_dispatch(pair.pool, units_of(pair.pool), pair.reads)
    ours, theirs = await a_company(dispatch, "ours"), await a_company(dispatch, "theirs")
    await pair.keeps_up()
    seen = []
    for tenant in (ours, theirs, uuid4()):
        async with reading_from(pair.reads)(tenant, replan=True) as runner:
            seen.append([row[0] for row in await runner.fetch("SELECT id FROM dispatch.societes")])
            assert await runner.fetchval(IS_STANDBY) is True
    assert seen == [[ours], [theirs], []]


async def test_searches_and_reports_are_asked_of_the_standby_and_nothing_else(pair: Pair) -> None:
    carpool, usage = (postgres_reads(pair.pool, pair.reads)[name] for name in ("carpool", "usage"))
    dispatch = postgres_dispatch(pair.pool, units_of(pair.pool), pair.reads)
    driver = a_driver()
    trip = a_trip(driver)
    day = DEPARTURE - 8 * HOUR, DEPARTURE + 16 * HOUR
    somewhere = Search(start=ABIDJAN, end=YAMOUSSOUKRO, earliest=day[0], latest=day[1], radius_m=25_000)

    async def seen() -> list[object]:
        return [
            (await carpool.find(somewhere)).total,
            len((await usage.usage(NOW - 24 * HOUR, NOW + 24 * HOUR)).counts),
            await carpool.trip(trip.id, viewer_id=None) is not None,
            (await dispatch.facts.fleet(company)).taxis != (),
        ]

    await pair.pause()
    company = await a_company(dispatch, "ours")
    await pair.world.keep(driver, trip)
    assert await seen() == [0, 0, True, True]
    with pytest.raises(NotFound):  # as yet
        await dispatch.stats.fleet(company)
    await pair.resume()
    await pair.keeps_up()
    assert await seen() == [1, 1, True, True]
    assert (await dispatch.stats.fleet(company)).taxis
