"""A database for a benchmark alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.migrate import migrate
from allonova.adapters.postgres.pool import asyncpg_dsn


@contextmanager
def own_database() -> Iterator[str]:
    """A migrated, empty one beside DATABASE_URL, dropped at the end."""
    base = asyncpg_dsn(os.environ["DATABASE_URL"])
    name = f"allonova_bench_{uuid4().hex[:12]}"
    dsn = urlunsplit(urlsplit(base)._replace(path=f"/{name}"))
    asyncio.run(_administer(base, f'CREATE DATABASE "{name}"'))
    try:
        migrate(dsn)
        yield dsn
    finally:
        asyncio.run(_administer(base, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _administer(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()
