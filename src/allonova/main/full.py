"""Full mode: API, worker and sandbox as processes of their own on PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, cast

import httpx
from arq.worker import Worker
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from allonova.adapters.http.forward import forward_to
from allonova.adapters.http.root import create_app, create_ops
from allonova.adapters.jobs.arq_jobs import QueueWaker, create_worker, waiting
from allonova.adapters.jobs.job import Job
from allonova.adapters.jobs.live import LiveRunner
from allonova.adapters.postgres.failures import STORAGE_FAILURES
from allonova.adapters.postgres.jobs import JobRequests
from allonova.adapters.postgres.kernel.clock import PostgresClockControl
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.redis.client import connections
from allonova.adapters.telemetry.gauges import Count, GaugeReader
from allonova.adapters.telemetry.jobs import expect_jobs
from allonova.adapters.ws.channels import ROUTES
from allonova.adapters.ws.server import SocketServer
from allonova.application.dispatch.back_up import JOB as BACKUP
from allonova.application.kernel.ports import Clock, Lane
from allonova.main.platforms import postgres_platform
from allonova.main.serving import Exit, serving_beside
from allonova.main.settings import Settings
from allonova.main.wiring import EVERY_S, LIMIT_S, Service, build_outside, build_service, http_config


@asynccontextmanager
async def running_service(settings: Settings) -> AsyncIterator[Service]:
    """Everything a process of this mode stands on."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        waker = QueueWaker(connections(settings.redis_url, retries=0))
        await stack.enter_async_context(waker.running())
        live = LiveRunner()

        def wake(lanes: frozenset[Lane]) -> None:
            live.wake(lanes)
            if Lane.WORK in lanes:
                waker.wake()

        platform = await stack.enter_async_context(postgres_platform(settings, wake=wake))
        service = build_service(settings, platform, build_outside(settings, platform.clock, http, platform.limiter))

        async def relay() -> None:
            await refresh_clock(platform.clock)
            await service.relay_live()

        await stack.enter_async_context(service.book.running())
        await stack.enter_async_context(live.running(relay))
        yield service


async def refresh_clock(clock: Clock) -> None:
    """Learn whether the sandbox moved the time; nothing to learn where there is no sandbox."""
    if isinstance(clock, PostgresClockControl):
        await clock.refresh()


def schedule_of(settings: Settings) -> dict[str, int]:
    """The jobs of this mode: there is no backup without a folder for it."""
    left_out = set() if settings.backup_dir else {BACKUP}
    return {name: every_s for name, every_s in EVERY_S.items() if name not in left_out}


def create_api(settings: Settings, leaving: Exit) -> ASGIApp:
    """The API."""
    outside, sockets = cast("ASGIApp | None", None), SocketServer(ROUTES)
    sandbox_http = httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(65))
    if settings.with_sandbox:
        outside = forward_to(settings.sandbox_url.removesuffix("/sandbox"), sandbox_http)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with sandbox_http, running_service(settings) as service:
            app.state.edge = service.edge
            app.state.service = service
            sockets.stand_on(service.sockets, service.hub)
            leaving.hub = service.hub
            async with service.serving_sockets():
                yield

    app = create_app(http_config(settings), lifespan=lifespan, outside=outside, sockets=sockets)
    return _with_sandbox_time(app) if settings.with_sandbox else app


def _with_sandbox_time(app: FastAPI) -> ASGIApp:
    """Every request sees the time that the sandbox shows, at the price of a query: never in production."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" or (scope["type"] == "http" and scope["path"].startswith("/api/")):
            with suppress(*STORAGE_FAILURES):  # the app itself answers 503, in the envelope
                await refresh_clock(app.state.edge.clock)
        await app(scope, receive, send)

    return call


def run_job_worker(settings: Settings) -> None:
    """Work until told to stop. Raises RedisError or one of AWAY when a server that it needs is gone; all that it held
    is closed then, so that it can be called again: arq leaves that to the end of the process.
    """
    with asyncio.Runner() as runner:
        runner.get_loop()  # arq asks for the current loop while it is built
        stack = AsyncExitStack()
        worker = _job_worker(settings, stack)
        try:
            worker.run()
        finally:
            runner.run(stack.aclose())


def _job_worker(settings: Settings, stack: AsyncExitStack) -> Worker:
    held: dict[str, Any] = {}
    redis = connections(settings.redis_url, retries=0)
    stack.push_async_callback(redis.disconnect)

    async def start(ctx: dict[Any, Any]) -> None:
        service = await stack.enter_async_context(running_service(settings))
        held["service"] = service
        held["jobs"] = {job.name: job for job in service.jobs}
        pool = await open_pool(settings.database_url, min_size=1, max_size=2, pooled=settings.database_pooled)
        stack.push_async_callback(pool.close)
        held["requests"] = JobRequests(pool)
        expect_jobs(schedule_of(settings))
        if settings.worker_port:
            app = _ops_of(settings, service, partial(waiting, ctx["redis"]))
            served = serving_beside(app, host=settings.bind_host, port=settings.worker_port)
            await stack.enter_async_context(served)

    async def stop(ctx: dict[Any, Any]) -> None:
        await stack.aclose()

    async def learn_time() -> None:
        await refresh_clock(held["service"].platform.clock)

    def jobs() -> dict[str, Job]:
        found: dict[str, Job] = held["jobs"]
        return found

    return create_worker(
        redis,
        jobs=jobs,
        requests=lambda: held["requests"],
        on_startup=start,
        on_shutdown=stop,
        before_job=learn_time,
        schedule=tuple(schedule_of(settings).items()),
        limits=LIMIT_S,
    )


def _ops_of(settings: Settings, service: Service, waiting_jobs: Count) -> FastAPI:
    """What the worker shows of itself, and of the database for all processes."""
    app = create_ops(http_config(settings))
    gauges = GaugeReader(service.platform.gauges, service.platform.clock, waiting_jobs)
    app.state.edge = replace(service.edge, read_gauges=gauges.read)
    return app
