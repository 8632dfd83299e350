"""Ended sessions, told to every process through Redis."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self
from uuid import UUID

from redis.asyncio.client import PubSub

from allonova.adapters.redis.client import connect
from allonova.application.identity.ports import Revocations

log = logging.getLogger(__name__)

CHANNEL = "allonova:sessions.revoked"
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 2.0
QUIET_S = 5.0  # after so much silence the connection is asked for a sign of life, and given as long to answer
START_S = 3.0

type Reload = Callable[[], Awaitable[Iterable[UUID]]]


class RedisRevocations:
    """`announce` publishes; a task of each process listens and remembers in `heard`, from which questions are answered.

    Pub/sub keeps nothing, so whatever was said while nobody listened is read again: after each subscription, and
    while there is none, `reload` brings the sessions revoked within the last 20 minutes. The task never gives up.
    """

    def __init__(self, url: str, *, heard: Revocations, reload: Reload) -> None:
        # No silent retries on the listening side: a reconnection must be noticed, or what was missed stays missed.
        self._listener, self._publisher = connect(url, retries=0), connect(url)
        self._heard = heard
        self._reload = reload
        self._task: asyncio.Task[None] | None = None
        self.subscribed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Starts listening; waits for it only so long, since the service starts without Redis too."""
        self._task = asyncio.create_task(self._listen_for_ever(), name="revocations")
        with suppress(TimeoutError):
            await asyncio.wait_for(self.subscribed.wait(), START_S)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops listening and closes the connections."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._listener.aclose)
            stack.push_async_callback(self._publisher.aclose)
            if self._task is not None:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)

    async def announce(self, session_id: UUID) -> None:
        """See Revocations. Raises RedisError when Redis is down; this process has heard of it all the same."""
        await self._heard.announce(session_id)
        await self._publisher.publish(CHANNEL, str(session_id))

    def is_revoked(self, session_id: UUID) -> bool:
        """See Revocations."""
        return self._heard.is_revoked(session_id)

    async def _listen_for_ever(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - whatever broke, this process must hear again
                wait_s = FIRST_WAIT_S if self.subscribed.is_set() else min(wait_s * 2, LONGEST_WAIT_S)
                log.warning("not listening for revocations", extra={"error": type(error).__name__})
            self.subscribed.clear()
            await self._reload_if_possible()
            await asyncio.sleep(wait_s * random.uniform(0.5, 1))  # noqa: S311 - spreads the processes

    async def _listen(self) -> None:
        """Returns never; raises when the connection is lost."""
        async with self._listener.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            await _confirmed(channel)
            await self._catch_up()
            self.subscribed.set()
            log.info("listening for revocations")
            while True:
                await self._hear(await _next(channel))

    async def _hear(self, text: bytes) -> None:
        try:
            session_id = UUID(text.decode())
        except ValueError:
            log.warning("a revocation that is no session id")
            return
        await self._heard.announce(session_id)

    async def _catch_up(self) -> None:
        for session_id in await self._reload():
            await self._heard.announce(session_id)

    async def _reload_if_possible(self) -> None:
        """Without Redis the database still knows."""
        try:
            await self._catch_up()
        except Exception as error:  # noqa: BLE001 - the database may be down as well; both are tried again soon
            log.warning("revocations not reloaded", extra={"error": type(error).__name__})


async def _confirmed(channel: PubSub) -> None:
    """Waits until Redis has taken the subscription: from then on nothing is missed."""
    message = await channel.get_message(timeout=QUIET_S)
    if message is None or message["type"] != "subscribe":
        raise ConnectionError("not subscribed")


async def _next(channel: PubSub) -> bytes:
    """The next message. Raises ConnectionError when the other side is silent even when asked."""
    is_asked = False
    while True:
        message = await channel.get_message(timeout=QUIET_S)
        if message is not None and message["type"] == "message":
            data: bytes = message["data"]
            return data
        if message is not None:
            is_asked = False
        elif is_asked:
            raise ConnectionError("silent")
        else:
            is_asked = True
            await channel.ping()


def _conforms(revocations: RedisRevocations) -> Revocations:
    return revocations
