"""Brings a database to the newest revision, or back."""

from __future__ import annotations

import threading
from collections.abc import MutableMapping
from functools import partial
from pathlib import Path
from typing import Literal

from alembic import command, op
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from allonova.adapters.postgres.metadata import SCHEMAS
from allonova.adapters.postgres.pool import connect_plainly

_HERE = Path(__file__).resolve()
# In a wheel, beside the package's other folders; in a checkout, at its root; else where the command is given.
_PLACES = (_HERE.parents[2] / "migrations", _HERE.parents[4] / "migrations", Path("migrations"))

# Alembic keeps what it works on in globals: one run at a time in a process. Processes queue in the database.
_TURN = threading.Lock()


def migrate(database_url: str, revision: str = "head") -> None:
    """Upgrade to a revision. Not from inside an event loop: it runs its own."""
    with _TURN:
        command.upgrade(_config(database_url), revision)


def downgrade(database_url: str, revision: str = "base") -> None:
    """Go back to a revision; what the later ones kept is lost."""
    with _TURN:
        command.downgrade(_config(database_url), revision)


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
    script = (migrations_folder() / "sql" / name).read_text(encoding="utf-8")
    dbapi = op.get_bind().connection.dbapi_connection
    if dbapi is None:
        raise RuntimeError("no connection")
    # The driver's own call: it alone takes several statements at once.
    dbapi.run_async(lambda connection: connection.execute(script))


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = database_url
    return config
