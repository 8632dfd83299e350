"""A company's reads end by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from allonova.adapters.postgres.company import Reading, reading_from
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Connection

COMPANY = uuid4()
OWN = "SELECT current_setting('allonova.societe', true)"


@pytest.fixture
async def alone(database: str, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Any]:
    """A pool of one connection: who wants it waits until it is back. The driver ends by itself what was left open, and
    says so; it has nothing to say.
    """
    async with await open_pool(database, max_size=1) as pool:
        yield pool
    assert [record.message for record in caplog.get_records("call") if record.name == "asyncio"] == []


@pytest.fixture
def reading(alone: Any) -> Reading:
    """Its reads."""
    return reading_from(alone)


async def test_reader_goes_on_while_the_transaction_ends(alone: Any, reading: Reading) -> None:
    async with reading(COMPANY) as runner:
        assert await runner.fetchval(OWN) == str(COMPANY)
    assert alone.get_idle_size() == 0
    async with alone.acquire() as connection:
        assert not connection.is_in_transaction()
        assert not await connection.fetchval(OWN)


async def test_connection_comes_back_when_its_reader_is_cut_off(alone: Any, reading: Reading) -> None:
    reads = asyncio.Event()

    async def read() -> None:
        async with reading(COMPANY) as runner:
            reads.set()
            await runner.fetchval("SELECT pg_sleep(60)")

    task = asyncio.create_task(read())
    await reads.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with alone.acquire(timeout=10) as connection:
        assert not connection.is_in_transaction()


async def test_what_was_read_counts_when_the_connection_breaks_afterwards(
    reading: Reading, owner: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    async with reading(COMPANY) as runner:
        backend = await runner.fetchval("SELECT pg_backend_pid()")
        await owner.fetchval("SELECT pg_terminate_backend($1, 10000)", backend)
    async with reading(COMPANY) as runner:
        assert await runner.fetchval("SELECT pg_backend_pid()") != backend
    assert [record.message for record in caplog.records] == ["a read did not end"]


async def test_error_of_a_read_is_its_readers(alone: Any, reading: Reading) -> None:
    with pytest.raises(ZeroDivisionError):
        async with reading(COMPANY):
            raise ZeroDivisionError
    async with alone.acquire() as connection:
        assert not connection.is_in_transaction()
