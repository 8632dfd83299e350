"""Presences between processes: what happens to those of one that died, and while Redis is gone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from allonova.adapters.local.bus import LocalBus
from allonova.adapters.local.dispatch.presences import LocalPresenceBook
from allonova.adapters.memory.dispatch.screen_queries import MemoryScreenQueries
from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.memory.unit import MemoryUnits
from allonova.adapters.redis.client import connect
from allonova.adapters.redis.dispatch.presences import RedisPresenceBook
from allonova.adapters.ws.frames import FrameChannels
from allonova.application.dispatch.frames import Mode, Par, planning_of
from allonova.application.dispatch.presences import LASTS_S, RENEWED_EVERY_S, Presence, PresenceBook, Presences, Spot
from allonova.application.dispatch.screen_queries import ScreenQueries
from allonova.application.kernel.live import Channels
from allonova.domain.dispatch.societe import Societe
from tests.redis.conftest import OwnRedis
from tests.support.factories import NumberedIds, SetClock
from tests.support.nova import a_client, a_commande, a_societe
from tests.ws.test_bus import Ear

VOIR, DEPLACER = Mode.VOIR, Mode.DEPLACER
AWA, ALI = Par(id=uuid4(), name="Awa"), Par(id=uuid4(), name="Ali")


class Seconds:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture(params=["local", "redis"])
async def book(request: pytest.FixtureRequest, redis_url: str, seconds: Seconds) -> AsyncIterator[PresenceBook]:
    if request.param == "local":
        yield LocalPresenceBook(seconds)
        return
    async with connect(redis_url) as redis:
        yield RedisPresenceBook(redis, seconds)


def a_presence(par: Par = AWA, mode: Mode = VOIR) -> Presence:
    return Presence(Spot(uuid4(), uuid4()), par, mode)


async def test_presence_lasts_when_it_is_renewed_and_is_given_up_once_when_it_is_not(
    book: PresenceBook, seconds: Seconds
) -> None:
    here, elsewhere = uuid4(), uuid4()
    kept, lost, left = a_presence(), a_presence(ALI, DEPLACER), a_presence()
    await book.put(here, [kept, lost, left])
    await book.put(elsewhere, [a_presence()])
    await book.put(here, [])
    assert {each.spot for each in await book.drop(here, [left.spot])} == {kept.spot, lost.spot}
    seconds.at += LASTS_S - 1
    assert await book.take_lost(here) == []
    await book.put(here, [kept])
    seconds.at += 1
    assert await book.present(here) == await book.drop(here, [left.spot]) == [kept]
    assert await book.take_lost(here) == [lost]
    assert await book.take_lost(here) == []
    assert await book.drop(here, [kept.spot]) == []


@dataclass(slots=True)
class World:
    """A company with a card, and what its boards are told."""

    societe: Societe
    card: UUID
    screens: ScreenQueries
    channels: Channels
    ear: Ear

    def process(self, book: PresenceBook) -> Presences:
        """One more."""
        return Presences(book, self.screens, self.channels)

    def told(self) -> list[tuple[str, str | None]]:
        """Who does what now, since the last time."""
        found = []
        while not self.ear.passed.empty():
            frame: Any = json.loads(self.ear.passed.get_nowait()[1])
            found.append((frame["data"]["par"]["name"], frame["data"]["mode"]))
        return found


@pytest.fixture
async def world() -> World:
    database, clock, ear = MemoryDatabase(), SetClock(), Ear()
    units = MemoryUnits(database, subscribers={}, ids=NumberedIds(), clock=clock, wake=lambda _: None)
    societe = a_societe()
    client = a_client(societe)
    commande = a_commande(societe, client)
    async with units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.clients.add(client)
        await unit.commandes.add(commande)
    bus = LocalBus()
    bus.bind(ear)
    await bus.follow(planning_of(societe.id))
    return World(societe, commande.id, MemoryScreenQueries(database), FrameChannels(bus, clock), ear)


async def test_whoever_was_lost_with_his_process_is_gone_after_a_minute(
    book: PresenceBook, seconds: Seconds, world: World
) -> None:
    dying, living = world.process(book), world.process(book)
    awa, ali = uuid4(), uuid4()
    await dying.say(awa, world.societe.id, AWA, world.card, DEPLACER)
    assert len(await living.sit(ali, world.societe.id, ALI)) == 1
    await living.say(ali, world.societe.id, ALI, world.card, VOIR)
    assert world.told() == [("Awa", "deplacer"), ("Ali", "voir")]
    for _ in range(int(LASTS_S / RENEWED_EVERY_S) - 1):
        seconds.at += RENEWED_EVERY_S
        await living.beat()
    assert world.told() == []
    seconds.at += RENEWED_EVERY_S
    for _ in range(2):
        await living.beat()
    assert world.told() == [("Awa", None)]
    assert [each.par for each in await book.present(world.societe.id)] == [ALI]


async def test_all_is_silent_while_redis_is_gone_and_made_up_for_later(own_redis: OwnRedis, world: World) -> None:
    societe_id, socket_id, other = world.societe.id, uuid4(), uuid4()
    async with connect(own_redis.url, retries=0) as redis:
        process = world.process(RedisPresenceBook(redis))
        await process.say(other, societe_id, ALI, world.card, VOIR)
        await own_redis.stop()
        assert await process.sit(socket_id, societe_id, AWA) == []
        await process.say(socket_id, societe_id, AWA, world.card, DEPLACER)
        await process.leave(other)
        await process.beat()
        assert world.told() == [("Ali", "voir")]
        await own_redis.start()
        await process.beat()
        assert world.told() == [("Awa", "deplacer"), ("Ali", None)]
        assert [each.par for each in await RedisPresenceBook(redis).present(societe_id)] == [AWA]
