"""How Alembic reaches the database: through SQLAlchemy's async engine, one process at a time."""

from __future__ import annotations

import asyncio

import asyncpg  # type: ignore[import-untyped]
from alembic import context
from sqlalchemy import Connection, text

from allonova.adapters.postgres.metadata import METADATA
from allonova.adapters.postgres.migrate import migration_engine, of_ours

# The name of the turn among processes that migrate at once; any number that nobody else uses.
MIGRATION_TURN = 4_185_370_012


def migrate_over(connection: Connection) -> None:
    """Run the wanted revisions, each in a transaction of its own. Raises LockNotAvailableError while another process
    does.
    """
    # Asked for, not waited for: whoever waits inside a statement keeps a snapshot, which an index that is made
    # CONCURRENTLY waits for in turn. Of the session, so that it outlives a revision; its end gives it back.
    if not connection.scalar(text("SELECT pg_try_advisory_lock(:turn)"), {"turn": MIGRATION_TURN}):
        raise asyncpg.LockNotAvailableError("another process migrates")
    # Whoever waits longer for a table holds up everybody who queues behind, whose own limit is 5 s: better to fail
    # and come back, as `migrate` does. Less than PostgreSQL's `deadlock_timeout` of a second: of two who wait for
    # each other, this one gives up, and no request.
    connection.execute(text("SET lock_timeout = '500ms'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        include_schemas=True,
        include_name=of_ours,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Connect, migrate, leave."""
    engine = migration_engine(context.config.attributes["database_url"])
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate_over)
    finally:
        await engine.dispose()


asyncio.run(main())
