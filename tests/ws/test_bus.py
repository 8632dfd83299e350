"""What carries frames between processes, on both adapters."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from allonova.adapters.local.bus import KEPT_FRAMES, KEPT_S, LocalBus
from allonova.adapters.redis.bus import RedisBus
from allonova.application.kernel.live import Bus, ChannelsDown, Kept
from tests.redis.conftest import OwnRedis

PATIENCE_S = 5


@dataclass
class Ear:
    """Remembers what it hears."""

    shown: asyncio.Queue[tuple[str, Kept]] = field(default_factory=asyncio.Queue)
    passed: asyncio.Queue[tuple[str, bytes, UUID | None]] = field(default_factory=asyncio.Queue)
    ended: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    missed: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    def show(self, channel: str, kept: Kept) -> None:
        self.shown.put_nowait((channel, kept))

    def pass_on(self, channel: str, body: bytes, but: UUID | None) -> None:
        self.passed.put_nowait((channel, body, but))

    def end(self, channel: str) -> None:
        self.ended.put_nowait(channel)

    async def catch_up(self) -> None:
        self.missed.put_nowait(None)


async def heard[T](queue: asyncio.Queue[T]) -> T:
    return await asyncio.wait_for(queue.get(), PATIENCE_S)


@pytest.fixture
def ear(bus: Bus) -> Ear:
    it = Ear()
    bus.bind(it)
    return it


@pytest.fixture
def channel() -> str:
    return f"room:{uuid4()}"


async def put(bus: Bus, channel: str, *texts: str) -> None:
    for text in texts:
        await bus.append([channel], text.encode(), once=str(uuid4()))


async def test_frames_come_numbered_in_order_when_a_channel_is_followed(bus: Bus, ear: Ear, channel: str) -> None:
    await bus.follow(channel)
    await put(bus, channel, *map(str, range(20)))
    shown = [await heard(ear.shown) for _ in range(20)]
    assert [kept.body for _, kept in shown] == [b"%d" % number for number in range(20)]
    ids = [kept.id for _, kept in shown]
    assert ids == sorted(set(ids))
    assert abs(ids[0] / 1000 - time.time()) < PATIENCE_S


async def test_frame_is_one_when_it_is_put_twice(bus: Bus, ear: Ear, channel: str) -> None:
    await bus.follow(channel)
    for once in ("a", "a", "b", "a"):
        await bus.append([channel], once.encode(), once=f"{channel}{once}")
    assert [(await heard(ear.shown))[1].body for _ in range(2)] == [b"a", b"b"]
    await bus.tell([channel], b"end")
    await heard(ear.passed)
    assert ear.shown.empty()


async def test_each_channel_has_its_own_when_a_frame_goes_to_several(bus: Bus, ear: Ear, channel: str) -> None:
    there, elsewhere = f"{channel}:1", f"{channel}:2"
    await bus.follow(there)
    await bus.follow(elsewhere)
    await bus.append([there, elsewhere], b"both", once=channel)
    assert {(await heard(ear.shown))[0] for _ in range(2)} == {there, elsewhere}


async def test_what_came_after_is_known_when_somebody_comes_back(bus: Bus, ear: Ear, channel: str) -> None:
    await bus.follow(channel)
    await put(bus, channel, "1", "2", "3")
    first = (await heard(ear.shown))[1].id
    missed = await bus.since(channel, first)
    assert missed is not None
    assert [kept.body for kept in missed] == [b"2", b"3"]
    assert await bus.since(channel, missed[-1].id) == []


@pytest.mark.parametrize("id", [0, -1, 1, 1 << 60, 10**13])
async def test_nothing_is_known_when_the_number_never_was_one(bus: Bus, ear: Ear, channel: str, id: int) -> None:
    await put(bus, channel, "1")
    assert await bus.since(channel, id) is None


async def test_nothing_is_known_when_a_thousand_came_since(bus: Bus, ear: Ear, channel: str) -> None:
    await bus.follow(channel)
    await put(bus, channel, "first", "second")
    ids = [(await heard(ear.shown))[1].id for _ in range(2)]
    await put(bus, channel, *map(str, range(KEPT_FRAMES - 1)))
    assert await bus.since(channel, ids[0]) is None
    assert len(await bus.since(channel, ids[1]) or ()) == KEPT_FRAMES - 1


async def test_nothing_comes_when_the_channel_was_left(bus: Bus, ear: Ear, channel: str) -> None:
    await bus.follow(channel)
    await bus.follow(f"{channel}:2")
    await bus.leave(channel)
    await put(bus, channel, "1")
    await put(bus, f"{channel}:2", "2")
    assert (await heard(ear.shown))[1].body == b"2"


async def test_whoever_spoke_is_named_when_a_frame_is_not_kept(bus: Bus, ear: Ear, channel: str) -> None:
    await bus.follow(channel)
    spoke = uuid4()
    await bus.tell([channel], b"a b", but=spoke)
    await bus.tell([channel], b"c")
    assert [await heard(ear.passed) for _ in range(2)] == [(channel, b"a b", spoke), (channel, b"c", None)]


async def test_each_is_told_when_many_are_told_at_once(bus: Bus, ear: Ear, channel: str) -> None:
    one, other = f"{channel}:1", f"{channel}:2"
    await bus.follow(one)
    await bus.follow(other)
    await bus.tell_all([([one, other], b"a"), ([one], b"b")])
    assert [await heard(ear.passed) for _ in range(3)] == [(one, b"a", None), (other, b"a", None), (one, b"b", None)]


async def test_everybody_hears_when_a_channel_ends(bus: Bus, ear: Ear, channel: str) -> None:
    await bus.follow(channel)
    await bus.end([channel])
    assert await heard(ear.ended) == channel


async def test_frames_are_forgotten_when_an_hour_is_over() -> None:
    now = [1_700_000_000.0]
    bus, ear = LocalBus(lambda: now[0]), Ear()
    bus.bind(ear)
    await bus.follow("a")
    await put(bus, "a", "1")
    now[0] += KEPT_S / 2
    await put(bus, "a", "2")
    first, second = [(await heard(ear.shown))[1].id for _ in range(2)]
    now[0] += KEPT_S / 2 + 1
    assert await bus.since("a", first) is None
    assert await bus.since("a", second) == []


async def test_redis_forgets_when_an_hour_is_over(redis_url: str, channel: str) -> None:
    async with RedisBus(redis_url) as bus:
        key = f"allonova:live:{channel}"
        old = int((time.time() - KEPT_S - 60) * 1000)
        await bus._client.xadd(key, {"f": "old"}, id=f"{old}-0")
        assert await bus.since(channel, old) is None
        await put(bus, channel, "new")
        assert [fields[b"f"] for _, fields in await bus._client.xrange(key)] == [b"new"]
        assert KEPT_S - 60 < await bus._client.ttl(key) <= KEPT_S


async def test_numbers_grow_when_redis_has_lost_everything(own_redis: OwnRedis) -> None:
    async with RedisBus(own_redis.url) as bus:
        ear = Ear()
        bus.bind(ear)
        await bus.follow("a")
        await put(bus, "a", "1")
        before = (await heard(ear.shown))[1].id
        await heard_again(own_redis, ear)
        await put(bus, "a", "2")
        assert (await heard(ear.shown))[1].id > before
        assert await bus.since("a", before) is None


async def heard_again(own_redis: OwnRedis, ear: Ear) -> None:
    """Redis goes, with all it knew, and comes back; returns once the bus has noticed."""
    while not ear.missed.empty():
        ear.missed.get_nowait()
    await own_redis.stop()
    await own_redis.start()
    await heard(ear.missed)


@pytest.mark.promise("redis-down")
async def test_channels_are_followed_again_when_redis_comes_back(own_redis: OwnRedis) -> None:
    async with RedisBus(own_redis.url) as bus, RedisBus(own_redis.url) as other:
        ear = Ear()
        bus.bind(ear)
        for name in ("a", "b"):
            await bus.follow(name)
        await heard_again(own_redis, ear)
        await put(other, "a", "1")
        await put(other, "b", "2")
        assert {(await heard(ear.shown))[1].body for _ in range(2)} == {b"1", b"2"}


async def test_nothing_can_be_shown_when_redis_is_gone(own_redis: OwnRedis) -> None:
    async with RedisBus(own_redis.url) as bus:
        await own_redis.stop()
        with pytest.raises(ChannelsDown):
            await put(bus, "a", "1")
        with pytest.raises(ChannelsDown):
            await bus.tell(["a"], b"1")
        with pytest.raises(ChannelsDown):
            await bus.since("a", int(time.time() * 1000))
        await bus.follow("a")
        await bus.leave("a")
