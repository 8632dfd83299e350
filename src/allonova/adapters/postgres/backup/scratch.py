"""A database to try restores in: emptied before and after, and never one that somebody else keeps things in."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.backup.address import Address
from allonova.adapters.postgres.failures import STORAGE_FAILURES
from allonova.adapters.postgres.runner import Runner
from allonova.application.kernel.backups import BackupFailed

UNREACHABLE: tuple[type[Exception], ...] = (*STORAGE_FAILURES, ValueError)
SCRATCH_TURN = 4_185_370_019  # of those who try a restore; any number that nobody else uses

# Schemas and tables that are neither the server's nor an extension's nor our mark; the statement that drops each.
_MADE = """
SELECT format('DROP SCHEMA %I CASCADE', n.nspname)
FROM pg_namespace AS n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public', 'allonova_restore_trials')
  AND NOT EXISTS (
      SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'
  )
UNION ALL
SELECT format('DROP TABLE IF EXISTS public.%I CASCADE', c.relname)
FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT EXISTS (
      SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
"""


async def is_empty(runner: Runner) -> bool:
    """Whether nobody has made anything in it but extensions."""
    return not await runner.fetch(_MADE)


@asynccontextmanager
async def scratch(address: Address, live: Address) -> AsyncIterator[asyncpg.Connection]:
    """The database, empty, for nobody else meanwhile. Extensions stay: whoever restores need not be a superuser.

    Raises:
        BackupFailed: it is the live one, somebody else is using it, or it holds what we have not put there.
    """
    connection = await _connected(address)
    try:
        await _require_not_live(connection, live)
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", SCRATCH_TURN):
            raise BackupFailed("another restore is being tried in the verification database")
        await _empty(connection)
        try:
            yield connection
        finally:
            await _empty(connection)
    finally:
        await connection.close()


async def _connected(address: Address) -> asyncpg.Connection:
    try:
        return await address.connect()
    except UNREACHABLE as error:
        raise BackupFailed(f"the verification database cannot be reached: {type(error).__name__}") from None


async def _require_not_live(connection: Runner, live: Address) -> None:
    """One lock cannot be had twice in one database, by whatever addresses it is reached."""
    try:
        other = await live.connect()
    except OSError:
        return  # nobody answers there: it is not the one that has just answered
    except STORAGE_FAILURES as error:
        raise BackupFailed(f"the live database cannot be told apart: {type(error).__name__}") from None
    number = secrets.randbits(62)
    try:
        await other.fetchval("SELECT pg_advisory_lock($1)", number)
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", number):
            raise BackupFailed("the verification database is the live one")
        await connection.fetchval("SELECT pg_advisory_unlock($1)", number)
    finally:
        await other.close()


async def _empty(connection: asyncpg.Connection) -> None:
    """Drop whatever was restored. A database is ours to empty once it was found empty, and marked."""
    if await connection.fetchval("SELECT to_regnamespace('allonova_restore_trials') IS NOT NULL"):
        async with connection.transaction():
            for (dropping,) in await connection.fetch(_MADE):
                await connection.execute(dropping)
    elif await is_empty(connection):
        await connection.execute("CREATE SCHEMA allonova_restore_trials")
    else:
        raise BackupFailed("the verification database holds what no restore has put there: give it an empty one")
