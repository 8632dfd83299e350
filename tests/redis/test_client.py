"""Connections to Redis."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError

from allonova.adapters.redis.client import connect, is_healthy
from allonova.adapters.redis.lending import is_at_rest
from tests.redis.conftest import OwnRedis, free_port
from tests.support.processes import eventually


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


async def test_connection_is_lent_as_it_is_when_it_rests(redis_url: str) -> None:
    async with connect(redis_url) as client:
        await client.ping()
        (connection,) = client.connection_pool._available_connections
        assert is_at_rest(connection)


async def test_connection_is_made_anew_when_the_other_side_closed_it(redis: Redis, redis_url: str) -> None:
    async with connect(redis_url, retries=0) as client:
        own = await client.client_id()
        (connection,) = client.connection_pool._available_connections
        await redis.client_kill_filter(_id=str(own))
        await eventually("it is closed", partial(_is_restless, connection))
        assert await client.client_id() != own


async def test_answer_of_before_is_not_taken_for_the_next(redis_url: str) -> None:
    async with connect(redis_url, retries=0) as client:
        await client.set(key := str(uuid4()), "1")
        (connection,) = client.connection_pool._available_connections
        await connection.send_command("PING")
        await eventually("there is an answer", partial(_is_restless, connection))
        assert await client.get(key) == b"1"


async def test_answer_that_was_read_in_part_is_not_taken_for_the_next(redis_url: str) -> None:
    async with connect(redis_url, retries=0) as client:
        await client.set(key := str(uuid4()), "1")
        (connection,) = client.connection_pool._available_connections
        await connection.send_packed_command(
            connection.pack_command("ECHO", "a") + connection.pack_command("ECHO", "b")
        )
        await eventually("there are answers", partial(_is_restless, connection))
        assert await connection.read_response() == b"a"
        assert not is_at_rest(connection)
        assert await client.get(key) == b"1"


async def _is_restless(connection: Any) -> bool:
    return not is_at_rest(connection)
