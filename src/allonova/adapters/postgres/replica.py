"""Reads that may be some seconds old, from a streaming replica while it keeps up; from the primary otherwise."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Self

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.failures import AWAY
from allonova.adapters.postgres.runner import Connection, Pool, Row
from allonova.adapters.telemetry.metrics import REPLICA_LAG_S, REPLICA_USED

log = logging.getLogger(__name__)

EVERY_S = 0.5  # between two looks
LOOK_S = 3.0  # a server that takes longer to say where it is hangs
MARKS = 1000
NAME = "searches and reports"
# How far the primary is, and how far the other one shows it. No clock is compared with another one's.
WRITTEN = """
SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint AS place, system_identifier AS cluster FROM pg_control_system()
"""
SHOWN = """
SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END AS place,
    system_identifier AS cluster FROM pg_control_system()
"""
# What a replica answers that has to forget what somebody still reads, that ends, or whose pool was just closed.
FAILURES: tuple[type[Exception], ...] = (*AWAY, asyncpg.SerializationError, asyncpg.InterfaceError)


class ReplicaReads:
    """A pool for reads alone. Somebody has to `watch`: until then, and whenever nobody does, the primary is asked.

    A replica that shows less than the primary had written `lag_s` ago is left alone, as is one that cannot be reached,
    that follows another primary, or became one itself. A statement that fails on it is asked again of the primary.
    """

    def __init__(
        self,
        primary: Pool,
        open_replica: Callable[[], Awaitable[Pool]],
        *,
        lag_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._primary = primary
        self._open = open_replica
        self._lag_s = lag_s
        self._monotonic = monotonic
        self._replica: Pool | None = None
        self._marks: deque[tuple[float, int]] = deque(maxlen=MARKS)  # when, and how much was written then
        self._shows: float | None = None  # the instant up to which the replica shows everything

    @property
    def is_used(self) -> bool:
        """Whether reads go to the replica."""
        return self._replica is not None and self.lag_s <= self._lag_s

    @property
    def lag_s(self) -> float:
        """How old what it shows may be, in seconds; without end while nobody knows."""
        return float("inf") if self._shows is None else self._monotonic() - self._shows

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[Self]:
        """Looked at until the end of the block."""
        task = asyncio.create_task(self._watch())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.close()

    async def close(self) -> None:
        """Wait a moment for those who read there, and hang up."""
        replica, self._replica = self._replica, None
        if replica is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await replica.close()
            replica.terminate()

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """See Runner."""
        return await self._ask(lambda pool: pool.fetch(query, *args))

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """See Runner."""
        return await self._ask(lambda pool: pool.fetchrow(query, *args))

    async def fetchval(self, query: str, *args: object) -> Any:
        """See Runner."""
        return await self._ask(lambda pool: pool.fetchval(query, *args))

    def acquire(self, *, timeout: float | None = None) -> AbstractAsyncContextManager[Connection]:
        """Borrow a connection for several reads; they do not change servers half-way."""
        return self._borrowed(timeout)

    async def look(self) -> None:
        """Find out how far the replica is behind."""
        async with asyncio.timeout(LOOK_S):
            before = self._monotonic()
            primary = await self._primary.fetchrow(WRITTEN)
        try:
            async with asyncio.timeout(LOOK_S):
                if self._replica is None:
                    self._replica = await self._open()
                replica = await self._replica.fetchrow(SHOWN)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the primary is there
            self._leave(error)
        else:
            self._learn(before, primary, replica)

    def _learn(self, at: float, primary: Row | None, replica: Row | None) -> None:
        if primary is None or replica is None or replica["place"] is None or replica["cluster"] != primary["cluster"]:
            self._shows = None
            return
        self._marks.append((at, primary["place"]))
        while self._marks and self._marks[0][1] <= replica["place"]:
            self._shows, _ = self._marks.popleft()

    async def _watch(self) -> None:
        was_used = False
        while True:
            with suppress(*FAILURES):  # of the primary: what was known of the replica grows old by itself
                await self.look()
            REPLICA_USED.labels(NAME).set(self.is_used)
            REPLICA_LAG_S.labels(NAME).set(self.lag_s)
            if was_used is not self.is_used:
                was_used = self.is_used
                log.warning("searches and reports change servers", extra={"replica": was_used})
            await asyncio.sleep(EVERY_S)

    def _leave(self, error: Exception) -> None:
        """Whoever waits for it is let go, and asks the primary."""
        if self._shows is not None:
            log.warning("the replica does not answer", extra={"error": type(error).__name__})
        self._shows = None
        self._marks.clear()
        if self._replica is not None:
            self._replica.terminate()
            self._replica = None

    async def _ask[T](self, question: Callable[[Pool], Awaitable[T]]) -> T:
        replica = self._replica
        if replica is not None and self.is_used:
            try:
                return await question(replica)
            except asyncpg.QueryCanceledError:  # it takes too long: it would there as well
                raise
            except FAILURES:
                pass
        return await question(self._primary)

    @asynccontextmanager
    async def _borrowed(self, timeout: float | None) -> AsyncIterator[Connection]:  # noqa: ASYNC109 - as Pool has it
        replica = self._replica
        connection: Connection | None = None
        async with AsyncExitStack() as stack:
            if replica is not None and self.is_used:
                with suppress(*FAILURES):
                    connection = await stack.enter_async_context(replica.acquire(timeout=timeout))
            if connection is None:
                connection = await stack.enter_async_context(self._primary.acquire(timeout=timeout))
            yield connection
