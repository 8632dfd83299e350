"""The whole service behind PgBouncer, as deployed: both stories, and fewer connections than its pools hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.e2e.conftest import Quote
from tests.e2e.test_processes import play
from tests.support.pooler import pooler_before
from tests.support.postgres import admin_dsn, drop_database, fresh_database
from tests.support.processes import Fleet, make_fleet

SERVERS = 5

pytestmark = (
    pytest.mark.prove
)  # a fleet of its own; in CI tests/postgres/test_pooler.py asks the same of the pool alone


@pytest.fixture
def database() -> Iterator[str]:
    """A migrated one, for nobody else."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
async def fleet(database: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Processes that reach PostgreSQL through the pooler, and are migrated past it."""
    with pooler_before(database, servers=SERVERS) as dsn:
        env = {"ALLONOVA_DATABASE_POOLED": "true", "DATABASE_URL": dsn, "MIGRATIONS_DATABASE_URL": database}
        fleet = make_fleet(tmp_path, database, env)
        try:
            await fleet.ready()
            yield fleet
        finally:
            fleet.stop()


async def test_both_stories_end_well_when_servers_are_lent_by_the_transaction(fleet: Fleet, quote: Quote) -> None:
    await play("seed", env=fleet.env)
    assert "Both stories are complete." in await play("demo", env=fleet.env)
    assert "clean" in await play("books", "verify", env=fleet.env)
    watcher = await asyncpg.connect(fleet.database_url)
    lent = await watcher.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await watcher.close()
    assert 0 < lent <= SERVERS
    quote(f"allonova demo through PgBouncer: both stories, {lent} connections of PostgreSQL")
