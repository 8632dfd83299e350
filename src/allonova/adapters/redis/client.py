"""Connections to Redis."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 2.0
HEALTH_CHECK_S = 15  # a connection that was idle this long is tried before it is used


def connect(url: str, *, retries: int = 1) -> Redis:
    """A client that connects on first use and gives up in seconds; close it with `aclose()`.

    Args:
        retries: how often a command whose connection broke is sent again: it may then act twice.
    """
    client: Redis = Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        socket_keepalive=True,
        health_check_interval=HEALTH_CHECK_S,
        retry=Retry(NoBackoff(), retries) if retries else None,
        retry_on_error=[RedisConnectionError] if retries else [],
    )
    return client


async def is_healthy(redis: Redis) -> bool:
    """Whether Redis answers within a second; for `/readyz`."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return bool(await redis.ping())
    except (RedisError, OSError, TimeoutError):
        return False
