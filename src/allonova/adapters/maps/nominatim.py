"""Names of places by Nominatim, from OpenStreetMap (nominatim.org/release-docs, "Reverse"; providers.md 1.10)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import httpx

from allonova.adapters.maps.lines import one_line
from allonova.adapters.maps.osrm import PATIENCE_S
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import VendorHttp, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.kernel.limits import Limit, RateLimiter
from allonova.application.kernel.places import Places
from allonova.domain.kernel.errors import ProviderUnavailable, ServiceUnavailable
from allonova.domain.kernel.geo import Point

log = logging.getLogger(__name__)

NAME: Final = "nominatim"
NOWHERE: Final = "Unable to geocode"
# The nearest thing that has a name, then what it stands in. Whole regions name no place to stand at.
NEAR: Final = ("name", "road", "neighbourhood", "quarter", "suburb", "hamlet")
TOWN: Final = ("city", "town", "village", "municipality")
TRIES: Final = 3
# operations.osmfoundation.org/policies/nominatim: an absolute maximum of one request a second, all users together.
PUBLIC_PACE: Final = Limit(name=NAME, key="public", amount=1, window_s=1, closed=True)

type Turn = Callable[[], Awaitable[bool]]


async def at_once() -> bool:
    """On a server of one's own nobody queues."""
    return True


class InTurn:
    """One request a second of all processes together. While they cannot be counted together, none is made."""

    def __init__(self, limiter: RateLimiter, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._limiter = limiter
        self._sleep = sleep

    async def __call__(self) -> bool:
        """Whether the turn came while somebody could be kept waiting."""
        for tries_left in reversed(range(TRIES)):
            try:
                verdict = await self._limiter.hit([PUBLIC_PACE])
            except ServiceUnavailable:
                return False
            if verdict.allowed:
                return True
            if tries_left:
                await self._sleep(PUBLIC_PACE.window_s)
        return False


class NominatimPlaces:
    """`user_agent` names the application and a way to reach who runs it: the public server asks for that."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        user_agent: str,
        turn: Turn = at_once,
        breaker: Breaker | None = None,
    ) -> None:
        self._nominatim = VendorHttp(
            vendor=NAME,
            http=http,
            base_url=base_url,
            headers={"User-Agent": user_agent},
            breaker=breaker or Breaker(),
            total_s=PATIENCE_S,
        )
        self._turn = turn

    async def name_of(self, point: Point, *, language: str) -> str | None:
        """See Places."""
        if not await self._turn():
            raise ProviderUnavailable(NAME)
        query = {
            "lat": f"{point.lat:.6f}",
            "lon": f"{point.lon:.6f}",
            "format": "jsonv2",
            "accept-language": language,
            "zoom": "18",
            "addressdetails": "1",
        }
        reply = await self._nominatim.call("GET", "/reverse", query=query)
        body = reply.body if isinstance(reply.body, dict) else {}
        if reply.is_success and body.get("error") == NOWHERE:
            return None
        address = body.get("address")
        if not reply.is_success or not isinstance(address, dict):
            told = {"status": reply.status, "reason": _reason(body.get("error"))}
            log.error("nominatim cannot be asked", extra=told)
            raise ProviderUnavailable(NAME)
        return one_line(_first({**address, "name": body.get("name")}, NEAR), _first(address, TOWN))


def _first(fields: Mapping[str, Json], names: tuple[str, ...]) -> Json:
    return next((value for name in names if (value := plain(fields.get(name)))), None)


def _reason(error: Json) -> str:
    """Two shapes: a text with status 200, an object with status 400."""
    return plain(error.get("message") if isinstance(error, dict) else error)


def _conforms(places: NominatimPlaces) -> Places:
    return places
