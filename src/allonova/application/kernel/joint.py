"""What is dear to find out, and the same for all who ask at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable


class Joint[K: Hashable, T]:
    """Whoever asks while the same is being found out waits for the next time, which then serves all who have come by
    then. So there are two at most who work for any number that ask, and nobody hears what was so before he asked.
    """

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[T]] = {}
        self._next: dict[K, asyncio.Task[T]] = {}

    async def __call__(self, key: K, find: Callable[[], Awaitable[T]]) -> T:
        """What is found for `key`; raises what `find` raises, for all who wait. Who goes away does not stop it."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._find(key, find), name="joint")
        return await asyncio.shield(task)

    async def _find(self, key: K, find: Callable[[], Awaitable[T]]) -> T:
        if before := self._running.get(key):
            await asyncio.wait([before])
        mine = self._running[key] = self._next.pop(key)  # from here on whoever comes is too late for it
        try:
            return await find()
        finally:
            if self._running.get(key) is mine:
                del self._running[key]
