"""What a chauffeur's position is judged by: knowledge of some seconds, which costs no frame a query."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest

from allonova.adapters.local.bus import LocalBus
from allonova.adapters.memory.dispatch.screen_queries import MemoryScreenQueries
from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.memory.unit import MemoryUnits
from allonova.adapters.ws.frames import FrameChannels
from allonova.application.dispatch.track_taxis import KNOWN_S, TaxiKeeper, TaxiScreen, TaxiTracks, TrackTaxi
from allonova.application.kernel.tracks import Tracks
from allonova.domain.dispatch.staff import Membre, StaffRole
from allonova.domain.dispatch.taxi import Driving, NoTaxi, Taxi, TaxiOutOfService, TaxiStatut
from allonova.domain.kernel.errors import ServiceUnavailable
from allonova.domain.kernel.geo import Point
from tests.support.factories import NumberedIds, SetClock
from tests.support.nova import a_colleague, a_societe, a_taxi

HERE = Point(5.32, -4.02)


class Counted(MemoryScreenQueries):
    """Counts what is asked; fails while it is down."""

    asked = 0
    is_down = False

    async def driving(self, societe_id: UUID) -> Mapping[UUID, Driving]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_down:
            raise OSError("gone")
        return await super().driving(societe_id)


class Seconds:
    """Time that stands still until a test moves it."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass(slots=True)
class World:
    """A chauffeur with his taxi, and who takes his positions."""

    units: MemoryUnits
    taxi: Taxi
    by: Membre
    screens: Counted
    track: TrackTaxi
    seconds: Seconds

    async def set(self, statut: TaxiStatut) -> None:
        """His taxi stands otherwise."""
        async with self.units.begin_for(self.by.societe_id) as unit:
            taxi = await unit.taxis.get(self.taxi.id)
            taxi.statut = statut
            await unit.taxis.save(taxi)

    async def learned(self) -> None:
        """What was asked is answered."""
        while self.track.is_learning:
            await asyncio.sleep(0)


@pytest.fixture
async def world() -> World:
    database, clock, ids, seconds = MemoryDatabase(), SetClock(), NumberedIds(), Seconds()
    units = MemoryUnits(database, subscribers={}, ids=ids, clock=clock, wake=lambda _: None)
    societe = a_societe()
    taxi = a_taxi(societe)
    chauffeur = a_colleague(societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id)
    async with units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.taxis.add(taxi)
        await unit.staff.add(chauffeur)
    screens = Counted(database)
    tracks: TaxiTracks = Tracks(TaxiScreen(FrameChannels(LocalBus(), clock)), TaxiKeeper(units.begin_for))
    track = TrackTaxi(tracks, screens, clock, ids, now=seconds)
    return World(units, taxi, Membre(chauffeur.id, societe.id, StaffRole.CHAUFFEUR), screens, track, seconds)


async def test_many_who_come_at_once_ask_once(world: World) -> None:
    await asyncio.gather(*(world.track.prepare(world.by.societe_id) for _ in range(50)))
    assert world.screens.asked == 1
    for _ in range(100):
        world.track(by=world.by, point=HERE)
    await world.track.prepare(world.by.societe_id)
    assert world.screens.asked == 1


async def test_change_is_seen_some_seconds_later_and_asked_for_once(world: World) -> None:
    await world.track.prepare(world.by.societe_id)
    await world.set(TaxiStatut.HORS_SERVICE)
    world.seconds.at += KNOWN_S
    world.track(by=world.by, point=HERE)
    world.seconds.at += 1
    for _ in range(10):
        world.track(by=world.by, point=HERE)  # none waits for the answer
    await world.learned()
    assert world.screens.asked == 2
    with pytest.raises(TaxiOutOfService):
        world.track(by=world.by, point=HERE)
    await world.set(TaxiStatut.EN_COURSE)
    world.seconds.at += KNOWN_S + 1
    with pytest.raises(TaxiOutOfService):
        world.track(by=world.by, point=HERE)
    await world.learned()
    world.track(by=world.by, point=HERE)


async def test_what_was_known_counts_when_nothing_can_be_learned(world: World) -> None:
    world.screens.is_down = True
    with pytest.raises(ServiceUnavailable):
        await world.track.prepare(world.by.societe_id)
    with pytest.raises(NoTaxi):
        world.track(by=world.by, point=HERE)
    await world.learned()
    world.screens.is_down = False
    await world.track.prepare(world.by.societe_id)
    world.screens.is_down, before = True, world.screens.asked
    world.seconds.at += KNOWN_S + 1
    for _ in range(3):
        world.track(by=world.by, point=HERE)
        await world.learned()
    assert world.screens.asked == before + 1
