"""Migrations: up, down, up; equal to the metadata; the application owns nothing."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.schema import CreateSchema

from allonova.adapters.postgres.metadata import APPEND_ONLY, METADATA, SCHEMAS
from allonova.adapters.postgres.migrate import downgrade, migrate, migration_engine, migrations_folder, of_ours
from allonova.adapters.postgres.runner import Connection, Pool, Runner
from tests.support.postgres import admin_dsn, blank_database, drop_database

CONSTRAINTS = """
SELECT conrelid::regclass::text AS "table", conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE connamespace::regnamespace::text = ANY ($1) AND contype <> 't' ORDER BY 1, 2
"""
INDEXES = """
SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE schemaname = ANY ($1) ORDER BY 1, 2
"""
COLUMNS = """
SELECT attrelid::regclass::text AS "table", attname AS name, format_type(atttypid, atttypmod) AS type,
    attnotnull AS is_required, attidentity::text AS identity, pg_get_expr(adbin, adrelid) AS "default"
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind = 'r' AND relnamespace::regnamespace::text = ANY ($1) AND attnum > 0 ORDER BY 1, 2
"""
ELSEWHERE = """
import sys, pathlib
from allonova.adapters.postgres.migrate import migrate

migrate(sys.argv[1], folder=pathlib.Path(sys.argv[2]))
"""
OURS = "SELECT count(*) FROM pg_namespace WHERE nspname = ANY ($1)"


@pytest.fixture
def blank() -> Iterator[str]:
    """The DSN of a database with nothing in it."""
    dsn = asyncio.run(blank_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
async def drawn(owner: Connection, blank: str) -> AsyncIterator[Runner]:
    """A database whose tables SQLAlchemy drew from the metadata, with the migrations' functions that they need."""
    needed = ["carpool.seats_fit", "carpool.sought", "dispatch.termes"]
    functions = [await owner.fetchval("SELECT pg_get_functiondef($1::regproc)", name) for name in needed]

    def draw(connection: SyncConnection) -> None:
        for extension in ("postgis", "btree_gist", "pg_trgm"):
            connection.exec_driver_sql(f"CREATE EXTENSION {extension}")
        for schema in SCHEMAS:
            connection.execute(CreateSchema(schema))
        for function in functions:
            connection.exec_driver_sql(function)
        METADATA.create_all(connection)

    engine = migration_engine(blank)
    async with engine.begin() as connection:
        await connection.run_sync(draw)
    await engine.dispose()
    plain = await asyncpg.connect(blank)
    yield plain
    await plain.close()


@pytest.mark.promise("migrations-under-load")
def test_nothing_of_ours_is_left_when_downgraded_and_all_is_back_when_upgraded_again(blank: str) -> None:
    async def schemas() -> int:
        connection = await asyncpg.connect(blank)
        try:
            found: int = await connection.fetchval(OURS, list(SCHEMAS))
        finally:
            await connection.close()
        return found

    seen = []
    for step in (migrate, downgrade, migrate, migrate):
        step(blank)
        seen.append(asyncio.run(schemas()))
    assert seen == [len(SCHEMAS), 0, len(SCHEMAS), len(SCHEMAS)]


async def migrate_elsewhere(dsn: str, folder: Path) -> int:
    """By a process of its own; its exit code."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", ELSEWHERE, dsn, str(folder))
    return await process.wait()


async def test_two_migrations_at_once_both_succeed(blank: str) -> None:
    both = (migrate_elsewhere(blank, migrations_folder()) for _ in range(2))
    assert await asyncio.gather(*both) == [0, 0]


CONCURRENT = """
DROP INDEX CONCURRENTLY IF EXISTS platform.ix_attempts_played;
CREATE INDEX CONCURRENTLY ix_attempts_played ON platform.attempts ({});
"""
INDEX = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('platform.ix_attempts_played')"
ATTEMPT = "INSERT INTO platform.attempts (key, times) VALUES ('a', ARRAY[now()])"
REVISION = '''
from allonova.adapters.postgres.migrate import run_sql_concurrently

revision, down_revision, branch_labels, depends_on = "played", "{before}", None, None


def upgrade() -> None:
    run_sql_concurrently("played.concurrently.sql")


def downgrade() -> None:
    """Nothing."""
'''


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """Our revisions, and one more that makes an index beside the traffic."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    newest = max((folder / "versions").glob("0*.py")).name[:4]
    (folder / "versions/played.py").write_text(REVISION.format(before=newest))
    (folder / "sql/played.concurrently.sql").write_text(CONCURRENT.format("key"))
    return folder


async def asked(dsn: str, sql: str) -> Any:
    """One value."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.mark.promise("migrations-under-load")
def test_index_is_made_while_somebody_writes_and_others_migrate(blank: str, later: Path) -> None:
    async def together() -> list[Any]:
        writer = await asyncpg.connect(blank)
        async with writer.transaction():
            await writer.execute(ATTEMPT)
            migrating = [asyncio.create_task(migrate_elsewhere(blank, later)) for _ in range(2)]
            while await asked(blank, INDEX) is None:  # it waits for the writer, who is not held up
                await asyncio.sleep(0.01)
            await writer.execute("UPDATE platform.attempts SET key = 'b'")
        await writer.close()
        return await asyncio.gather(*migrating)

    migrate(blank)
    assert asyncio.run(together()) == [0, 0]
    assert asyncio.run(asked(blank, INDEX)) is True


def test_index_is_made_again_when_the_first_time_it_broke_off(blank: str, later: Path) -> None:
    migrate(blank)
    script = later / "sql/played.concurrently.sql"
    script.write_text(CONCURRENT.format("(1 / (length(key) - 1))"))
    asyncio.run(asked(blank, f"{ATTEMPT} RETURNING key"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        migrate(blank, folder=later)
    assert asyncio.run(asked(blank, INDEX)) is False
    script.write_text(CONCURRENT.format("key"))
    migrate(blank, folder=later)
    assert asyncio.run(asked(blank, INDEX)) is True


async def test_alembic_finds_no_difference_between_metadata_and_migrated_schema(database: str) -> None:
    def differences(connection: SyncConnection) -> list[object]:
        options = {"include_schemas": True, "include_name": of_ours, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))

    engine = migration_engine(database)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert found == []


@pytest.mark.parametrize("catalogue", [COLUMNS, CONSTRAINTS, INDEXES], ids=["columns", "constraints", "indexes"])
async def test_migrated_catalogue_is_that_of_the_metadata(owner: Runner, drawn: Runner, catalogue: str) -> None:
    migrated = [dict(row) for row in await owner.fetch(catalogue, list(SCHEMAS))]
    assert migrated == [dict(row) for row in await drawn.fetch(catalogue, list(SCHEMAS))]


async def test_named_rules_are_there(owner: Runner) -> None:
    rows = await owner.fetch(CONSTRAINTS, list(SCHEMAS))
    found = {row["name"] for row in rows} | {row["name"] for row in await owner.fetch(INDEXES, list(SCHEMAS))}
    assert found >= {
        "uq_users_phone",
        "uq_users_email",
        "uq_vehicles_plate_number",
        "uq_bookings_live",
        "ex_trips_driver_time",
        "uq_payments_open",
        "uq_payments_provider_ref",
        "uq_journal_entries_once",
        "uq_webhook_events_event",
        "uq_idempotency_keys_scope",
    }


def test_every_id_column_has_the_servers_default() -> None:
    without = [table.fullname for table in METADATA.sorted_tables if "id" in table.c and not table.c.id.server_default]
    assert without == []


async def test_whatever_counts_without_end_has_room_for_it(owner: Runner) -> None:
    counted = [row for row in await owner.fetch(COLUMNS, list(SCHEMAS)) if row["identity"]]
    assert {row["type"] for row in counted} == {"bigint"}


async def test_application_is_its_role_and_owns_no_table(pool: Pool) -> None:
    owned = """
        SELECT count(*) FROM pg_class
        WHERE relnamespace::regnamespace::text = ANY ($1) AND pg_has_role(relowner, 'USAGE')
    """
    assert await pool.fetchval("SELECT current_user::text") == "allonova_app"
    assert await pool.fetchval(owned, list(SCHEMAS)) == 0


@pytest.mark.parametrize(
    ("table", "column"), [(table.fullname, next(iter(table.primary_key)).name) for table in APPEND_ONLY]
)
@pytest.mark.parametrize("change", ["DELETE FROM {0}", "UPDATE {0} SET {1} = {1}", "TRUNCATE {0}"])
async def test_history_cannot_be_changed_by_the_application(pool: Pool, table: str, column: str, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(change.format(table, column))
