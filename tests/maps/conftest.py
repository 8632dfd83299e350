"""Routers to ask: the real one, the played one, and the real one in Mapbox' clothes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from allonova.adapters.maps.mapbox import mapbox_routes
from allonova.adapters.maps.osrm import OsrmRoutes, osrm_routes
from tests.sandbox.harness import Played, playing

from .street_map import osrm_server

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading authorities would take longer than the tests
TOKEN = "pk.a-made-up-token"
MAPBOX_PATHS = {
    "/directions/v5/mapbox/driving/": "/route/v1/driving/",
    "/directions-matrix/v1/mapbox/driving/": "/table/v1/driving/",
}


class MapboxClothes(httpx.AsyncBaseTransport):
    """Mapbox before a real OSRM: other paths, a token, at most 25 points, and no way found with status 200."""

    def __init__(self, osrm_url: str) -> None:
        self._url = osrm_url
        self._inner = httpx.AsyncHTTPTransport(verify=NO_TLS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, request.url.params
        if query.get("access_token") != TOKEN:
            return httpx.Response(401, json={"message": "Not Authorized - Invalid Token"})
        for theirs, its in MAPBOX_PATHS.items():
            path = path.replace(theirs, its)
        if path.count(";") >= 25:
            return httpx.Response(422, json={"message": "Too many coordinates", "code": "InvalidInput"})
        inner = httpx.Request("GET", httpx.URL(self._url + path, params=query.remove("access_token")))
        response = await self._inner.handle_async_request(inner)
        await response.aread()
        found = response.json()
        status = 200 if found["code"] in {"NoRoute", "NoSegment"} else response.status_code
        return httpx.Response(status, json=found)

    async def aclose(self) -> None:
        await self._inner.aclose()


@pytest.fixture(scope="session")
def osrm_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real OSRM."""
    with osrm_server(tmp_path_factory.mktemp("osrm")) as url:
        yield url


@pytest.fixture
async def played() -> AsyncIterator[Played]:
    """A running sandbox."""
    async with playing(Path(":memory:")) as it:
        yield it


@pytest.fixture(params=["osrm", "played", "mapbox"])
async def router(request: pytest.FixtureRequest) -> AsyncIterator[OsrmRoutes]:
    """Each of the three."""
    match request.param:
        case "played":
            async with playing(Path(":memory:")) as world:
                yield osrm_routes(world.http, base_url="http://s.test/sandbox/osrm")
        case "mapbox":
            url = request.getfixturevalue("osrm_url")
            async with httpx.AsyncClient(transport=MapboxClothes(url)) as http:
                yield mapbox_routes(http, token=TOKEN)
        case _:
            url = request.getfixturevalue("osrm_url")
            async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as http:
                yield osrm_routes(http, base_url=url)
