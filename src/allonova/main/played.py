"""The played outside world: how it is set up, and as a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.jobs.arq_jobs import QueueWaker
from allonova.adapters.postgres.jobs import PostgresJobTrigger
from allonova.adapters.postgres.kernel.clock import PostgresClockControl
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.redis.client import connections
from allonova.adapters.sandbox.app import SandboxConfig, create_sandbox, sandbox_running
from allonova.main.full import schedule_of
from allonova.main.serving import Exit
from allonova.main.settings import Settings


def sandbox_config(settings: Settings, state: Path) -> SandboxConfig:
    """The sandbox's part of the settings."""
    return SandboxConfig(
        state_path=state,
        public_url=settings.base_url,
        webhook_base_url=settings.own_url,
        wave_webhook_secret=settings.wave_webhook,
        stripe_webhook_secret=settings.stripe_webhook,
        brevo_webhook_token=settings.brevo_webhook,
        orange_sms_receipt_secret=settings.orange_sms_receipts,
        form_hostname=settings.form_hostnames[0],
    )


def create_sandbox_process(settings: Settings, leaving: Exit) -> Starlette:
    """The outside world: its own state on disk, so that killing an API changes nothing in it."""
    http = httpx.AsyncClient(trust_env=False)
    state = settings.sandbox_state or Path(tempfile.gettempdir()) / f"allonova-sandbox-{settings.port}.sqlite"
    lazily = _Lazy(settings)
    sandbox = create_sandbox(sandbox_config(settings, state), clock=lazily, jobs=lazily, http=http)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with http, lazily.running(), sandbox_running(sandbox):
            yield

    app = Starlette(lifespan=lifespan)
    app.mount("/", sandbox)
    return app


class _Lazy:
    """Clock and job trigger of the sandbox's process, whose pool opens with its loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock: PostgresClockControl | None = None
        self._trigger: PostgresJobTrigger | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Until the end of the block."""
        pool = await open_pool(
            self._settings.database_url, min_size=1, max_size=4, pooled=self._settings.database_pooled
        )
        waker = QueueWaker(connections(self._settings.redis_url, retries=0))
        try:
            async with waker.running():
                self._clock = PostgresClockControl(pool, SystemClock())
                self._trigger = PostgresJobTrigger(pool, list(schedule_of(self._settings)), waker.wake)
                await self._clock.refresh()
                yield
        finally:
            await pool.close()

    @property
    def _started(self) -> tuple[PostgresClockControl, PostgresJobTrigger]:
        if self._clock is None or self._trigger is None:
            raise RuntimeError("the sandbox is not running")
        return self._clock, self._trigger

    def now(self) -> Any:
        """See Clock."""
        return self._started[0].now()

    async def advance(self, seconds: float) -> Any:
        """See ClockControl."""
        return await self._started[0].advance(seconds)

    async def run(self, name: str) -> None:
        """See JobTrigger."""
        await self._started[1].run(name)
