"""Connections to Redis."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError

from allonova.adapters.redis.client import connect, is_healthy
from tests.redis.conftest import OwnRedis, free_port


async def test_healthy_when_redis_answers(redis: Redis) -> None:
    assert await is_healthy(redis)


async def test_not_healthy_when_nobody_listens() -> None:
    assert not await is_healthy(connect(f"redis://127.0.0.1:{free_port()}/0"))


async def test_same_client_works_when_redis_was_restarted(own_redis: OwnRedis) -> None:
    client = connect(own_redis.url)
    assert await client.set("a", "1")
    await own_redis.stop()
    assert not await is_healthy(client)
    await own_redis.start()
    assert await client.set("a", "2")
    await client.aclose()


async def test_says_so_at_once_when_the_password_is_missing(own_redis: OwnRedis) -> None:
    async with connect(own_redis.url) as owner, connect(own_redis.url) as stranger:
        await owner.config_set("requirepass", "secret")
        with pytest.raises(AuthenticationError):
            await stranger.ping()
