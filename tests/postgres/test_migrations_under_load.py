"""A revision arrives while the service is at work and somebody reads for long: nobody is refused, nobody waits long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.metadata import SCHEMAS
from allonova.adapters.postgres.migrate import downgrade, migrate
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from tests.support.postgres import admin_dsn, blank_database, drop_database
from tests.support.proving import Quote

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
CLIENTS = 4
SAMPLE = pytest.param(REVISIONS[-2:], 1.5, id="newest")
FULL = pytest.param(REVISIONS, 8.0, id="full", marks=pytest.mark.prove)
LONGEST_WAIT_S = 4.0  # below the service's own lock_timeout, where it would answer 503

COLUMNS = """
SELECT format('%I.%I', table_schema, table_name) AS name, array_agg(quote_ident(column_name)) AS columns
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = ANY ($1) AND table_type = 'BASE TABLE' AND is_generated = 'NEVER' AND is_identity = 'NO'
GROUP BY 1 ORDER BY 1
"""

type Tables = dict[str, list[str]]


@dataclass(slots=True)
class Traffic:
    """Reads and writes of every table, by names of columns, as the former release makes them."""

    pool: Pool
    tables: Tables
    count: int = 0
    longest_s: float = 0.0
    refused: list[str] = field(default_factory=list)

    async def go_on(self, turn: int) -> None:
        """Until cancelled; whatever goes wrong is noted."""
        names = list(self.tables)
        while True:
            turn += 1
            name = names[turn % len(names)]
            columns = self.tables[name]
            for sql in (
                f"SELECT {', '.join(columns)} FROM {name} LIMIT 1",
                f"UPDATE {name} SET {columns[0]} = {columns[0]} WHERE {columns[0]} IS NULL",
            ):
                await self.ask(sql)

    async def ask(self, sql: str) -> None:
        """One statement."""
        began = time.monotonic()
        try:
            await self.pool.execute(sql)
        except asyncpg.PostgresError as error:
            self.refused.append(f"{type(error).__name__}: {sql[:120]}")
        self.count += 1
        self.longest_s = max(self.longest_s, time.monotonic() - began)


@pytest.fixture
def blank() -> Iterator[str]:
    """The DSN of a database with nothing in it."""
    dsn = asyncio.run(blank_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


async def tables_of(pool: Pool) -> Tables:
    """What is there now."""
    rows = await pool.fetch(COLUMNS, list(SCHEMAS))
    return {row["name"]: list(row["columns"]) for row in rows}


async def both_know(pool: Pool, dsn: str, revision: str, before: str) -> Tables:
    """Tables and columns that are there before a revision and after it: those a release may count on across it."""
    old = await tables_of(pool)
    await asyncio.to_thread(migrate, dsn, revision)
    new = await tables_of(pool)
    await asyncio.to_thread(downgrade, dsn, before)
    kept = {name: [column for column in columns if column in new.get(name, ())] for name, columns in old.items()}
    return {name: columns for name, columns in kept.items() if columns}


@asynccontextmanager
async def traffic(pool: Pool, tables: Tables) -> AsyncIterator[Traffic]:
    """Several clients."""
    it = Traffic(pool, tables)
    tasks = [asyncio.create_task(it.go_on(turn * 7)) for turn in range(CLIENTS)]
    try:
        yield it
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def read_for_long(dsn: str, tables: Tables, seconds: float, reading: asyncio.Event) -> None:
    """A report that has looked at every table and is not done."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            for name in tables:
                await connection.fetchval(f"SELECT count(*) FROM {name}")
            reading.set()
            await connection.execute("SELECT pg_sleep($1)", seconds)
    finally:
        await connection.close()


@pytest.mark.promise("migrations-under-load")
@pytest.mark.parametrize(("revisions", "read_s"), [SAMPLE, FULL])
def test_nobody_is_refused_when_a_revision_meets_traffic_and_a_long_reader(
    blank: str, revisions: tuple[str, ...], read_s: float, quote: Quote
) -> None:
    async def arrives(before: str, revision: str) -> None:
        pool = await open_pool(blank, min_size=CLIENTS, max_size=CLIENTS, role=None)
        tables = await both_know(pool, blank, revision, before)
        reading = asyncio.Event()
        reader = asyncio.create_task(read_for_long(blank, tables, read_s, reading))
        async with traffic(pool, tables) as it:
            await reading.wait()
            began = time.monotonic()
            await asyncio.to_thread(migrate, blank, revision)
            took = time.monotonic() - began
        await reader
        await pool.close()
        assert it.refused == [], f"{revision}: {it.refused[:3]}"
        assert it.longest_s < LONGEST_WAIT_S, revision
        quote(f"{revision} in {took:.1f} s: {it.count} statements, the longest {it.longest_s:.2f} s, none refused")

    migrate(blank, revisions[0])
    for before, revision in pairwise(revisions):
        asyncio.run(arrives(before, revision))


WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = $1)"
)


async def met_in_a_circle(dsn: str) -> None:
    """A request has what the revision wants next, and then wants what the revision has."""
    request, watcher = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    name = await watcher.fetchval("SELECT current_database()")
    async with request.transaction():
        await request.execute("SELECT count(*) FROM dispatch.users")
        migrating = asyncio.create_task(asyncio.to_thread(migrate, dsn))
        while not await watcher.fetchval(WAITING, name):
            await asyncio.sleep(0)
        await request.execute("DELETE FROM platform.otp_codes")
    await migrating
    await asyncio.gather(request.close(), watcher.close())


@pytest.mark.promise("migrations-under-load")
def test_revision_gives_up_and_comes_back_when_it_meets_a_request_in_a_circle(blank: str) -> None:
    migrate(blank, "0006")
    asyncio.run(met_in_a_circle(blank))
