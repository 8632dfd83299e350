"""Which maps the service asks."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from allonova.adapters.maps import mapbox
from allonova.adapters.maps.fallback import FallbackRoutes
from allonova.adapters.maps.mapbox import MapboxPlaces, mapbox_routes
from allonova.adapters.maps.nominatim import InTurn, NominatimPlaces, at_once
from allonova.adapters.maps.osrm import OsrmRoutes, osrm_routes
from allonova.adapters.maps.places import NamelessPlaces, RememberedPlaces
from allonova.application.kernel.limits import RateLimiter
from allonova.application.kernel.places import Places
from allonova.application.kernel.roads import RoutePlanner
from allonova.main.settings import Settings
from allonova.main.settings_checks import PUBLIC_NOMINATIM


def build_planner(settings: Settings, http: httpx.AsyncClient) -> RoutePlanner:
    """OSRM, then Mapbox, as far as they are configured; where neither is, the sandbox's, where there is one."""
    routers: list[OsrmRoutes] = []
    if settings.osrm_base_url:
        routers.append(osrm_routes(http, base_url=settings.osrm_base_url))
    if settings.mapbox_access_token:
        base_url = settings.mapbox_base_url or mapbox.URL
        routers.append(mapbox_routes(http, token=settings.mapbox_access_token, base_url=base_url))
    if not routers and settings.with_sandbox:
        routers.append(osrm_routes(http, base_url=f"{settings.sandbox_url}/osrm"))
    return FallbackRoutes(*routers)


def build_places(settings: Settings, http: httpx.AsyncClient, limiter: RateLimiter) -> Places:
    """Nominatim, else Mapbox, else nobody."""
    if settings.nominatim_base_url:
        is_public = urlsplit(settings.nominatim_base_url).hostname == PUBLIC_NOMINATIM
        return RememberedPlaces(
            NominatimPlaces(
                http,
                base_url=settings.nominatim_base_url,
                user_agent=settings.maps_agent,
                turn=InTurn(limiter) if is_public else at_once,
            )
        )
    if settings.mapbox_access_token:
        base_url = settings.mapbox_base_url or mapbox.URL
        return RememberedPlaces(MapboxPlaces(http, token=settings.mapbox_access_token, base_url=base_url))
    return NamelessPlaces()
