"""The fleet's look-ups walk indexes, also with a plan made before their parameters are known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.company import begin_sql
from allonova.adapters.postgres.dispatch import positions
from allonova.adapters.postgres.dispatch.patterns import patterns
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Connection, Pool
from tests.support.factories import NOW
from tests.support.postgres import admin_dsn, drop_database, fresh_database

TAXIS, CLIENTS = 5_000, 5_000

_SOCIETES = """
INSERT INTO dispatch.societes (nom, slug, adresse, telephone, email, pays, fuseau)
SELECT 'S', 's' || n, 'A', '+1', 'e', 'CI', 'Africa/Abidjan' FROM generate_series(1, 2) AS n RETURNING id
"""
_TAXIS = """
INSERT INTO dispatch.taxis (societe_id, numero, plaque, vignette, recherche, statut)
SELECT s.id, 'T' || n, 'P' || n, 'V', 't' || n, CASE n % 3 WHEN 0 THEN 'en-course' ELSE 'disponible' END
FROM dispatch.societes AS s, generate_series(1, $1::int) AS n
"""
_PLACES = """
INSERT INTO dispatch.taxi_positions (taxi_id, societe_id, chauffeur_id, point, at)
SELECT u.taxi_id, u.societe_id, u.id, ST_MakePoint(-4.3 + 0.6 * random(), 5.1 + 0.5 * random())::geography,
    $1::timestamptz - random() * interval '4 minutes'
FROM dispatch.users AS u
"""
_USERS = """
INSERT INTO dispatch.users (societe_id, email, role, name, taxi_id, recherche)
SELECT societe_id, id || '@taxis.test', 'chauffeur', 'N', id, 'n' FROM dispatch.taxis
"""
_CLIENTS = """
INSERT INTO dispatch.clients (societe_id, type, nom, recherche)
SELECT s.id, 'hotel', 'H', md5(s.id::text || n) || ' ' || md5(n::text)
FROM dispatch.societes AS s, generate_series(1, $1::int) AS n
"""


@pytest.fixture(scope="module")
def city() -> Iterator[tuple[str, UUID]]:
    """A database with 10,000 taxis and 10,000 clients of two companies, and the id of one."""

    async def make() -> tuple[str, UUID]:
        dsn = await fresh_database(admin_dsn())
        owner = await asyncpg.connect(dsn)
        await owner.execute("SELECT setseed(0.5)")
        first: UUID = await owner.fetchval(_SOCIETES)
        await owner.execute(_TAXIS, TAXIS)
        await owner.execute(_USERS)
        await owner.execute(_PLACES, NOW)
        await owner.execute(_CLIENTS, CLIENTS)
        await owner.execute("VACUUM ANALYZE dispatch.clients, dispatch.taxis, dispatch.users, dispatch.taxi_positions")
        await owner.close()
        return dsn, first

    made = asyncio.run(make())
    yield made
    asyncio.run(drop_database(admin_dsn(), made[0]))


@pytest.fixture
async def pool(city: tuple[str, UUID]) -> AsyncIterator[Pool]:
    """The application's connection to it."""
    async with await open_pool(city[0], max_size=1) as pool:
        yield pool


@pytest.fixture
async def inside(pool: Pool, city: tuple[str, UUID]) -> AsyncIterator[Connection]:
    """A transaction of the company, as the application's role."""
    async with pool.acquire() as connection:
        await connection.execute(begin_sql("READ ONLY", city[1]))
        yield connection
        await connection.execute("ROLLBACK")


async def plan(connection: Connection, mode: str, sql: str, kinds: str, values: str) -> str:
    """How a statement would be run."""
    await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
    await connection.execute(f"PREPARE looked ({kinds}) AS {sql}")
    rows = await connection.fetch(f"EXPLAIN EXECUTE looked ({values})")
    await connection.execute("DEALLOCATE looked")
    return "\n".join(row[0] for row in rows)


MODES = ["force_custom_plan", "force_generic_plan"]
HERE = "'POINT(-4.01 5.32)'"
SINCE = f"'{(NOW - timedelta(minutes=2)).isoformat()}'"


@pytest.mark.parametrize("mode", MODES)
async def test_nearest_taxis_come_out_of_the_index_in_order(inside: Connection, mode: str) -> None:
    kinds = "geography, timestamptz, bigint"
    found = await plan(inside, mode, positions._NEAREST, kinds, f"{HERE}, {SINCE}, 5")
    assert "using ix_taxi_positions_point" in found
    assert "Order By: (point <->" in found
    assert "Seq Scan" not in found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("q", ["3f7a", "c4c"])
async def test_words_of_clients_are_found_by_trigrams(city: tuple[str, UUID], mode: str, q: str) -> None:
    owner = await asyncpg.connect(city[0])
    try:
        body = await owner.fetchval(
            "SELECT pg_get_function_sqlbody(oid) FROM pg_proc WHERE proname = 'chercher_clients'"
        )
        (select,) = [part for part in body.split(";") if "SELECT" in part]
        sql = (
            select.replace("BEGIN ATOMIC", "").replace("chercher_clients.patterns", "$1").replace("(patterns)", "($1)")
        )
        literal = "ARRAY['" + "','".join(patterns(q)) + "']"
        async with owner.transaction():
            found = await plan(owner, mode, sql, "text[]", literal)
    finally:
        await owner.close()
    assert "Bitmap Index Scan on ix_clients_recherche" in found
    assert "Seq Scan" not in found


@pytest.mark.parametrize("mode", MODES)
async def test_clients_come_by_name_out_of_the_index(inside: Connection, mode: str) -> None:
    sql = "SELECT id FROM dispatch.clients WHERE active ORDER BY left(recherche, 64), id LIMIT $1"
    found = await plan(inside, mode, sql, "bigint", "20")
    assert "using ix_clients_nom" in found
    assert "Sort" not in found
