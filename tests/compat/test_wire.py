"""What a release says in the outbox and in Redis is understood by the one before and by the one after."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import api_changes
import pytest
import wire_samples
from wire_samples import AT, CHANNEL, COMPANY, DIGEST, HOLDER, OTHER, PRESENCE, SOCKET

from allonova.adapters.local.revocations import LocalRevocations
from allonova.adapters.redis.bus import RedisBus
from allonova.adapters.redis.client import connect
from allonova.adapters.redis.dispatch.presences import RedisPresenceBook
from allonova.adapters.redis.revocations import RedisRevocations
from allonova.adapters.redis.tickets import RedisTickets
from allonova.application.kernel.live import Kept
from allonova.domain.kernel.events import Event
from allonova.main.wiring import HEARD, Service
from tests.redis.conftest import OwnRedis
from tests.support.serving import api_on

FOLDER = Path(__file__).parent
KEPT = {path.stem.removeprefix("wire-"): json.loads(path.read_bytes()) for path in FOLDER.glob("wire-*.json")}
NEWEST = KEPT[max(KEPT, key=lambda version: tuple(map(int, version.split("."))))]
TODAY = json.loads((FOLDER / wire_samples.TODAY).read_bytes())
PATIENCE_S = 5

GONE: dict[str, str] = {}
"""What a kept release says and this one does not understand any more, and why that may be: such as
`"event trip.renamed": "trip.moved since 1.4.0"`. The newest release must have said it no more.
"""

type Json = dict[str, Any]

each_release = pytest.mark.parametrize("said", KEPT.values(), ids=KEPT.keys())


def names(said: Json) -> set[str]:
    """Each thing that a release may say, in a word."""
    events = said["events"].items()
    return {
        *(f"event {name}" for name, _ in events),
        *(f"subscriber {who} of {name}" for name, one in events for who in one["worked_by"]),
        *(f"screen {who} of {name}" for name, one in events for who in one["shown_by"]),
        *(f"job {name}" for name in said["jobs"]["names"]),
        *(f"call {name}" for name in said["jobs"]["calls"]),
        *(f"channel {name}" for name in said["channels"]),
        *(f"message {name}" for name in said["published"]),
        *(f"value {name}" for name in said["stored"]),
    }


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """The service, which knows who hears of what."""
    async with api_on(None) as api:
        yield api.service


@pytest.fixture
def functions() -> Iterator[set[str]]:
    """What a worker can be called for."""
    with asyncio.Runner() as runner:

        async def known() -> set[str]:
            return set(wire_samples.a_worker("redis://localhost", wire_samples.idle_jobs()).functions)

        yield runner.run(known())


@dataclass
class Ear:
    """What a process hears of a channel."""

    heard: asyncio.Queue[object] = field(default_factory=asyncio.Queue)

    def show(self, channel: str, kept: Kept) -> None:
        self.heard.put_nowait(("kept", channel, kept.id, kept.body.decode()))

    def pass_on(self, channel: str, body: bytes, but: UUID | None) -> None:
        self.heard.put_nowait(("told", channel, but, body.decode()))

    def end(self, channel: str) -> None:
        self.heard.put_nowait(("ended", channel))

    async def catch_up(self) -> None: ...


async def test_samples_say_what_the_code_says_today(own_redis: OwnRedis) -> None:
    """`make wire` writes them again; whoever does so has changed what the release before must understand."""
    assert await wire_samples.today(own_redis.url) == TODAY


@each_release
def test_nothing_that_a_release_says_is_gone_without_a_reason(said: Json) -> None:
    assert names(said) - names(TODAY) - set(GONE) == set()


def test_what_is_gone_was_unsaid_for_a_release() -> None:
    assert set(GONE) & (names(NEWEST) | names(TODAY)) == set()
    assert set(GONE) <= set().union(*map(names, KEPT.values()))


@each_release
def test_row_of_a_release_is_read_as_what_it_meant(said: Json, service: Service) -> None:
    """Row by row, as the relays read them."""
    for name, one in said["events"].items():
        works = [service.relay.subscriptions[name, who].event for who in one["worked_by"] if expected(name, who)]
        shows = [service.relay_live.showings[name, who].event for who in one["shown_by"] if expected(name, who)]
        for event in (*works, *shows):
            read = event.of(one["payload"])
            assert read.name == name
            assert read.payload().items() >= one["payload"].items()


def expected(event: str, who: str) -> bool:
    """Whether the rows of somebody must still be read."""
    return not {f"event {event}", f"subscriber {who} of {event}", f"screen {who} of {event}"} & set(GONE)


@each_release
def test_event_of_today_has_what_a_release_reads_in_it(said: Json) -> None:
    today: dict[str, Event] = {event.name: wire_samples.sample(event) for event in HEARD}
    for name in said["events"].keys() & today.keys():
        payload, known = today[name].payload(), said["events"][name]["payload"]
        assert known.keys() <= payload.keys(), f"{name} lost a field"
        assert {key: kind(payload[key]) for key in known} == {key: kind(known[key]) for key in known}, name


def kind(value: object) -> str:
    """What a release takes a field for."""
    is_id = isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value)
    return "id" if is_id else type(value).__name__


@each_release
def test_worker_has_what_a_release_calls_it_for(said: Json, functions: set[str]) -> None:
    calls = {name: call for name, call in said["jobs"]["calls"].items() if f"call {name}" not in GONE}
    assert calls.keys() <= functions
    assert calls == {name: TODAY["jobs"]["calls"].get(name) for name in calls}
    assert said["jobs"]["queue"] == TODAY["jobs"]["queue"]


@each_release
def test_sockets_follow_the_channels_of_a_release(said: Json) -> None:
    assert wire_samples.channels().items() >= {
        (what, name) for what, name in said["channels"].items() if f"channel {what}" not in GONE
    }


@each_release
async def test_process_hears_what_one_of_a_release_says(said: Json, own_redis: OwnRedis) -> None:
    ear, published = Ear(), said["published"]
    async with RedisBus(own_redis.url) as bus, connect(own_redis.url) as redis:
        bus.bind(ear)
        await bus.follow(CHANNEL)
        for what in ("kept", "told", "told to others", "ended"):
            message = published[what]
            await redis.publish(message["channel"], message["message"].replace("{number}", "1767323045000"))
        heard = [await asyncio.wait_for(ear.heard.get(), PATIENCE_S) for _ in range(4)]
    body, other_body = (published[what]["message"].partition(" ")[2] for what in ("kept", "told"))
    assert heard == [
        ("kept", CHANNEL, 1767323045000, body),
        ("told", CHANNEL, None, other_body),
        ("told", CHANNEL, SOCKET, other_body),
        ("ended", CHANNEL),
    ]


async def test_process_goes_on_when_it_hears_what_only_the_next_release_says(own_redis: OwnRedis) -> None:
    ear = Ear()
    async with RedisBus(own_redis.url) as bus, connect(own_redis.url) as redis:
        bus.bind(ear)
        await bus.follow(CHANNEL)
        channel = TODAY["published"]["ended"]["channel"]
        for message in ("N", "N1 {}", "", "E "):
            await redis.publish(channel, message)
        assert await asyncio.wait_for(ear.heard.get(), PATIENCE_S) == ("ended", CHANNEL)
        assert ear.heard.empty()
        assert bus.hears.is_set()


@each_release
async def test_process_hears_of_sessions_that_one_of_a_release_ended(said: Json, own_redis: OwnRedis) -> None:
    async def nothing() -> list[UUID]:
        return []

    heard = LocalRevocations(wire_samples.Standing())
    async with RedisRevocations(own_redis.url, heard=heard, reload=nothing), connect(own_redis.url) as redis:
        message = said["published"]["revoked"]
        await redis.publish(message["channel"], message["message"])
        async with asyncio.timeout(PATIENCE_S):
            while not heard.is_revoked(OTHER):
                await asyncio.sleep(0)


@each_release
async def test_process_finds_what_one_of_a_release_left(said: Json, own_redis: OwnRedis) -> None:
    left = said["stored"]
    frame, ticket, presence = left["frame"], left["ticket"], left["presence"]
    async with RedisBus(own_redis.url) as bus, connect(own_redis.url) as redis:
        seconds, _ = await redis.time()
        first, second = seconds * 1000, seconds * 1000 + 1
        for number in (first, second):
            await redis.xadd(frame["key"], frame["value"], id=f"{number}-0")
        assert await bus.since(CHANNEL, first) == [Kept(second, frame["value"]["f"].encode())]
        await redis.set(ticket["key"], json.dumps(ticket["value"]))
        assert await RedisTickets(redis).take(DIGEST) == HOLDER
        for spot, value in presence["value"].items():
            await redis.execute_command("HSET", presence["key"], spot, value)  # type: ignore[no-untyped-call]
        assert await RedisPresenceBook(redis, now=AT.timestamp).present(COMPANY) == [PRESENCE]


@each_release
async def test_frame_is_shown_once_when_processes_of_two_releases_carry_it(said: Json, own_redis: OwnRedis) -> None:
    async with RedisBus(own_redis.url) as bus, connect(own_redis.url) as redis:
        await redis.set(said["stored"]["frame once"]["key"], "1")
        await bus.append([CHANNEL], b"{}", once="once")
        assert await redis.exists(said["stored"]["frame"]["key"]) == 0


def test_last_release_of_the_api_is_kept() -> None:
    version = api_changes.last_release(api_changes.ROOT).name.removesuffix(".openapi.json.gz")
    assert version in KEPT


def test_release_is_kept_once(tmp_path: Path) -> None:
    (tmp_path / wire_samples.TODAY).write_text("{}")
    wire_samples.release(tmp_path, "1.0.0")
    assert (tmp_path / "wire-1.0.0.json").read_text() == "{}"
    with pytest.raises(wire_samples.Refused, match="released already"):
        wire_samples.release(tmp_path, "1.0.0")
