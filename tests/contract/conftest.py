"""Every test here runs on each adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from allonova.adapters.postgres.pool import open_pool
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.user import User
from tests.support.factories import Driver, a_driver, a_stop, a_trip, a_user
from tests.support.postgres import admin_dsn, drop_database, fresh_database, wipe
from tests.support.worlds import World, memory_world, postgres_world


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The DSN of a migrated database that this process has to itself."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture(params=["memory", "postgres"])
def dsn(request: pytest.FixtureRequest) -> str | None:
    """Where the world lies; None for memory, which needs no server."""
    found: str = request.getfixturevalue("database") if request.param == "postgres" else ""
    return found or None


@pytest.fixture
async def world(dsn: str | None) -> AsyncIterator[World]:
    """An empty world."""
    if dsn is None:
        yield memory_world()
        return
    async with await open_pool(dsn, max_size=4) as pool, await open_pool(dsn, max_size=1, role=None) as owner:
        await wipe(owner)
        yield postgres_world(pool)


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
