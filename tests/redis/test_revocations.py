"""Ended sessions reach every process, whatever happens to Redis."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from allonova.adapters.local.revocations import KEPT, LocalRevocations
from allonova.adapters.redis import listening
from allonova.adapters.redis import revocations as module
from allonova.adapters.redis.client import connect
from allonova.adapters.redis.revocations import CHANNEL, RedisRevocations
from allonova.application.identity.ports import Revocations
from tests.redis.conftest import PATIENCE_S, OwnRedis, free_port


@dataclass
class StandingClock:
    at: datetime = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Database:
    """What was revoked lately, as the store would tell."""

    revoked: list[UUID] = field(default_factory=list)
    is_down: bool = False
    reads: int = 0

    async def __call__(self) -> Iterable[UUID]:
        self.reads += 1
        if self.is_down:
            raise OSError("no database")
        return list(self.revoked)


@asynccontextmanager
async def process(
    url: str, database: Database | None = None, clock: StandingClock | None = None
) -> AsyncIterator[RedisRevocations]:
    heard = LocalRevocations(clock or StandingClock())
    async with RedisRevocations(url, heard=heard, reload=database or Database()) as revocations:
        yield revocations


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture(params=["local", "redis"])
async def revocations(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Revocations]:
    if request.param == "local":
        yield LocalRevocations(StandingClock())
        return
    async with process(redis_url) as found:
        yield found


async def test_session_is_revoked_at_once_where_it_was_announced(revocations: Revocations) -> None:
    session_id = uuid4()
    assert not revocations.is_revoked(session_id)
    await revocations.announce(session_id)
    await revocations.announce(session_id)
    assert revocations.is_revoked(session_id)
    assert not revocations.is_revoked(uuid4())


async def test_session_is_forgotten_after_twenty_minutes() -> None:
    clock = StandingClock()
    local = LocalRevocations(clock)
    first, second = uuid4(), uuid4()
    await local.announce(first)
    clock.at += KEPT - timedelta(seconds=1)
    assert local.is_revoked(first)
    clock.at += timedelta(seconds=1)
    assert not local.is_revoked(first)
    await local.announce(second)
    assert list(local._until) == [second]


async def test_every_process_hears(redis_url: str) -> None:
    session_id = uuid4()
    async with process(redis_url) as one, process(redis_url) as other, process(redis_url) as third:
        await one.announce(session_id)
        await until(lambda: other.is_revoked(session_id) and third.is_revoked(session_id))


async def test_process_that_starts_later_knows_from_the_store(redis_url: str) -> None:
    session_id = uuid4()
    async with process(redis_url, Database([session_id])) as late:
        assert late.is_revoked(session_id)


async def test_nonsense_on_the_channel_is_ignored(redis_url: str, redis: Redis) -> None:
    session_id = uuid4()
    async with process(redis_url) as one:
        for nonsense in (b"", b"\xff", b"not an id", b"{}"):
            await redis.publish(CHANNEL, nonsense)
        await redis.publish(CHANNEL, str(session_id))
        await until(lambda: one.is_revoked(session_id))


@pytest.mark.promise("redis-down")
async def test_listens_again_and_misses_nothing_when_redis_restarts(own_redis: OwnRedis) -> None:
    database, missed, later = Database(), uuid4(), uuid4()
    async with process(own_redis.url, database) as one, process(own_redis.url) as other:
        for _ in range(2):
            await own_redis.stop()
            await until(lambda: not one.subscribed.is_set() and not other.subscribed.is_set())
            with pytest.raises(RedisError):
                await other.announce(uuid4())
            database.revoked = [missed]
            await until(lambda: one.is_revoked(missed))
            await own_redis.start()
            await until(lambda: one.subscribed.is_set() and other.subscribed.is_set())
        await other.announce(later)
        await until(lambda: one.is_revoked(later))


async def test_listens_again_when_only_its_connection_is_cut(own_redis: OwnRedis) -> None:
    database, session_id, client = Database(), uuid4(), connect(own_redis.url)
    async with process(own_redis.url, database) as one:
        database.revoked = [session_id]
        await client.client_kill_filter(_type="pubsub")
        await until(lambda: one.is_revoked(session_id))
        await until(one.subscribed.is_set)
    await client.aclose()


async def test_listens_again_when_redis_falls_silent(own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "QUIET_S", 0.05)
    database = Database()
    async with process(own_redis.url, database) as one:
        reads = database.reads
        own_redis.signal(signal.SIGSTOP)
        await until(lambda: not one.subscribed.is_set() and database.reads > reads)
        own_redis.signal(signal.SIGCONT)
        await until(one.subscribed.is_set)


@pytest.mark.promise("redis-down")
async def test_starts_and_knows_the_store_when_redis_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_S", 0.05)
    session_id = uuid4()
    async with process(f"redis://127.0.0.1:{free_port()}/0", Database([session_id])) as one:
        await until(lambda: one.is_revoked(session_id))
        assert not one.subscribed.is_set()


async def test_listens_again_when_the_store_was_down(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_S", 0.05)
    database = Database(is_down=True)
    async with process(redis_url, database) as one:
        await until(lambda: database.reads > 2)
        assert not one.subscribed.is_set()
        database.is_down = False
        await until(one.subscribed.is_set)


async def test_nothing_is_left_running_when_stopped(redis_url: str) -> None:
    before = asyncio.all_tasks()
    async with process(redis_url):
        assert len(asyncio.all_tasks() - before) == 1
    assert asyncio.all_tasks() == before
