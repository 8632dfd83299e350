"""Every test here runs on each adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.user import User
from tests.support.factories import Driver, a_driver, a_stop, a_trip, a_user
from tests.support.worlds import World, memory_world


@pytest.fixture(params=["memory"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """An empty world."""
    yield memory_world()


@dataclass(frozen=True, slots=True)
class Scene:
    """A driver, a published trip with one stop, and somebody who may book."""

    world: World
    driver: Driver
    trip: Trip
    passenger: User


@pytest.fixture
async def scene(world: World) -> Scene:
    """A scene that is committed."""
    driver, passenger = a_driver(), a_user()
    trip = a_trip(driver, stops=[a_stop()])
    await world.keep(driver, passenger, trip)
    return Scene(world, driver, trip, passenger)
