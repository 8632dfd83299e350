"""Connections to whichever server the Sentinels call the master."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, cast

from redis.asyncio import Connection
from redis.asyncio.client import PubSub
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import RedisError

from allonova.adapters.redis.lending import LendingPool

ASK_EVERY_S = 1.0
SHARE = 10  # of the time, at most a tenth is spent on Sentinels that do not answer


class MasterPool(LendingPool, SentinelConnectionPool):
    """The Sentinels are asked when a connection is made, and again before one is lent, once a second at most.

    A master that was cut off and comes back takes writes for seconds, until the Sentinels tell it that it is none any
    more, and forgets them. Its connections never broke, so nothing but the Sentinels tells. While none of them
    answers, the master of before is used.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._ask_at = 0.0

    async def get_master_address(self) -> Any:
        """See SentinelConnectionPool."""
        began = time.monotonic()
        try:
            return await super().get_master_address()  # type: ignore[no-untyped-call]
        finally:
            now = time.monotonic()
            self._ask_at = now + max(ASK_EVERY_S, SHARE * (now - began))

    async def ensure_connection(self, connection: Any) -> None:
        """See ConnectionPool: called for each connection that is lent, one at a time."""
        if connection.is_connected:
            if time.monotonic() >= self._ask_at:
                await self._ask()
            if self._is_elsewhere(connection):
                await connection.disconnect()
        await super().ensure_connection(connection)

    async def has_left(self, connection: Connection) -> bool:
        """Whether the Sentinels call another server the master than the one at the end of a connection."""
        await self._ask()
        return self._is_elsewhere(connection)

    async def _ask(self) -> None:
        with suppress(RedisError, OSError):
            await self.get_master_address()

    def _is_elsewhere(self, connection: Connection) -> bool:
        return self.master_address != (connection.host, connection.port)

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """See ConnectionPool; when all of them go, those to the Sentinels go as well."""
        try:
            await super().disconnect(inuse_connections)
        finally:
            if inuse_connections:
                for sentinel in self.sentinel_manager.sentinels:
                    await sentinel.aclose()


async def has_left_its_master(channel: PubSub) -> bool:
    """Whether a subscription hears a server that is no master any more; never where there are no Sentinels."""
    pool, connection = channel.connection_pool, cast("Connection", channel.connection)
    return isinstance(pool, MasterPool) and await pool.has_left(connection)
