"""Roads by OSRM, and by whoever speaks as it does."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import Final

import httpx

from allonova.adapters.maps.osrm_wire import Unreadable, coordinates, read_route, read_table
from allonova.adapters.maps.stretches import Stretch, add_up
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import VendorHttp, plain
from allonova.adapters.vendors.strict_json import Json
from allonova.application.kernel.roads import NoRoad, RoutePlanner
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.road import Reached

log = logging.getLogger(__name__)

NAME: Final = "osrm"
PATIENCE_S: Final = 3.0  # somebody waits, and there is a rougher answer without it
NOWHERE: Final = frozenset({"NoRoute", "NoSegment"})
MAX_CODE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Where a vendor has OSRM's two services, and how many points he takes at a time. `query` goes with both."""

    route: str
    table: str
    most_points: int
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


# The profile in the path is ignored: a server knows the one that its map was made with. Its own bound on a table is
# 100 points unless it was started otherwise.
OSRM: Final = Dialect(
    route="/route/v1/driving", table="/table/v1/driving", most_points=100, query={"generate_hints": "false"}
)


class OsrmRoutes:
    """Asks a router. Neither knows the traffic: a way takes as long at eight in the morning as at night."""

    def __init__(self, vendor: VendorHttp, dialect: Dialect = OSRM) -> None:
        self._vendor = vendor
        self._dialect = dialect

    async def reach(self, waypoints: Sequence[Point], *, departure: datetime) -> list[Reached]:
        """See RoutePlanner."""
        stretches: list[Stretch] = []
        step = self._dialect.most_points - 1
        for start in range(0, len(waypoints) - 1, step):
            stretches += await self._route(waypoints[start : start + step + 1])
        return add_up(stretches, departure)

    async def durations(self, origin: Point, destinations: Sequence[Point]) -> list[timedelta | None]:
        """See RoutePlanner."""
        found: list[timedelta | None] = []
        for some in batched(destinations, self._dialect.most_points - 1):
            try:
                found += await self._table(origin, some)
            except NoRoad:
                found += [None] * len(some)
        return found

    async def _route(self, points: Sequence[Point]) -> list[Stretch]:
        body = await self._ask(self._dialect.route, points, {"overview": "false"})
        try:
            return read_route(body, points)
        except Unreadable:
            raise self._unavailable("unreadable") from None

    async def _table(self, origin: Point, destinations: Sequence[Point]) -> list[timedelta | None]:
        query = {"sources": "0", "annotations": "duration"}
        body = await self._ask(self._dialect.table, (origin, *destinations), query)
        try:
            return read_table(body, origin, destinations)
        except Unreadable:
            raise self._unavailable("unreadable") from None

    async def _ask(self, service: str, points: Sequence[Point], query: Mapping[str, str]) -> dict[str, Json]:
        """What the code in the body says counts, not the status: OSRM has NoRoute with 400, Mapbox with 200."""
        reply = await self._vendor.call(
            "GET", f"{service}/{coordinates(points)}", query={**query, **self._dialect.query}, shown=service
        )
        body = reply.body if isinstance(reply.body, dict) else {}
        code = body.get("code")
        if code in NOWHERE:
            raise NoRoad
        if not reply.is_success or code != "Ok":
            raise self._unavailable(plain(code, MAX_CODE), reply.status)
        return body

    def _unavailable(self, code: str, status: int = 200) -> ProviderUnavailable:
        """A question of ours that is wrong, a key that is not let in, or an answer of another program."""
        vendor = self._vendor.vendor
        log.error("router cannot be asked", extra={"vendor": vendor, "status": status, "code": code})
        return ProviderUnavailable(vendor)


def osrm_routes(http: httpx.AsyncClient, *, base_url: str, breaker: Breaker | None = None) -> OsrmRoutes:
    """A server of one's own, or the played one; it knows no keys."""
    return OsrmRoutes(
        VendorHttp(
            vendor=NAME, http=http, base_url=base_url, headers={}, breaker=breaker or Breaker(), total_s=PATIENCE_S
        )
    )


def _conforms(routes: OsrmRoutes) -> RoutePlanner:
    return routes
