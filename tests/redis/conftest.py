"""A real Redis: the one of the environment, one that Sentinels watch, or one of the test's own that it may stop and
start.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis

from allonova.adapters.redis.client import connect, is_healthy
from tests.support.sentinels import CALM_MS, Watched, make_watched

PATIENCE_S = 10


@dataclass
class OwnRedis:
    """A redis-server on a port of its own."""

    folder: Path
    port: int
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            "redis-server",
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)),
            stdout=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(PATIENCE_S):
            redis = connect(self.url)
            while not await is_healthy(redis):
                await asyncio.sleep(0.01)
            await redis.aclose()

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    async def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            await self.process.wait()
            self.process = None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[OwnRedis]:
    """A server that the test may kill."""
    server = OwnRedis(tmp_path, free_port())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
def sentinels_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Sentinels that all tests share, before servers that stay as they are."""
    watched = make_watched(tmp_path_factory.mktemp("sentinels"), patience_ms=CALM_MS)
    try:
        asyncio.run(watched.start())
        yield watched.url
    finally:
        watched.stop()


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    """Servers and Sentinels that the test may kill."""
    watched = make_watched(tmp_path)
    try:
        await watched.start()
        yield watched
    finally:
        watched.stop()


@pytest.fixture(params=["lone_url", "sentinels_url"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """What every adapter must do with: an address of one server, or of Sentinels."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def lone_url(tmp_path: Path) -> AsyncIterator[str]:
    """REDIS_URL, else a server of the test's own."""
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    server = OwnRedis(tmp_path, free_port())
    await server.start()
    yield server.url
    await server.stop()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of it."""
    client = connect(redis_url)
    yield client
    await client.aclose()
