"""Roads and names of places by Mapbox (docs.mapbox.com/api: Directions v5, Matrix v1, Geocoding v6)."""

from __future__ import annotations

import logging
from typing import Final

import httpx

from allonova.adapters.maps.lines import one_line
from allonova.adapters.maps.osrm import PATIENCE_S, Dialect, OsrmRoutes
from allonova.adapters.vendors.breaker import Breaker
from allonova.adapters.vendors.http import VendorHttp
from allonova.adapters.vendors.strict_json import Json
from allonova.application.kernel.places import Places
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.kernel.geo import Point

log = logging.getLogger(__name__)

NAME: Final = "mapbox"
URL: Final = "https://api.mapbox.com"
MOST_POINTS: Final = 25
REVERSE: Final = "/search/geocode/v6/reverse"


def mapbox_routes(
    http: httpx.AsyncClient, *, token: str, base_url: str = URL, breaker: Breaker | None = None
) -> OsrmRoutes:
    """Mapbox' roads, which are OSRM's API under other paths. The profile without traffic: a trip leaves another day."""
    dialect = Dialect(
        route="/directions/v5/mapbox/driving",
        table="/directions-matrix/v1/mapbox/driving",
        most_points=MOST_POINTS,
        query={"access_token": token},
    )
    return OsrmRoutes(_vendor(http, base_url, breaker), dialect)


class MapboxPlaces:
    """Names by Mapbox. Asked for `permanent` ones, since trips keep them: the account's plan must allow it."""

    def __init__(
        self, http: httpx.AsyncClient, *, token: str, base_url: str = URL, breaker: Breaker | None = None
    ) -> None:
        self._mapbox = _vendor(http, base_url, breaker)
        self._token = token

    async def name_of(self, point: Point, *, language: str) -> str | None:
        """See Places."""
        reply = await self._mapbox.call(
            "GET",
            REVERSE,
            query={
                "longitude": f"{point.lon:.6f}",
                "latitude": f"{point.lat:.6f}",
                "language": language,
                "limit": "1",
                "permanent": "true",
                "access_token": self._token,
            },
        )
        features = reply.body.get("features") if reply.is_success and isinstance(reply.body, dict) else None
        if not isinstance(features, list):
            log.error("mapbox cannot be asked for names", extra={"status": reply.status})
            raise ProviderUnavailable(NAME)
        return _name(features[0]) if features else None


def _vendor(http: httpx.AsyncClient, base_url: str, breaker: Breaker | None) -> VendorHttp:
    """The token goes in each query, which no log and no error has."""
    return VendorHttp(
        vendor=NAME, http=http, base_url=base_url, headers={}, breaker=breaker or Breaker(), total_s=PATIENCE_S
    )


def _name(feature: Json) -> str | None:
    """What it is, and the town that it is in."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return None
    context = properties.get("context")
    town = context.get("place") if isinstance(context, dict) else None
    return one_line(properties.get("name"), town.get("name") if isinstance(town, dict) else None)


def _conforms(places: MapboxPlaces) -> Places:
    return places
