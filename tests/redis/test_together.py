"""Commands that leave together: each hears of his own, nobody waits for another, and they are as one to the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from uuid import uuid4

import pytest
from redis.asyncio import ConnectionPool, Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError, ResponseError

from allonova.adapters.redis.client import connect
from allonova.adapters.redis.together import Together
from tests.redis.conftest import OwnRedis
from tests.support.processes import eventually

ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"


@pytest.fixture
async def together(lone_url: str) -> AsyncIterator[Together]:
    """On one connection and no more: who wants another while it is lent is refused."""
    async with Redis.from_pool(ConnectionPool.from_url(lone_url, max_connections=1)) as client:
        made = Together(client)
        yield made
        await made.aclose()


@pytest.fixture
async def add(together: Together) -> AsyncScript:
    """A script that the server knows."""
    await together.redis.script_load(ADD)
    return together.redis.register_script(ADD)


def a_key() -> str:
    return f"together:{uuid4()}"


async def test_one_connection_does_when_many_ask_at_once(together: Together, add: AsyncScript) -> None:
    key = a_key()
    sums = await asyncio.gather(*(together.run(add, keys=[key], args=[n]) for n in range(1, 51)))
    assert sums == [n * (n + 1) // 2 for n in range(1, 51)]


async def test_script_runs_when_the_server_does_not_know_it(together: Together, add: AsyncScript) -> None:
    await together.redis.script_flush()
    assert await together.run(add, keys=[a_key()], args=[1]) == 1


async def test_others_hear_of_theirs_when_one_is_refused(together: Together, add: AsyncScript) -> None:
    heard: list[object] = await asyncio.gather(
        together.run(add, keys=[a_key()], args=[1]),
        together.run(add, keys=[a_key()], args=["no number"]),
        together.run(add, keys=[a_key()], args=[2]),
        return_exceptions=True,
    )
    assert (heard[0], heard[2]) == (1, 2)
    assert isinstance(heard[1], ResponseError)


async def test_others_hear_of_theirs_when_one_has_given_up(together: Together, add: AsyncScript) -> None:
    leaving = asyncio.create_task(together.run(add, keys=[a_key()], args=[1]))
    staying = asyncio.create_task(together.run(add, keys=[a_key()], args=[2]))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 2
    assert leaving.cancelled()


async def test_what_nobody_waits_for_goes_with_the_next(together: Together, add: AsyncScript) -> None:
    key = a_key()
    together.later("SET", key, 40)
    assert await together.run(add, keys=[key], args=[2]) == 42


async def test_what_nobody_waits_for_goes_alone_when_nothing_else_does(together: Together, lone_url: str) -> None:
    key = a_key()
    together.later("SET", key, 1)
    async with connect(lone_url) as other:
        await eventually("it is there", partial(_is_there, other, key))


async def test_what_nobody_waits_for_is_given_up_when_it_is_closed(together: Together, add: AsyncScript) -> None:
    key = a_key()
    together.later("SET", key, 1)
    await together.aclose()
    assert await together.redis.exists(key) == 0


async def test_all_of_them_hear_when_nobody_answers_and_the_next_are_served(own_redis: OwnRedis) -> None:
    async with connect(own_redis.url) as client:
        together, add = Together(client), client.register_script(ADD)
        await own_redis.stop()
        heard = await asyncio.gather(
            *(together.run(add, keys=["a"], args=[1]) for _ in range(3)), return_exceptions=True
        )
        assert all(isinstance(each, RedisError) for each in heard)
        await own_redis.start()
        assert await together.run(add, keys=["a"], args=[1]) == 1


async def _is_there(redis: Redis, key: str) -> bool:
    return bool(await redis.exists(key))
