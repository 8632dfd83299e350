"""A client that loses the network again and again, and Redis once: it sees each message once, in order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from allonova.adapters.redis.bus import RedisBus
from allonova.application.kernel.live import ChannelsDown
from tests.redis.conftest import OwnRedis
from tests.ws.stand import NOTE, Note, Stand, standing

MESSAGES, DROPS = 1000, 100


@dataclass
class Phone:
    """What an app does: it keeps the last number, and reads the list anew when it is told to."""

    stored: list[int]
    seen: list[int] = field(default_factory=list)
    framed: list[int] = field(default_factory=list)
    last_event_id: int | None = None
    resyncs: int = 0

    async def follow(self, stand: Stand, frames: int) -> None:
        """One connection, lost after so many frames or a moment of silence."""
        async with stand.enter(last_event_id=self.last_event_id) as it:
            if self.last_event_id is None:
                await stand.joined()
                self.read()
            for _ in range(frames):
                try:
                    async with asyncio.timeout(0.2):
                        frame = await it.next()
                except TimeoutError:
                    return
                if frame["type"] == "resync":
                    self.resyncs += 1
                    self.read()
                else:
                    self.last_event_id = frame["id"]
                    self.take(int(frame["data"]["text"]))

    def take(self, number: int) -> None:
        self.framed.append(number)
        if number not in self.seen:
            self.seen.append(number)

    def read(self) -> None:
        """`GET` of the list: whatever is stored by now."""
        self.seen = list(self.stored)


@asynccontextmanager
async def two_processes(url: str) -> AsyncIterator[list[Stand]]:
    async with (
        RedisBus(url) as here,
        RedisBus(url) as there,
        standing(here, over_network=True) as one,
        standing(there, over_network=True) as other,
    ):
        yield [one, other]


async def speak(stand: Stand, stored: list[int], redis: OwnRedis, *, restart_at: int | None) -> None:
    """Store each message, then show it for as often as it takes, as the relay does."""
    for number in range(MESSAGES):
        if number == restart_at:
            await redis.stop()
            await redis.start()
        stored.append(number)
        once = str(uuid4())
        while True:
            try:
                await stand.channels.post(["room:a"], NOTE(Note(str(number))), once=once)
                break
            except ChannelsDown:
                await asyncio.sleep(0.02)
        if number % 10 == 0:
            await asyncio.sleep(0.01)


@pytest.mark.promise("reconnect")
@pytest.mark.parametrize("restart_at", [None, MESSAGES // 2], ids=["redis stays", "redis is restarted"])
async def test_each_message_is_seen_once_in_order_when_the_network_is_lost(
    own_redis: OwnRedis, restart_at: int | None
) -> None:
    dice = random.Random(7)
    async with two_processes(own_redis.url) as processes:
        phone = Phone(stored=[])
        speaking = asyncio.create_task(speak(processes[0], phone.stored, own_redis, restart_at=restart_at))
        drops = 0
        while drops < DROPS or not speaking.done():
            await phone.follow(dice.choice(processes), frames=dice.randint(1, 2 * MESSAGES // DROPS))
            drops += 1
        await speaking
        while len(phone.seen) < MESSAGES:
            await phone.follow(processes[0], frames=MESSAGES)
    assert phone.seen == list(range(MESSAGES))
    assert phone.framed == sorted(set(phone.framed))
    assert drops >= DROPS
    assert phone.resyncs <= (0 if restart_at is None else 2)
