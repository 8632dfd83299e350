"""Real time as the played world spends it; a test passes its own and never waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

type Sleep = Callable[[float], Awaitable[None]]


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How to wait, what the real time is (Unix seconds), and the bounds on waiting for our own service."""

    sleep: Sleep = _sleep
    real_time: Callable[[], float] = time.time
    first_try_s: float = 5.0
    # Wave, /webhook: answer within 5 s.
    callback_timeout_s: float = 5.0


REAL_PACE = Pace()
