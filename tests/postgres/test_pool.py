"""Connections that run out, as figures."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from allonova.adapters.postgres.pool import open_pool
from tests.support.figures import figure, growth

WAITS = "allonova_pool_wait_seconds_count"


async def test_wait_is_counted_when_no_connection_is_free(database: str) -> None:
    waits, waiting = growth(WAITS), growth("allonova_pool_waiting")
    async with await open_pool(database, max_size=1) as pool:
        await pool.fetchval("SELECT 1")
        assert waits() == 0
        async with pool.acquire():
            later = asyncio.create_task(pool.fetchval("SELECT 1"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert (waits(), waiting()) == (0, 1)
        assert await later == 1
    assert (waits(), waiting()) == (1, 0)


async def test_wait_is_counted_when_it_was_in_vain(database: str) -> None:
    waits, waiting = growth(WAITS), growth("allonova_pool_waiting")
    async with await open_pool(database, max_size=1) as pool, pool.acquire():
        with pytest.raises(TimeoutError):
            async with pool.acquire(timeout=0.01):
                pass
    assert (waits(), waiting()) == (1, 0)


async def test_who_waits_is_served_before_whoever_comes_when_a_connection_is_back(database: str) -> None:
    served: list[str] = []

    async def ask(who: str) -> None:
        async with pool.acquire():
            served.append(who)

    async def come_at_that_moment() -> None:
        while pool.get_idle_size() == 0:
            await asyncio.sleep(0)
        await ask("later")

    async with await open_pool(database, max_size=1) as opened:
        pool: Any = opened
        async with pool.acquire():
            waiting = asyncio.create_task(ask("waiting"))
            await asyncio.sleep(0)
            coming = asyncio.create_task(come_at_that_moment())
            await asyncio.sleep(0)
        await asyncio.gather(waiting, coming)
    assert served == ["waiting", "later"]


async def test_connections_are_shown_by_what_they_do(database: str) -> None:
    gc.collect()  # pools of tests before this one
    name, others = "allonova_pool_connections", figure("allonova_pool_most")
    busy, idle = growth(name, state="busy"), growth(name, state="idle")
    async with await open_pool(database, min_size=3, max_size=5) as pool, pool.acquire():
        assert (busy(), idle(), figure("allonova_pool_most") - others) == (1, 2, 5)
