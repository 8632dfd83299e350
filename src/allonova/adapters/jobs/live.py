"""Runs the relay of sockets in a process: at once after a commit, and every second for what others left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from allonova.application.kernel.live import ChannelsDown
from allonova.application.kernel.ports import Lane

log = logging.getLogger(__name__)

BEAT_S = 1.0


class LiveRunner:
    """Wakes the relay. A process that died left its rows to the others' next beat."""

    def __init__(self) -> None:
        self._wanted = asyncio.Event()

    def wake(self, lanes: frozenset[Lane]) -> None:
        """Never waits, never fails."""
        if Lane.LIVE in lanes:
            self._wanted.set()

    @asynccontextmanager
    async def running(self, relay: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
        """Runs it until the end of the block."""
        task = asyncio.create_task(self._run_for_ever(relay), name="live relay")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run_for_ever(self, relay: Callable[[], Awaitable[object]]) -> None:
        is_down = False
        while True:
            try:
                async with asyncio.timeout(BEAT_S):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            try:
                await relay()
                is_down = False
            except ChannelsDown:
                if not is_down:
                    log.warning("nothing can be shown")
                is_down = True
            except Exception:
                log.exception("live relay failed")
