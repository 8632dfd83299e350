"""Transactions of one company: row-level security hides all others from them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol
from uuid import UUID

from allonova.adapters.postgres.runner import Connection, Lender, Runner

log = logging.getLogger(__name__)

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
    """A short transaction for each read, which leaves nothing behind. Nobody waits for its end, after which the
    connection is the pool's again.
    """
    under_way: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def reading(tenant: UUID, /, *, replan: bool = False) -> AsyncIterator[Runner]:
        begin = begin_sql("ISOLATION LEVEL REPEATABLE READ READ ONLY", tenant)
        async with AsyncExitStack() as lent:
            connection = await lent.enter_async_context(pool.acquire(timeout=ACQUIRE_S))
            await connection.execute(f"{begin}; {REPLAN}" if replan else begin)
            try:
                yield connection
            finally:
                task = asyncio.create_task(_end(connection, lent.pop_all()))
                under_way.add(task)
                task.add_done_callback(under_way.discard)

    return reading


async def _end(connection: Connection, lent: AsyncExitStack) -> None:
    """Nobody is left to hear of an error: a connection that breaks here is made anew by the pool."""
    try:
        async with lent:
            await connection.execute("ROLLBACK")
    except Exception as error:  # noqa: BLE001 - whatever it was, the rows had been read
        log.warning("a read did not end", extra={"error": type(error).__name__})


def reading_within(connection: Connection) -> Reading:
    """Inside a unit, which is a company's already."""

    @asynccontextmanager
    async def reading(tenant: UUID, /, *, replan: bool = False) -> AsyncIterator[Runner]:
        yield connection

    return reading
