"""A few at once: providers are asked about many things, and not all at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

AT_ONCE = 8


async def in_lanes[T, R](items: Sequence[T], work: Callable[[T], Awaitable[R]]) -> list[R]:
    """What `work` makes of each, eight at a time; in no order that means anything. When one fails all end."""

    async def lane(mine: Sequence[T]) -> list[R]:
        return [await work(item) for item in mine]

    async with asyncio.TaskGroup() as group:
        lanes = [group.create_task(lane(items[first::AT_ONCE])) for first in range(min(AT_ONCE, len(items)))]
    return [made for each in lanes for made in each.result()]
