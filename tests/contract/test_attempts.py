"""Attempts: no more than the limit within any window."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.factories import MINUTE, NOW, SECOND, AnyUnit
from tests.support.worlds import World

WINDOW = 10 * MINUTE


async def take(world: World, later: timedelta, *, key: str = "otp:1", limit: int = 3) -> datetime | None:
    async with world.begin() as unit:
        return await unit.attempts.take(key, limit=limit, window=WINDOW, now=NOW + later)


async def test_counted_when_under_the_limit(world: World) -> None:
    assert [await take(world, n * SECOND) for n in range(3)] == [None] * 3


async def test_refused_until_the_oldest_leaves_the_window_when_at_the_limit(world: World) -> None:
    for minutes in (0, 4, 8):
        assert await take(world, minutes * MINUTE) is None
    assert await take(world, 9 * MINUTE) == NOW + WINDOW
    assert await take(world, 10 * MINUTE - SECOND) == NOW + WINDOW


async def test_counted_when_the_oldest_has_just_left_the_window(world: World) -> None:
    for minutes in (0, 4, 8):
        await take(world, minutes * MINUTE)
    assert await take(world, 10 * MINUTE) is None
    assert await take(world, 11 * MINUTE) == NOW + 14 * MINUTE


async def test_refusals_not_counted_when_repeated(world: World) -> None:
    for seconds in range(20):
        await take(world, seconds * SECOND)
    assert [await take(world, WINDOW + n * SECOND) for n in range(3)] == [None] * 3


async def test_keys_counted_apart_when_several_are_used(world: World) -> None:
    assert await take(world, timedelta(0), key="a", limit=1) is None
    assert await take(world, timedelta(0), key="b", limit=1) is None
    assert await take(world, timedelta(0), key="a", limit=1) == NOW + WINDOW


async def test_several_counted_when_made_at_one_instant(world: World) -> None:
    taken = [await take(world, timedelta(0), limit=2) for _ in range(3)]
    assert taken == [None, None, NOW + WINDOW]


async def test_the_try_that_must_leave_named_when_the_limit_was_lowered(world: World) -> None:
    for minutes in (0, 4, 8):
        await take(world, minutes * MINUTE)
    assert await take(world, 9 * MINUTE, limit=2) == NOW + 14 * MINUTE


async def test_counted_from_nothing_when_cleared(world: World) -> None:
    await take(world, timedelta(0), limit=1)
    await world.run(lambda unit: unit.attempts.clear("otp:1"))
    await world.run(lambda unit: unit.attempts.clear("never used"))
    assert await take(world, SECOND, limit=1) is None


async def test_forgotten_when_the_unit_rolls_back(world: World) -> None:
    async def fail(unit: AnyUnit) -> None:
        await unit.attempts.take("otp:1", limit=1, window=WINDOW, now=NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await world.run(fail)
    assert await take(world, SECOND, limit=1) is None
