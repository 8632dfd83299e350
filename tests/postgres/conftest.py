"""A database for the session, emptied for each test; real, parallel connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from tests.support.factories import NumberedIds, SetClock
from tests.support.postgres import admin_dsn, drop_database, fresh_database, wipe
from tests.support.worlds import SUBSCRIBERS


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The DSN of a migrated database of this process."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
async def owner(database: str) -> AsyncIterator[Connection]:
    """A connection of whoever owns the tables, which are empty."""
    connection = await asyncpg.connect(database)
    await wipe(connection)
    yield connection
    await connection.close()


@pytest.fixture
async def pool(database: str, owner: Connection) -> AsyncIterator[Pool]:
    """The application's pool."""
    pool = await open_pool(database, max_size=20)
    yield pool
    await pool.close()


@pytest.fixture
def wakes() -> list[None]:
    """Grows with each call of `wake`."""
    return []


@pytest.fixture
def units(pool: Pool, wakes: list[None]) -> PostgresUnits:
    """Units over the pool."""
    return PostgresUnits(
        pool, subscribers=SUBSCRIBERS, ids=NumberedIds(), clock=SetClock(), wake=lambda _: wakes.append(None)
    )
