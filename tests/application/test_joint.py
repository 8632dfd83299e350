"""Who asks at once for the same is answered together, and by nothing older than his question."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from allonova.application.kernel.joint import Joint


class Slow:
    """A number that is read at the beginning and told when it is let go."""

    def __init__(self) -> None:
        self.now, self.begun = 1, 0
        self.gate = asyncio.Event()

    async def find(self) -> int:
        """The number as it was when this began."""
        self.begun += 1
        found = self.now
        await self.gate.wait()
        return found


async def settle() -> None:
    """Let everybody come as far as he can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def asked(joint: Joint[str, int], find: Callable[[], Awaitable[int]]) -> asyncio.Task[int]:
    """A question under way."""
    task = asyncio.create_task(joint("a", find))
    await settle()
    return task


async def test_latecomers_share_the_next_answer_and_hear_nothing_old() -> None:
    joint, slow = Joint[str, int](), Slow()
    first = await asked(joint, slow.find)
    slow.now = 2
    late = [await asked(joint, slow.find) for _ in range(50)]
    slow.gate.set()

    assert await first == 1
    assert set(await asyncio.gather(*late)) == {2}
    assert slow.begun == 2
    assert await joint("a", slow.find) == 2
    assert slow.begun == 3


async def test_other_keys_do_not_wait() -> None:
    joint, slow, other = Joint[str, int](), Slow(), Slow()
    held = await asked(joint, slow.find)
    other.gate.set()

    assert await joint("b", other.find) == 1
    assert not held.done()


async def test_others_are_answered_when_one_goes_away() -> None:
    joint, slow = Joint[str, int](), Slow()
    first = await asked(joint, slow.find)
    gone, stays = await asked(joint, slow.find), await asked(joint, slow.find)
    first.cancel()
    gone.cancel()
    await settle()
    slow.gate.set()

    assert await stays == 1
    assert (first.cancelled(), gone.cancelled(), slow.begun) == (True, True, 2)


async def test_all_hear_of_a_failure_and_the_next_asks_anew() -> None:
    joint, slow = Joint[str, int](), Slow()

    async def fail() -> int:
        await slow.gate.wait()
        raise LookupError

    waiting = [await asked(joint, fail), await asked(joint, fail), await asked(joint, fail)]
    slow.gate.set()

    for task in waiting:
        with pytest.raises(LookupError):
            await task
    assert await joint("a", slow.find) == 1
