"""Migrations: up, down, up; equal to the metadata; the application owns nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator

import asyncpg  # type: ignore[import-untyped]
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.schema import CreateSchema

from allonova.adapters.postgres.metadata import APPEND_ONLY, METADATA, SCHEMAS
from allonova.adapters.postgres.migrate import downgrade, migrate, migration_engine, of_ours
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


async def test_two_migrations_at_once_both_succeed(blank: str) -> None:
    script = "import sys; from allonova.adapters.postgres.migrate import migrate; migrate(sys.argv[1])"

    async def migrate_elsewhere() -> int:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, blank)
        return await process.wait()

    assert list(await asyncio.gather(migrate_elsewhere(), migrate_elsewhere())) == [0, 0]


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
