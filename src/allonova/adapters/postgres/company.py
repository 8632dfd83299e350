"""Transactions of one company: row-level security hides all others from them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from allonova.adapters.postgres.runner import Connection, Pool, Runner

ACQUIRE_S = 10.0  # a request that waits longer for a connection has lost its caller

type Reading = Callable[[UUID], AbstractAsyncContextManager[Runner]]
"""Opens reads of a company's rows."""


def begin_sql(mode: str, tenant: UUID | None) -> str:
    """What begins a transaction, in one round trip: several statements go in one simple query, which takes no
    parameters; a UUID has nothing in it that SQL could mean.
    """
    begin = f"BEGIN {mode}"
    return begin if tenant is None else f"{begin}; SET LOCAL allonova.societe = '{tenant}'"


def reading_from(pool: Pool) -> Reading:
    """A short transaction for each read, which costs two round trips more and leaves nothing behind."""

    @asynccontextmanager
    async def reading(tenant: UUID) -> AsyncIterator[Runner]:
        async with pool.acquire(timeout=ACQUIRE_S) as connection:
            await connection.execute(begin_sql("READ ONLY", tenant))
            try:
                yield connection
            finally:
                await connection.execute("ROLLBACK")

    return reading


def reading_within(connection: Connection) -> Reading:
    """Inside a unit, which is a company's already."""

    @asynccontextmanager
    async def reading(tenant: UUID) -> AsyncIterator[Runner]:
        yield connection

    return reading
