"""Positions of whatever moves: thinned, shown, kept now and then. Who reports one waits for nothing."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from allonova.application.kernel.live import ChannelsDown

log = logging.getLogger(__name__)

SHOW_GAP_S = 0.5  # realtime.md: at most two a second
TOGETHER_S = 0.05  # whose turn comes so soon after others' is shown with the next batch: one round trip for all
KEEP_EVERY_S = 10.0
REMEMBER_S = 300.0  # of one that is silent
LIMIT_S = 5.0  # for showing or keeping a batch


def loop_time() -> float:
    """Seconds that pass evenly, as the running loop counts them."""
    return asyncio.get_running_loop().time()


class Screen[K, F](Protocol):
    """Shows positions to whoever follows."""

    async def show(self, fixes: Sequence[tuple[K, F]]) -> None:
        """Each of these. Raises ChannelsDown: then they, or newer ones, come again."""


class Keeper[K, F](Protocol):
    """Stores positions."""

    async def keep(self, fixes: Sequence[tuple[K, F]]) -> None:
        """All of them in one statement. Whatever it raises, they or newer ones come again; so some may come twice."""


@dataclass(slots=True)
class _Track[F]:
    newest: F
    seen_at: float
    shown_at: float = -math.inf
    waits: bool = False


class Tracks[K: Hashable, F]:
    """The newest position of each thing that moves. It is shown at once, or half a second after the one before; what
    is overtaken while it waits is never shown, and the last one always is. Every ten seconds the newest of each that
    has moved is kept.

    Args:
        now: seconds that pass evenly.
    """

    def __init__(self, screen: Screen[K, F], keeper: Keeper[K, F], *, now: Callable[[], float] = loop_time) -> None:
        self._screen = screen
        self._keeper = keeper
        self._now = now
        self._tracks: dict[K, _Track[F]] = {}
        self._queue: list[tuple[float, int, K]] = []
        self._turns = count()
        self._unkept: dict[K, F] = {}
        self._wake = asyncio.Event()

    def take(self, key: K, fix: F) -> None:
        """It is there now. Costs a look-up and, twice a second, a place in a queue."""
        now, track = self._now(), self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = _Track(fix, now)
        track.newest, track.seen_at = fix, now
        self._unkept[key] = fix
        self.again(key)

    def again(self, key: K) -> None:
        """Show the newest once more when its turn comes: something about it is known that was not."""
        track = self._tracks.get(key)
        if track is not None and not track.waits:
            self._queue_up(key, track, max(self._now(), track.shown_at + SHOW_GAP_S))

    def last(self, key: K) -> F | None:
        """Where it was last seen by this process, unless that is long ago."""
        track = self._tracks.get(key)
        return None if track is None else track.newest

    def next_turn(self) -> float | None:
        """When somebody's turn comes, in seconds of `now`; None while nobody waits."""
        return self._queue[0][0] if self._queue else None

    async def show_due(self) -> int:
        """Show those whose turn has come; how many."""
        return await self._show(self._due(self._now()))

    async def keep_due(self) -> int:
        """Keep the newest of each that has moved since the last time; how many. Those that it fails to keep stay for
        the next time, unless newer ones come.
        """
        batch, self._unkept, is_kept = self._unkept, {}, not self._unkept
        self._forget()
        try:
            if batch:
                async with asyncio.timeout(LIMIT_S):
                    await self._keeper.keep(list(batch.items()))
                is_kept = True
        except Exception as error:  # noqa: BLE001 - whatever it is, the next time may be better
            log.warning("positions not kept", extra={"count": len(batch), "error": type(error).__name__})
        finally:
            if not is_kept:
                self._unkept = batch | self._unkept
        return len(batch) if is_kept else 0

    async def settle(self) -> None:
        """Show and keep all that waits, whoever's turn it is."""
        await self._show(self._due(math.inf))
        await self.keep_due()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Shows and keeps until the end of the block, and then what is left."""
        tasks = [
            asyncio.create_task(self._show_for_ever(), name="positions shown"),
            asyncio.create_task(self._keep_for_ever(), name="positions kept"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.settle()

    def _queue_up(self, key: K, track: _Track[F], at: float) -> None:
        track.waits = True
        heappush(self._queue, (at, next(self._turns), key))
        self._wake.set()

    def _due(self, until: float) -> list[tuple[K, F]]:
        found, now = [], self._now()
        while self._queue and self._queue[0][0] <= until:
            key = heappop(self._queue)[2]
            track = self._tracks[key]
            track.waits, track.shown_at = False, now
            found.append((key, track.newest))
        return found

    async def _show(self, fixes: list[tuple[K, F]]) -> int:
        if not fixes:
            return 0
        try:
            async with asyncio.timeout(LIMIT_S):
                await self._screen.show(fixes)
        except ChannelsDown:
            for key, _ in fixes:
                self.again(key)
            return 0
        except Exception:
            log.exception("positions not shown", extra={"count": len(fixes)})
            return 0
        return len(fixes)

    def _forget(self) -> None:
        """Whatever has been silent for long."""
        before = self._now() - REMEMBER_S
        for key in [key for key, track in self._tracks.items() if track.seen_at < before and not track.waits]:
            del self._tracks[key]

    async def _show_for_ever(self) -> None:
        while True:
            await self.show_due()
            await asyncio.sleep(TOGETHER_S)
            if self.next_turn() is None:
                self._wake.clear()
                await self._wake.wait()

    async def _keep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            await self.keep_due()
