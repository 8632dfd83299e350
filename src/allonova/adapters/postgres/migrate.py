"""Brings a database to the newest revision, or back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import MutableMapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import asyncpg  # type: ignore[import-untyped]
import geoalchemy2  # noqa: F401 - teaches SQLAlchemy to read columns of geography out of a database
from alembic import command, context, op
from alembic.config import Config
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from allonova.adapters.postgres.metadata import SCHEMAS
from allonova.adapters.postgres.pool import connect_plainly

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection

_HERE = Path(__file__).resolve()
# In a wheel, beside the package's other folders; in a checkout, at its root; else where the command is given.
_PLACES = (_HERE.parents[2] / "migrations", _HERE.parents[4] / "migrations", Path("migrations"))

PATIENCE_S = 600.0
PAUSE_S = 1.0  # for those who queued up behind us

# Waiting for everybody who began before it, an index holds up nobody.
CONCURRENT_LOCK_TIMEOUT = "10min"
SETTING = "SELECT set_config('lock_timeout', $1, false)"

log = logging.getLogger(__name__)

# Alembic keeps what it works on in globals: one run at a time in a process. Processes queue in the database.
_TURN = threading.Lock()


def migrate(database_url: str, revision: str = "head", *, folder: Path | None = None) -> None:
    """Upgrade to a revision, of `folder` if it is not ours. Not from inside an event loop: it runs its own.

    Whoever waits for a table holds up everybody who queues behind: it gives up after a moment (`migrations/env.py`),
    lets them through, and tries again; so it does while another process migrates. What an earlier revision did stays.
    Raises what the database says when somebody has kept a table for `PATIENCE_S`.
    """
    began = time.monotonic()
    with _TURN:
        while True:
            try:
                command.upgrade(_config(database_url, folder), revision)
            except (DBAPIError, asyncpg.PostgresError) as error:
                if not _is_taken(error) or time.monotonic() - began > PATIENCE_S:
                    raise
                log.warning("what a revision needs is taken: trying again")
                time.sleep(PAUSE_S)
            else:
                return


def downgrade(database_url: str, revision: str = "base", *, folder: Path | None = None) -> None:
    """Go back to a revision; what the later ones kept is lost. Fails while another process migrates."""
    with _TURN:
        command.downgrade(_config(database_url, folder), revision)


def migrations_folder() -> Path:
    """Where the revisions lie. Raises FileNotFoundError."""
    for place in _PLACES:
        if (place / "env.py").is_file():
            return place.resolve()
    raise FileNotFoundError("the folder of migrations")


def migration_engine(database_url: str) -> AsyncEngine:
    """The engine of Alembic alone; asyncpg reads the URL, so that it means the same to the pool."""
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=partial(connect_plainly, database_url), poolclass=NullPool
    )


type _Kind = Literal[
    "schema", "table", "column", "index", "unique_constraint", "foreign_key_constraint", "check_constraint"
]
type _Parent = Literal["schema_name", "table_name", "schema_qualified_table_name"]


def of_ours(name: str | None, kind: _Kind, parents: MutableMapping[_Parent, str | None]) -> bool:
    """Whether a schema or a table in the database is ours to compare (Alembic's `include_name`)."""
    if kind == "schema":
        return name in SCHEMAS
    return parents.get("schema_name") in SCHEMAS


def run_sql(name: str) -> None:
    """Run a file of `migrations/sql` inside the migration's transaction."""
    script = _script(name)
    # The driver's own call: it alone takes several statements at once.
    _driver().run_async(lambda connection: connection.execute(script))


def run_sql_concurrently(name: str) -> None:
    """Run a file of `migrations/sql` statement by statement, each for itself: what PostgreSQL does CONCURRENTLY.

    One that breaks off leaves what stands before it done, and an index that is invalid. So the file says `DROP INDEX
    CONCURRENTLY IF EXISTS` before it creates one, and its revision does nothing else.
    """

    async def run(connection: asyncpg.Connection) -> None:
        kept = await connection.fetchval("SHOW lock_timeout")
        await connection.execute(SETTING, CONCURRENT_LOCK_TIMEOUT)
        try:
            for statement in filter(None, map(str.strip, _script(name).split(";"))):
                await connection.execute(statement)
        finally:
            await connection.execute(SETTING, kept)

    with op.get_context().autocommit_block():
        _driver().run_async(run)


def _script(name: str) -> str:
    """A file beside the revisions that are running."""
    return (Path(context.script.dir) / "sql" / name).read_text(encoding="utf-8")


def _driver() -> AsyncAdapt_asyncpg_connection:
    connection = op.get_bind().connection.dbapi_connection
    if connection is None:
        raise RuntimeError("no connection")
    return cast("AsyncAdapt_asyncpg_connection", connection)


def _is_taken(error: Exception) -> bool:
    """Whether somebody else had the turn, had a lock for too long, or waited for one of ours meanwhile."""
    code: object = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    return code in (asyncpg.LockNotAvailableError.sqlstate, asyncpg.DeadlockDetectedError.sqlstate)


def _config(database_url: str, folder: Path | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder or migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = database_url
    return config
