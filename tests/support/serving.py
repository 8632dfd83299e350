"""The real app and the played vendors in one event loop, on either platform, and time that only tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.http.provide import HttpConfig
from allonova.adapters.http.root import create_app
from allonova.adapters.local.bus import LocalBus
from allonova.adapters.local.carpool.searches import LocalSearchCache
from allonova.adapters.local.dispatch.presences import LocalPresenceBook
from allonova.adapters.local.limits import LocalRateLimiter
from allonova.adapters.local.revocations import LocalRevocations
from allonova.adapters.local.tickets import LocalTickets
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.adapters.sandbox.app import Pace, create_sandbox, sandbox_running
from allonova.adapters.ws.channels import ROUTES
from allonova.adapters.ws.frames import FrameChannels
from allonova.adapters.ws.server import SocketServer
from allonova.application.kernel.ports import Lane
from allonova.main.memory import memory_platform
from allonova.main.parts import Platform
from allonova.main.platforms import postgres_dispatch, postgres_reads
from allonova.main.played import sandbox_config
from allonova.main.settings import Env, Settings
from allonova.main.wiring import HEARD, LIVE, build_outside, build_service, http_config
from tests.sandbox.harness import RealTime
from tests.support.api import Api
from tests.support.documented import Documented, documented
from tests.support.factories import SetClock
from tests.support.inside import Inside, InsideMemory, InsidePostgres
from tests.support.postgres import wipe
from tests.support.round_trips import RoundTrips, heard
from tests.support.sieve import SIEVE
from tests.support.wire import ADDRESS, ORIGIN, ROOT

OUTSIDE = "http://127.0.0.1:8000/sandbox"
NO_LIMIT = 1_000_000
SETTINGS = Settings.model_construct(
    env=Env.TEST,
    public_url=ROOT,
    cors_origins=(ORIGIN,),
    rate_limit_per_minute=NO_LIMIT,
    address_limit_per_minute=NO_LIMIT,
    auth_limit_per_minute=NO_LIMIT,
    auth_address_limit_per_minute=NO_LIMIT,
    auth_identifier_limit_per_hour=NO_LIMIT,
)


@dataclass(slots=True)
class _Turned:
    """The service's clock and jobs, as the sandbox's controls turn them."""

    clock: SetClock
    api: Api | None = None

    def now(self) -> datetime:
        """See ClockControl."""
        return self.clock.now()

    async def advance(self, seconds: float) -> datetime:
        """See ClockControl."""
        return self.clock.advance(timedelta(seconds=seconds))

    async def run(self, name: str) -> None:
        """See JobTrigger."""
        assert self.api is not None
        await self.api.run(name)


@cache
def app_of(config: HttpConfig) -> FastAPI:
    """The app, made once for each configuration: its edge is another one for each test."""
    return create_app(config)


@cache
def _documented(config: HttpConfig) -> Documented:
    return documented(app_of(config))


@dataclass(frozen=True, slots=True)
class Server:
    """A database of our own: the application's connections, and one of whoever owns the tables."""

    pool: Pool
    owner: Pool


@asynccontextmanager
async def server_at(dsn: str) -> AsyncIterator[Server]:
    """Connected; many tests share it, since warm connections are ten times faster than new ones."""
    with heard():
        async with (
            await open_pool(dsn, min_size=12, max_size=12) as pool,
            await open_pool(dsn, max_size=1, role=None) as owner,
        ):
            yield Server(pool, owner)


@asynccontextmanager
async def api_on(server: Server | None, settings: Settings = SETTINGS) -> AsyncIterator[Api]:
    """The service on a PostgreSQL that is emptied first, or in memory when there is none."""
    clock, real_time = SetClock(), RealTime()
    app, turned = app_of(http_config(settings)), _Turned(clock)
    async with AsyncExitStack() as stack:
        platform, inside = await platform_on(server, clock)
        ours = httpx.ASGITransport(app=RoundTrips(app), client=(ADDRESS, 50_000))
        callbacks = await stack.enter_async_context(httpx.AsyncClient(transport=ours))
        state = sandbox_config(settings, Path(":memory:"))
        sandbox = create_sandbox(state, clock=turned, jobs=turned, http=callbacks, pace=_pace(real_time))
        await stack.enter_async_context(sandbox_running(sandbox))
        theirs = httpx.ASGITransport(app=sandbox)
        vendors = await stack.enter_async_context(httpx.AsyncClient(transport=theirs))
        service = build_service(settings, platform, build_outside(settings, clock, vendors, platform.limiter))
        app.state.edge = service.edge
        sockets = SocketServer(ROUTES)
        sockets.stand_on(service.sockets, service.hub)
        hooks: dict[str, list[Callable[..., Any]]] = {"response": [_documented(http_config(settings)), SIEVE.exchanged]}
        client = httpx.AsyncClient(transport=ours, base_url=f"{ROOT}/api/v1", event_hooks=hooks)
        turned.api = Api(
            http=await stack.enter_async_context(client),
            outside=await stack.enter_async_context(
                httpx.AsyncClient(transport=theirs, base_url=OUTSIDE, event_hooks={"response": [SIEVE.told]})
            ),
            app=app,
            sockets=sockets,
            service=service,
            settings=settings,
            clock=clock,
            real_time=real_time,
            inside=inside,
        )
        yield turned.api


def _pace(time: RealTime) -> Pace:
    """A call that hangs for 0 s answers at once; whatever waits longer waits for the test."""

    async def sleep(seconds: float) -> None:
        if seconds > 0:
            await time.sleep(seconds)

    return Pace(sleep=sleep, real_time=time.now)


async def platform_on(server: Server | None, clock: SetClock) -> tuple[Platform, Inside]:
    """What the service stands on: a database that is emptied first, or memory when there is none."""
    if server is None:
        memory = memory_platform(clock, wake=_nobody)
        return memory, InsideMemory(memory)
    await wipe(server.owner)
    pool, bus = server.pool, LocalBus()
    units = PostgresUnits(pool, subscribers=HEARD, live=LIVE, ids=RandomIds(), clock=clock, wake=_nobody)
    platform = Platform(
        begin=units.begin,
        **postgres_reads(pool),
        dispatch=postgres_dispatch(pool, units),
        clock=clock,
        revocations=LocalRevocations(clock),
        limiter=LocalRateLimiter(),
        searches=LocalSearchCache(),
        bus=bus,
        channels=FrameChannels(bus, clock),
        tickets=LocalTickets(clock),
        presences=LocalPresenceBook(),
        health=dict.fromkeys(("database", "cache", "queue"), _is_up),
    )
    return platform, InsidePostgres(server.owner)


async def _is_up() -> None:
    """Nothing here is ever down."""


def _nobody(lanes: frozenset[Lane]) -> None:
    """Nobody is woken: the test relays by itself."""
