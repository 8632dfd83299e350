"""The service on both platforms, as fixtures: a folder's conftest imports those that its tests ask for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.api import Api
from tests.support.postgres import admin_dsn, drop_database, fresh_database
from tests.support.serving import Server, api_on, server_at


def on_one_loop(items: list[pytest.Item], folder: Path) -> None:
    """Let all tests of a folder share an event loop, and so warm connections, which belong to the loop that made
    them."""
    for item in items:
        if item.path.is_relative_to(folder) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The DSN of a migrated database that this process has to itself."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(database: str) -> AsyncIterator[Server]:
    """Connections to it."""
    async with server_at(database) as it:
        yield it


@pytest.fixture(params=["memory", "postgres"])
def server(request: pytest.FixtureRequest) -> Server | None:
    """Where the store lies; None for memory, which needs no server."""
    return request.getfixturevalue("postgres") if request.param == "postgres" else None


@pytest_asyncio.fixture(loop_scope="session")
async def api(server: Server | None) -> AsyncIterator[Api]:
    """The service with an empty store, and the played world around it."""
    async with api_on(server) as it:
        yield it
