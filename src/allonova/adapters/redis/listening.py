"""Listening to Redis without ever giving up."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio.client import PubSub

from allonova.adapters.redis.master import has_left_its_master
from allonova.adapters.telemetry.metrics import REDIS_HEARD

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 2.0
QUIET_S = 5.0  # after so much silence the connection is asked for a sign of life, and given as long to answer


async def listen_for_ever(
    listen: Callable[[], Awaitable[object]],
    *,
    hears: asyncio.Event,
    deaf: Callable[[], Awaitable[None]],
    what: str,
) -> None:
    """Listens again whenever it breaks, after waits that grow while nothing is heard.

    Args:
        listen: returns never; sets `hears` once it misses nothing, and raises when the connection is lost.
        deaf: what to do then, after `hears` was cleared; must not raise.
        what: a name for the log.
    """
    wait_s = FIRST_WAIT_S
    REDIS_HEARD.labels(what).set_function(hears.is_set)
    while True:
        try:
            await listen()
        except Exception as error:  # noqa: BLE001 - whatever broke, this process must hear again
            wait_s = FIRST_WAIT_S if hears.is_set() else min(wait_s * 2, LONGEST_WAIT_S)
            log.warning("not listening", extra={"what": what, "error": type(error).__name__})
        hears.clear()
        await deaf()
        await asyncio.sleep(wait_s * random.uniform(0.5, 1))  # nosec B311 # noqa: S311 # allow: weak-random - spreads the processes


async def next_message(channel: PubSub) -> dict[str, Any]:
    """The next message, confirmations of subscriptions among them. Raises ConnectionError when the other side is silent
    even when asked, or is no master any more.
    """
    is_asked = False
    while True:
        message: dict[str, Any] | None = await channel.get_message(timeout=QUIET_S)
        if message is not None and message["type"] != "pong":
            return message
        if message is not None:
            is_asked = False
        elif is_asked:
            raise ConnectionError("silent")
        elif await has_left_its_master(channel):
            raise ConnectionError("moved")
        else:
            is_asked = True
            await channel.ping()
