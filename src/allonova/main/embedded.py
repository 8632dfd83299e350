"""Embedded mode: API, jobs and sandbox in one process, in memory."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
from fastapi import FastAPI

from allonova.adapters.crypto.clock import OffsetClock
from allonova.adapters.http.root import create_app
from allonova.adapters.jobs.inprocess import InProcessJobs
from allonova.adapters.jobs.live import LiveRunner
from allonova.adapters.maps.straight_line import StraightLineRoutes
from allonova.adapters.sandbox.app import create_sandbox, sandbox_running
from allonova.adapters.telemetry.gauges import GaugeReader
from allonova.adapters.ws.channels import ROUTES
from allonova.adapters.ws.server import SocketServer
from allonova.application.kernel.ports import Lane
from allonova.main.memory import memory_platform
from allonova.main.parts.desks import desks
from allonova.main.played import sandbox_config
from allonova.main.seed import seed_demo
from allonova.main.seed_nova import seed_nova
from allonova.main.seed_papers import put_papers
from allonova.main.serving import Exit
from allonova.main.settings import Settings
from allonova.main.wiring import Service, build_outside, build_service, http_config


def create_embedded(settings: Settings, leaving: Exit | None = None) -> FastAPI:
    """The whole service as one app; what it keeps, the sandbox's books included, goes with the process."""
    clock, jobs = OffsetClock(), InProcessJobs()
    http = httpx.AsyncClient(trust_env=False)
    folder = tempfile.TemporaryDirectory(prefix="allonova-")
    state = settings.sandbox_state or Path(folder.name) / "sandbox.sqlite"
    settings = settings.model_copy(update={"files_dir": settings.files_dir or Path(folder.name) / "files"})
    sandbox = create_sandbox(sandbox_config(settings, state), clock=clock, jobs=jobs, http=http)
    live, sockets = LiveRunner(), SocketServer(ROUTES)

    def wake(lanes: frozenset[Lane]) -> None:
        jobs.wake(lanes)
        live.wake(lanes)

    platform = memory_platform(clock, wake=wake)
    service = build_service(settings, platform, build_outside(settings, clock, http, platform.limiter))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(folder)
            await stack.enter_async_context(http)
            if settings.with_sandbox:
                await stack.enter_async_context(sandbox_running(sandbox))
            await stack.enter_async_context(service.book.running())
            await seed(service)
            await stack.enter_async_context(jobs.running(service.jobs))
            await stack.enter_async_context(live.running(service.relay_live))
            await stack.enter_async_context(service.serving_sockets())
            yield

    sockets.stand_on(service.sockets, service.hub)
    if leaving is not None:
        leaving.hub = service.hub
    played = sandbox if settings.with_sandbox else None
    app = create_app(http_config(settings), lifespan=lifespan, outside=played, sockets=sockets)
    gauges = GaugeReader(platform.gauges, clock)
    app.state.edge = replace(service.edge, read_gauges=gauges.read)
    app.state.service = service
    return app


async def seed(service: Service) -> bool:
    """Put the demo data in, unless it is there. Whether anything was missing."""
    platform, outside = service.platform, service.outside
    rides = await seed_demo(
        platform.begin,
        clock=platform.clock,
        ids=outside.ids,
        sealer=outside.sealer,
        hasher=outside.hasher,
        planner=StraightLineRoutes(),  # the played router answers once the service does
    )
    await put_papers(outside.files)
    courses = await seed_nova(
        platform.dispatch.begin_for,
        platform.dispatch.doors,
        desks(platform, outside).orders,
        clock=platform.clock,
        ids=outside.ids,
        hasher=outside.hasher,
    )
    return rides or courses
