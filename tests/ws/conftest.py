"""The bus on both adapters, and a service of sockets over each kind of wire."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from allonova.adapters.local.bus import LocalBus
from allonova.adapters.redis.bus import RedisBus
from allonova.application.kernel.live import Bus
from tests.redis.conftest import lone_url, own_redis, redis_url, sentinels_url
from tests.ws.stand import Stand, standing

__all__ = ["lone_url", "own_redis", "redis_url", "sentinels_url"]


@pytest.fixture(params=["local", "redis"])
async def bus(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Bus]:
    """A process' end of the bus."""
    if request.param == "local":
        yield LocalBus()
        return
    async with RedisBus(redis_url) as it:
        yield it


@pytest.fixture(params=["asgi", "network"])
async def stand(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """Sockets of a made-up channel."""
    async with standing(LocalBus(), over_network=request.param == "network") as it:
        yield it
