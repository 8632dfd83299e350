"""Connections that are lent without a turn of the event loop."""

from __future__ import annotations

from typing import Any

from redis.asyncio import ConnectionPool


class LendingPool(ConnectionPool):
    """redis-py tries to read from each connection that it lends, lest the other side has closed it or an answer of
    before still lies in it: a tenth of a millisecond for each command. What has come lies in the reader's memory, so a
    look at that tells the same; only where something is odd, redis-py's own way is gone.
    """

    async def ensure_connection(self, connection: Any) -> None:
        """See ConnectionPool: called for each connection that is lent, one at a time."""
        if not is_at_rest(connection):
            await super().ensure_connection(connection)


def is_at_rest(connection: Any) -> bool:
    """Whether a connection is there, still open, and holds nothing that was not read. Looks at what the locked redis-py
    and asyncio keep to themselves: what is not found there is not at rest.
    """
    stream, answers = getattr(connection, "_reader", None), getattr(connection, "_parser", None)
    if stream is None or stream.exception() is not None or stream.at_eof() or getattr(stream, "_buffer", b"?"):
        return False
    has_data = getattr(getattr(answers, "_reader", None), "has_data", None)
    return has_data is not None and not has_data()
