"""Ended sessions, told to every process through Redis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self
from uuid import UUID

from redis.asyncio.client import PubSub

from allonova.adapters.redis.client import connect
from allonova.adapters.redis.listening import listen_for_ever, next_message
from allonova.application.identity.ports import Revocations

log = logging.getLogger(__name__)

CHANNEL = "allonova:sessions.revoked"
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
        self._task = asyncio.create_task(
            listen_for_ever(self._listen, hears=self.subscribed, deaf=self._reload_if_possible, what="revocations"),
            name="revocations",
        )
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

    async def _listen(self) -> None:
        """Returns never; raises when the connection is lost."""
        async with self._listener.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            await _confirmed(channel)
            await self._catch_up()
            self.subscribed.set()
            log.info("listening for revocations")
            while True:
                message = await next_message(channel)
                if message["type"] == "message":
                    await self._hear(message["data"])

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
    if (await next_message(channel))["type"] != "subscribe":
        raise ConnectionError("not subscribed")


def _conforms(revocations: RedisRevocations) -> Revocations:
    return revocations
