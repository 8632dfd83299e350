"""Connections to Redis."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from allonova.adapters.redis.address import read_sentinels
from allonova.adapters.redis.lending import LendingPool
from allonova.adapters.redis.master import MasterPool

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 2.0
SENTINEL_TIMEOUT_S = 0.5  # they only remember; one that is gone is waited for on the way to the next
HEALTH_CHECK_S = 15  # a connection that was idle this long is tried before it is used


def connect(url: str, *, retries: int = 1) -> Redis:
    """A client that connects on first use and gives up in seconds; close it with `aclose()`.

    Args:
        retries: how often a command whose connection broke is sent again: it may then act twice.
    """
    return Redis.from_pool(connections(url, retries=retries))


def connections(url: str, *, retries: int = 1) -> ConnectionPool:
    """What `connect` stands on: to the server that the URL names, or to the master that its Sentinels name."""
    how: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_timeout": ANSWER_TIMEOUT_S,
        "socket_keepalive": True,
        "health_check_interval": HEALTH_CHECK_S,
        "redis_connect_func": _greet,
        "retry": Retry(NoBackoff(), retries) if retries else None,
        "retry_on_error": [RedisConnectionError] if retries else [],
    }
    named = read_sentinels(url)
    if named is None:
        if url.startswith("rediss://"):
            how["ssl_check_hostname"] = True  # unless the URL says otherwise: redis-py does it from its version 6 on
        return LendingPool.from_url(url, **how)
    limits = {"socket_connect_timeout": SENTINEL_TIMEOUT_S, "socket_timeout": SENTINEL_TIMEOUT_S}
    sentinels = Sentinel(named.hosts, sentinel_kwargs={**limits, **named.sentinel})  # type: ignore[no-untyped-call]
    return MasterPool(named.service, sentinels, **how, **named.master)


async def _greet(connection: Any) -> None:
    """Log in. A connection that is just being made is not also tried: where that fails, redis-py connects anew within
    connecting, and so on without end.
    """
    connection.next_health_check = asyncio.get_running_loop().time() + HEALTH_CHECK_S
    await connection.on_connect()


async def is_healthy(redis: Redis) -> bool:
    """Whether Redis answers within a second; for `/readyz`."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return bool(await redis.ping())
    except (RedisError, OSError, TimeoutError):
        return False
