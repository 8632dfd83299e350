"""What routers may answer that is no way: nothing of it reaches a driver, and no token a log."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allonova.adapters.maps import osrm
from allonova.adapters.maps.fallback import FallbackRoutes
from allonova.adapters.maps.mapbox import mapbox_routes
from allonova.adapters.maps.osrm import OsrmRoutes, osrm_routes
from allonova.adapters.maps.straight_line import StraightLineRoutes
from allonova.adapters.vendors.breaker import FAILURES
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.kernel.roads import NoRoad
from allonova.domain.kernel.errors import ProviderUnavailable
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.road import Reached

DEPARTURE = datetime(2026, 3, 1, 8, tzinfo=UTC)
A, B = Point(5.3575, -4.0083), Point(6.8190, -5.2760)
TOKEN = "pk.a-made-up-token"
WAYPOINTS = [{"location": [-4.0083, 5.3575]}, {"location": [-5.276, 6.819]}]
LEG: dict[str, Any] = {"distance": 240_000.4, "duration": 10_800.4}
ROUTE: dict[str, Any] = {"code": "Ok", "routes": [{"legs": [LEG]}], "waypoints": WAYPOINTS}
TABLE: dict[str, Any] = {
    "code": "Ok",
    "durations": [[0, 10_800.4]],
    "sources": WAYPOINTS[:1],
    "destinations": WAYPOINTS,
}

type Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def saying(body: object, status: int = 200) -> OsrmRoutes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return mapbox_routes(client(lambda _: httpx.Response(status, content=content)), token=TOKEN)


async def reach(routes: OsrmRoutes | FallbackRoutes) -> list[Reached]:
    return await routes.reach([A, B], departure=DEPARTURE)


async def straight() -> list[Reached]:
    return await StraightLineRoutes().reach([A, B], departure=DEPARTURE)


def asked_by(routes: Callable[[httpx.AsyncClient], OsrmRoutes], body: object) -> tuple[OsrmRoutes, list[httpx.URL]]:
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(200, json=body)

    return routes(client(answer)), seen


async def test_longitude_comes_first_when_osrm_is_asked() -> None:
    routes, seen = asked_by(lambda http: osrm_routes(http, base_url="http://osrm.test/"), ROUTE)
    assert await reach(routes) == [Reached(240_000, DEPARTURE + timedelta(seconds=10_800))]
    assert str(seen[0]) == (
        "http://osrm.test/route/v1/driving/-4.008300,5.357500;-5.276000,6.819000?overview=false&generate_hints=false"
    )


async def test_mapbox_is_asked_under_its_own_paths() -> None:
    routes, seen = asked_by(lambda http: mapbox_routes(http, token=TOKEN), ROUTE)
    await reach(routes)
    assert str(seen[0]) == (
        "https://api.mapbox.com/directions/v5/mapbox/driving/-4.008300,5.357500;-5.276000,6.819000"
        f"?overview=false&access_token={TOKEN}"
    )
    routes, seen = asked_by(lambda http: mapbox_routes(http, token=TOKEN), TABLE)
    assert await routes.durations(A, [B]) == [timedelta(seconds=10_800.4)]
    assert seen[0].path == "/directions-matrix/v1/mapbox/driving/-4.008300,5.357500;-5.276000,6.819000"
    assert dict(seen[0].params) == {"sources": "0", "annotations": "duration", "access_token": TOKEN}


@pytest.mark.parametrize("code", ["NoRoute", "NoSegment"])
@pytest.mark.parametrize("status", [200, 400])
async def test_no_road_whatever_the_status(code: str, status: int) -> None:
    routes = saying({"code": code, "message": "…", "routes": []}, status)
    with pytest.raises(NoRoad):
        await reach(routes)
    assert await routes.durations(A, [B, B]) == [None, None]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>502</html>", 200),
        (b"<html>502</html>", 502),
        (b'{"code":"Ok",', 200),
        (b"", 200),
        ({"message": "Not Authorized - Invalid Token"}, 401),
        ({"code": "ProfileNotFound", "message": "…"}, 404),
        ({"code": "InvalidInput", "message": "…"}, 422),
        ({"code": "TooBig", "message": "…"}, 400),
        ({"code": "InvalidQuery", "message": "…"}, 400),
        ({"message": "Too Many Requests"}, 429),
        ({"code": "Ok"}, 500),
        (ROUTE | {"code": "ok"}, 200),
        (ROUTE, 400),
        ([ROUTE], 200),
        (ROUTE | {"routes": []}, 200),
        (ROUTE | {"routes": {"legs": []}}, 200),
        (ROUTE | {"routes": [{"legs": []}]}, 200),
        (ROUTE | {"routes": [{"legs": [LEG, LEG]}]}, 200),
        (ROUTE | {"routes": [{"legs": [LEG | {"distance": -1}]}]}, 200),
        (ROUTE | {"routes": [{"legs": [LEG | {"distance": "240000"}]}]}, 200),
        (ROUTE | {"routes": [{"legs": [LEG | {"duration": True}]}]}, 200),
        (ROUTE | {"routes": [{"legs": [LEG | {"duration": None}]}]}, 200),
        (ROUTE | {"routes": [{"legs": [LEG | {"duration": 1e12}]}]}, 200),
        (ROUTE | {"waypoints": WAYPOINTS[:1]}, 200),
        (ROUTE | {"waypoints": [{}, {}]}, 200),
        (ROUTE | {"waypoints": [{"location": [5.3575]}] * 2}, 200),
        (ROUTE | {"waypoints": [{"location": [999, 999]}] * 2}, 200),
        ({name: value for name, value in ROUTE.items() if name != "waypoints"}, 200),
    ],
)
async def test_straight_line_serves_when_the_answer_is_none(body: object, status: int) -> None:
    with pytest.raises(ProviderUnavailable):
        await reach(saying(body, status))
    assert await reach(FallbackRoutes(saying(body, status))) == await straight()


@pytest.mark.parametrize(
    "change",
    [
        {"durations": []},
        {"durations": [[0]]},
        {"durations": [[0, 1, 2]]},
        {"durations": [0, 1]},
        {"durations": [[0, "1"]]},
        {"durations": [[0, -1]]},
        {"sources": []},
        {"destinations": WAYPOINTS[:1]},
        {"destinations": None},
    ],
)
async def test_durations_are_straight_when_the_table_is_none(change: dict[str, object]) -> None:
    with pytest.raises(ProviderUnavailable):
        await saying(TABLE | change).durations(A, [B])
    found = await FallbackRoutes(saying(TABLE | change)).durations(A, [B])
    assert found == await StraightLineRoutes().durations(A, [B])


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["routes", "waypoints", "durations", "sources", "destinations"]), json_values)
async def test_every_answer_is_taken_or_refused(name: str, value: object) -> None:
    assert len(await reach(FallbackRoutes(saying(ROUTE | {name: value})))) == 1
    assert len(await FallbackRoutes(saying(TABLE | {name: value})).durations(A, [B])) == 1


async def test_next_router_is_asked_when_one_fails() -> None:
    broken, lost, good = saying({}, 500), saying({"code": "NoRoute"}), saying(ROUTE)
    assert [there.distance_m for there in await reach(FallbackRoutes(broken, lost, good))] == [240_000]
    assert await FallbackRoutes(broken, saying(TABLE)).durations(A, [B]) == [timedelta(seconds=10_800.4)]


async def test_unreachable_stays_so() -> None:
    """A trip must be published, so its road is guessed; an arrival that will not be is not promised."""
    nowhere = FallbackRoutes(saying({"code": "NoRoute"}))
    assert await reach(nowhere) == await straight()
    assert await nowhere.durations(A, [B]) == [None]


async def test_straight_line_serves_when_the_router_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert osrm.PATIENCE_S == 3.0
    monkeypatch.setattr(osrm, "PATIENCE_S", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    http = client(lambda _: httpx.Response(200, content=dripping()))
    routes = FallbackRoutes(osrm_routes(http, base_url="http://osrm.test"))
    async with asyncio.timeout(2):
        assert await reach(routes) == await straight()


async def test_router_is_left_in_peace_when_it_fails_often() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500)

    routes = FallbackRoutes(osrm_routes(client(answer), base_url="http://osrm.test"))
    for _ in range(FAILURES + 5):
        assert await reach(routes) == await straight()
    assert len(asked) == FAILURES


@pytest.mark.parametrize(
    ("body", "status"), [(b"<html>", 200), ({"message": "no"}, 401), ({}, 500), ({}, 429), ([], 404)]
)
async def test_neither_token_nor_whereabouts_are_told(
    body: object, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="allonova")
    routes = saying(body, status)
    with pytest.raises(ProviderUnavailable) as caught:
        await reach(routes)
    told = repr([vars(record) for record in caplog.records]) + repr(caught.value) + repr(vars(routes))
    assert "mapbox" in told
    assert TOKEN not in told
    assert "5.357" not in told


@pytest.mark.parametrize("routes", [FallbackRoutes(), FallbackRoutes(StraightLineRoutes())])
async def test_refused_to_be_asked_when_inside_a_unit(routes: FallbackRoutes) -> None:
    mark = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await reach(routes)
        with pytest.raises(RuntimeError):
            await routes.durations(A, [B])
    finally:
        INSIDE_UNIT.reset(mark)
