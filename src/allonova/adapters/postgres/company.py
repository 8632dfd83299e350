"""Transactions of one company: row-level security hides all others from them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol
from uuid import UUID

from allonova.adapters.postgres.runner import Connection, Lender, Runner

# What a list reads lies in memory or on a disk without arms: a page here and there costs little more than the next one.
REPLAN = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL random_page_cost = 1.1"
ACQUIRE_S = 10.0  # a request that waits longer for a connection has lost its caller


class Reading(Protocol):
    """Opens reads of a company's rows, which all see the same moment."""

    def __call__(self, tenant: UUID, /, *, replan: bool = False) -> AbstractAsyncContextManager[Runner]:
        """With `replan` each statement is planned for its own parameters, not once for all that may come: for lists,
        whose filters may match one row or every row.
        """


def begin_sql(mode: str, tenant: UUID | None) -> str:
    """What begins a transaction, in one round trip: several statements go in one simple query, which takes no
    parameters; a UUID has nothing in it that SQL could mean.
    """
    begin = f"BEGIN {mode}"
    return begin if tenant is None else f"{begin}; SET LOCAL allonova.societe = '{tenant}'"


def reading_from(pool: Lender) -> Reading:
    """A short transaction for each read, which costs two round trips more and leaves nothing behind."""

    @asynccontextmanager
    async def reading(tenant: UUID, /, *, replan: bool = False) -> AsyncIterator[Runner]:
        begin = begin_sql("ISOLATION LEVEL REPEATABLE READ READ ONLY", tenant)
        async with pool.acquire(timeout=ACQUIRE_S) as connection:
            await connection.execute(f"{begin}; {REPLAN}" if replan else begin)
            try:
                yield connection
            finally:
                await connection.execute("ROLLBACK")

    return reading


def reading_within(connection: Connection) -> Reading:
    """Inside a unit, which is a company's already."""

    @asynccontextmanager
    async def reading(tenant: UUID, /, *, replan: bool = False) -> AsyncIterator[Runner]:
        yield connection

    return reading
