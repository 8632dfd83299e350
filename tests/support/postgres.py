"""Databases for tests: one migrated template, copied in a moment, emptied between tests."""

from __future__ import annotations

import asyncio
import hashlib
import os
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.migrate import migrate, migrations_folder
from allonova.adapters.postgres.pool import asyncpg_dsn
from allonova.adapters.postgres.runner import Runner

# The turn of those who make the template; any number that nobody else uses.
TEMPLATE_TURN = 4_185_370_013

# Foreign keys and triggers sleep meanwhile, so that the order of the tables does not matter.
_WIPE = """
DO $$
DECLARE
    name regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('carpool', 'dispatch', 'platform')
          AND oid <> 'platform.clock'::regclass
    LOOP
        EXECUTE format('DELETE FROM %s', name);
    END LOOP;
    UPDATE platform.clock SET offset_s = 0 WHERE offset_s <> 0;
END
$$
"""


def admin_dsn() -> str:
    """The server that the tests may make databases on. Without one they fail: a skipped test proves nothing."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise RuntimeError("set DATABASE_URL, or run the tests through scripts/servers.py run --")
    return asyncpg_dsn(url)


async def fresh_database(admin_dsn: str) -> str:
    """The DSN of a new, migrated, empty database."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        template = await _template(admin, admin_dsn)
        name: str = await admin.fetchval("SELECT 'allonova_test_' || replace(gen_random_uuid()::text, '-', '')")
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await admin.close()
    return _named(admin_dsn, name)


async def blank_database(admin_dsn: str) -> str:
    """The DSN of a new database with nothing in it."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        name: str = await admin.fetchval("SELECT 'allonova_test_' || replace(gen_random_uuid()::text, '-', '')")
        await admin.execute(f'CREATE DATABASE "{name}"')
    finally:
        await admin.close()
    return _named(admin_dsn, name)


async def drop_database(admin_dsn: str, dsn: str) -> None:
    """Drop a database that `fresh_database` made, and whoever is connected to it."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        await admin.execute(f'DROP DATABASE IF EXISTS "{urlsplit(dsn).path[1:]}" WITH (FORCE)')
    finally:
        await admin.close()


async def wipe(conn: Runner) -> None:
    """Empty every table, as whoever owns them."""
    await conn.execute(_WIPE)


async def _template(admin: asyncpg.Connection, admin_dsn: str) -> str:
    """The migrated template of today's migrations, made by whoever comes first."""
    digest = hashlib.sha256()
    for path in sorted(migrations_folder().rglob("*.*")):
        if path.suffix in (".py", ".sql"):
            digest.update(path.read_bytes())
    name = f"allonova_template_{digest.hexdigest()[:16]}"
    await admin.execute("SELECT pg_advisory_lock($1)", TEMPLATE_TURN)
    try:
        if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}_new" WITH (FORCE)')
            await admin.execute(f'CREATE DATABASE "{name}_new"')
            await asyncio.to_thread(migrate, _named(admin_dsn, f"{name}_new"))
            await admin.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
    finally:
        await admin.execute("SELECT pg_advisory_unlock($1)", TEMPLATE_TURN)
    return name


def _named(dsn: str, database: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))
