"""Is the process up, and can it serve?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response

from allonova.adapters.http.answers import Envelope, answer
from allonova.adapters.http.provide import edge_of

router = APIRouter(tags=["Operations"])
TIMEOUT_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The process answers."""

    status: Literal["up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Each part is `up` or `down`."""

    database: str
    cache: str
    queue: str


@router.get("/healthz", response_model=Envelope[Health])
async def healthz() -> Response:
    """The process is up."""
    return answer(Health(status="up"))


@router.get("/readyz", response_model=Envelope[Readiness], responses={503: {"model": Envelope[Readiness]}})
async def readyz(request: Request) -> Response:
    """Whether it can serve, and what is down if not. A process that was told to stop is not ready any more."""
    checks, is_leaving = edge_of(request).health, edge_of(request).is_leaving()
    states = dict(zip(checks, await asyncio.gather(*map(_state, checks.values())), strict=True))
    return answer(Readiness(**states), status=503 if is_leaving or set(states.values()) != {"up"} else 200)


async def _state(check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await check()
    except Exception:  # noqa: BLE001 - whatever is wrong, the part is down
        return "down"
    return "up"
