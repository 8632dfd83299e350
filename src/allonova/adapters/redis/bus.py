"""Frames between processes: a stream a channel for what is kept, pub/sub for who is there."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from allonova.adapters.redis.client import ANSWER_TIMEOUT_S, connect
from allonova.adapters.redis.listening import listen_for_ever, next_message
from allonova.application.kernel.live import Bus, ChannelsDown, Kept, Listener

log = logging.getLogger(__name__)

PREFIX = "allonova:live:"
ONCE = "allonova:once:"
SIGN_OF_LIFE = "allonova:live"  # a subscription that is always there, so that the connection is
KEPT_FRAMES, KEPT_S = 1000, 3600
START_S = 3.0
FAILURES = (RedisError, OSError, TimeoutError)

# A number is the time in milliseconds, or one more than the last: it grows within its channel whatever Redis forgets,
# so that an old one is never taken for another frame's. KEYS: streams, then as many keys that remember `once`.
APPEND = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count = #KEYS / 2
for index = 1, count do
    if redis.call('SET', KEYS[count + index], '1', 'NX', 'EX', ARGV[2]) then
        local id = now
        local last = redis.call('XREVRANGE', KEYS[index], '+', '-', 'COUNT', 1)[1]
        if last then
            id = math.max(id, tonumber(string.match(last[1], '^%d+')) + 1)
        end
        local number = string.format('%.0f', id)
        redis.call('XADD', KEYS[index], 'MAXLEN', ARGV[3], number .. '-0', 'f', ARGV[1])
        redis.call('XTRIM', KEYS[index], 'MINID', string.format('%.0f', now - ARGV[2] * 1000))
        redis.call('EXPIRE', KEYS[index], ARGV[2])
        redis.call('PUBLISH', KEYS[index], 'K' .. number .. ' ' .. ARGV[1])
    end
end
"""


class RedisBus:
    """`append` and `tell` publish; a task of each process hears what its sockets follow, and never gives up.

    Pub/sub keeps nothing: after each interruption the listener is told to catch up from the streams.
    """

    def __init__(self, url: str) -> None:
        # No silent retries on the hearing side: an interruption must be noticed, or what was missed stays missed.
        self._ears, self._client = connect(url, retries=0), connect(url)
        self._append = self._client.register_script(APPEND)
        self._followed: dict[str, asyncio.Event] = {}  # set once Redis has confirmed
        self._pubsub: PubSub | None = None
        self._turn = asyncio.Lock()
        self._listener: Listener | None = None
        self._task: asyncio.Task[None] | None = None
        self.hears = asyncio.Event()

    def bind(self, listener: Listener) -> None:
        """See Bus."""
        self._listener = listener

    async def __aenter__(self) -> Self:
        """Starts hearing; waits for it only so long, since the service starts without Redis too."""
        self._task = asyncio.create_task(
            listen_for_ever(self._hear, hears=self.hears, deaf=self._deaf, what="sockets"), name="bus"
        )
        with suppress(TimeoutError):
            await asyncio.wait_for(self.hears.wait(), START_S)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops hearing and closes the connections."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._ears.aclose()
        await self._client.aclose()

    async def append(self, channels: Sequence[str], body: bytes, *, once: str) -> None:
        """See Bus: one round trip, all channels or none."""
        if not channels:
            return
        keys = [PREFIX + name for name in channels] + [f"{ONCE}{once}:{name}" for name in channels]
        async with _or_down():
            await self._append(keys=keys, args=[body, KEPT_S, KEPT_FRAMES])

    async def tell(self, channels: Sequence[str], body: bytes, *, but: UUID | None = None) -> None:
        """See Bus."""
        await self._publish([(channels, b"T%s %s" % (b"" if but is None else but.hex.encode(), body))])

    async def tell_all(self, told: Sequence[tuple[Sequence[str], bytes]]) -> None:
        """See Bus."""
        await self._publish([(channels, b"T " + body) for channels, body in told])

    async def end(self, channels: Sequence[str]) -> None:
        """See Bus."""
        await self._publish([(channels, b"E ")])

    async def _publish(self, messages: Sequence[tuple[Sequence[str], bytes]]) -> None:
        async with _or_down(), self._client.pipeline(transaction=False) as pipe:
            for channels, message in messages:
                for name in channels:
                    pipe.publish(PREFIX + name, message)
            await pipe.execute()

    async def since(self, channel: str, id: int) -> list[Kept] | None:
        """See Bus."""
        if not 0 < id < 1 << 53 or id < (time.time() - KEPT_S) * 1000:
            return None
        async with _or_down():
            rows = await self._client.xrange(PREFIX + channel, min=f"{id}-0")
        frames = [Kept(int(key.partition(b"-")[0]), fields[b"f"]) for key, fields in rows]
        return frames[1:] if frames and frames[0].id == id else None

    async def follow(self, channel: str) -> None:
        """See Bus."""
        confirmed = self._followed.setdefault(channel, asyncio.Event())
        with suppress(*FAILURES):
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                async with self._turn:
                    if self._pubsub is None or confirmed.is_set():
                        return
                    await self._pubsub.subscribe(PREFIX + channel)
                await confirmed.wait()

    async def leave(self, channel: str) -> None:
        """See Bus."""
        self._followed.pop(channel, None)
        with suppress(*FAILURES):
            async with asyncio.timeout(ANSWER_TIMEOUT_S), self._turn:
                if self._pubsub is not None and channel not in self._followed:
                    await self._pubsub.unsubscribe(PREFIX + channel)

    async def _deaf(self) -> None:
        """Nothing is followed until it is subscribed to again."""
        self._pubsub = None
        for confirmed in self._followed.values():
            confirmed.clear()

    async def _hear(self) -> None:
        """Returns never; raises when the connection is lost."""
        async with self._ears.pubsub() as pubsub:
            async with self._turn:  # who wants to follow meanwhile comes after these
                early = await self._subscribe(pubsub)
                self._pubsub = pubsub
            if self._listener is not None:
                await self._listener.catch_up()
            self.hears.set()
            log.info("sockets hear")
            for message in early:
                self._take(message)
            while True:
                self._take(await next_message(pubsub))

    async def _subscribe(self, pubsub: PubSub) -> list[dict[str, Any]]:
        """To everything that is followed; what came in before the last confirmation."""
        wanted = {SIGN_OF_LIFE.encode(), *((PREFIX + name).encode() for name in self._followed)}
        await pubsub.subscribe(*wanted)
        early = []
        while wanted:
            message = await next_message(pubsub)
            if message["type"] == "subscribe":
                wanted.discard(message["channel"])
                self._confirm(message["channel"])
            else:
                early.append(message)
        return early

    def _confirm(self, key: bytes) -> None:
        if confirmed := self._followed.get(key.decode().removeprefix(PREFIX)):
            confirmed.set()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            self._confirm(message["channel"])
        if message["type"] != "message" or self._listener is None:
            return
        channel = message["channel"].decode().removeprefix(PREFIX)
        head, _, body = message["data"].partition(b" ")
        match head[:1]:
            case b"K":
                self._listener.show(channel, Kept(int(head[1:]), body))
            case b"T":
                self._listener.pass_on(channel, body, UUID(head[1:].decode()) if head[1:] else None)
            case b"E":
                self._listener.end(channel)
            case _:
                log.warning("a message of another release")


@asynccontextmanager
async def _or_down() -> AsyncIterator[None]:
    try:
        yield
    except FAILURES as error:
        raise ChannelsDown from error


def _conforms(bus: RedisBus) -> Bus:
    return bus
