"""Through PgBouncer, which lends another server for each transaction: sessions are the application's all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from allonova.adapters.postgres.company import reading_from
from allonova.adapters.postgres.pool import SETTINGS, SessionsDiffer, open_pool
from allonova.adapters.postgres.runner import Connection, Pool
from tests.support.factories import a_user
from tests.support.pooler import pooler_before
from tests.support.worlds import World, postgres_world

SERVERS, CLIENTS = 2, 12


@pytest.fixture(scope="module")
def pooler(database: str) -> Iterator[str]:
    """Where it answers, with fewer servers than anybody here has connections."""
    with pooler_before(database, servers=SERVERS) as dsn:
        yield dsn


@pytest.fixture
async def pooled(pooler: str, owner: Connection) -> AsyncIterator[Pool]:
    """The application's pool through it; the tables are empty."""
    async with await open_pool(pooler, min_size=CLIENTS, max_size=CLIENTS, pooled=True) as pool:
        yield pool


@pytest.fixture
def world(pooled: Pool) -> World:
    """The service's stores through it."""
    return postgres_world(pooled)


async def test_sessions_are_the_applications_when_a_pooler_lends_them(pooled: Pool) -> None:
    rows = await pooled.fetch("SELECT name, current_setting(name) FROM unnest($1::text[]) name", [*SETTINGS, "role"])
    assert {row["name"]: row["current_setting"] for row in rows} == SETTINGS | {"role": "allonova_app"}


@pytest.mark.parametrize("query", ["'SET ROLE allonova_app'", "'SET lock_timeout = 5000'"])
async def test_pool_is_refused_when_the_pooler_sets_sessions_otherwise(database: str, query: str) -> None:
    with pooler_before(database, servers=1, connect_query=query) as dsn, pytest.raises(SessionsDiffer, match="jit"):
        await open_pool(dsn, pooled=True)


async def test_more_clients_than_servers_are_served_when_all_write_at_once(pooled: Pool, world: World) -> None:
    people = [a_user() for _ in range(CLIENTS * 5)]
    await asyncio.gather(*(world.keep(person) for person in people))
    held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = session_user"
    assert await pooled.fetchval("SELECT count(*) FROM carpool.users") == len(people)
    assert await pooled.fetchval(f"{held} AND application_name = 'allonova'") <= SERVERS


async def test_company_is_forgotten_when_its_transaction_ends_and_the_server_goes_to_another(pooled: Pool) -> None:
    reading, company = reading_from(pooled), uuid4()

    async def look() -> tuple[str, str]:
        async with reading(company) as runner:
            inside = await runner.fetchval("SELECT current_setting('allonova.societe', true)")
        return inside, await pooled.fetchval("SELECT coalesce(current_setting('allonova.societe', true), '')")

    assert set(await asyncio.gather(*(look() for _ in range(CLIENTS * 5)))) == {(str(company), "")}
