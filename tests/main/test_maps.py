"""Which maps are asked, by the settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from allonova.adapters.local.limits import LocalRateLimiter
from allonova.domain.kernel.geo import Point
from allonova.main.maps import build_places, build_planner
from allonova.main.settings import Env, Misconfigured, Settings

A, B = Point(5.3575, -4.0083), Point(6.8190, -5.2760)
DEPARTURE = datetime(2026, 3, 1, 8, tzinfo=UTC)
TOKEN = "pk.a-made-up-token"
OWN = "http://nominatim.internal"
PUBLIC = "https://nominatim.openstreetmap.org"


def settings(**given: Any) -> Settings:
    return Settings(env=Env.EMBEDDED, **given)


class Silent:
    """Nobody answers, and who was asked is kept."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(503)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, ["127.0.0.1/sandbox"]),
        ({"sandbox": False}, []),
        ({"osrm_base_url": "http://osrm.internal"}, ["osrm.internal/route"]),
        ({"mapbox_access_token": TOKEN}, ["api.mapbox.com/directions"]),
        ({"mapbox_access_token": TOKEN, "mapbox_base_url": "https://eu.mapbox.test"}, ["eu.mapbox.test/directions"]),
        (
            {"mapbox_access_token": TOKEN, "osrm_base_url": "http://osrm.internal"},
            ["osrm.internal/route", "api.mapbox.com/directions"],
        ),
    ],
)
async def test_roads_come_from_who_is_configured(given: dict[str, Any], asked: list[str]) -> None:
    silent = Silent()
    [reached] = await build_planner(settings(**given), silent.http).reach([A, B], departure=DEPARTURE)
    assert [f"{request.url.host}/{request.url.path.split('/')[1]}" for request in silent.asked] == asked
    assert reached.at > DEPARTURE


@pytest.mark.parametrize(
    ("given", "asked", "agent"),
    [
        ({}, [], ""),
        ({"nominatim_base_url": OWN}, ["nominatim.internal"], "AlloNova (http://localhost:8000)"),
        ({"nominatim_base_url": PUBLIC, "maps_user_agent": "A/1 (b@c)"}, ["nominatim.openstreetmap.org"], "A/1 (b@c)"),
        ({"mapbox_access_token": TOKEN}, ["api.mapbox.com"], "AlloNova"),
        (
            {"mapbox_access_token": TOKEN, "nominatim_base_url": OWN},
            ["nominatim.internal"],
            "AlloNova (http://localhost:8000)",
        ),
    ],
)
async def test_names_come_from_who_is_configured(given: dict[str, Any], asked: list[str], agent: str) -> None:
    silent = Silent()
    places = build_places(settings(**given).checked(), silent.http, LocalRateLimiter())
    assert await places.name_of(A, language="fr") is None
    assert [request.url.host for request in silent.asked] == asked
    assert {request.headers["user-agent"] for request in silent.asked} == ({agent} if asked else set())


async def test_public_nominatim_is_asked_in_turn() -> None:
    silent, limiter = Silent(), LocalRateLimiter(lambda: 0.0)
    given = settings(nominatim_base_url=PUBLIC, maps_user_agent="A/1 (b@c)")
    places = build_places(given, silent.http, limiter)
    await places.name_of(A, language="fr")
    assert len(silent.asked) == 1
    assert sum(len(hits) for hits in limiter._hits.values()) == 1


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"nominatim_base_url": PUBLIC}, "wants ALLONOVA_MAPS_USER_AGENT"),
        ({"maps_user_agent": "Allô"}, "ALLONOVA_MAPS_USER_AGENT must be plain ASCII"),
        ({"maps_user_agent": "A\r\nX-Evil: 1"}, "ALLONOVA_MAPS_USER_AGENT must be plain ASCII"),
    ],
)
def test_start_is_refused_when_nobody_says_who_asks(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(Misconfigured, match=fault):
        settings(**given).checked()


def test_token_is_not_shown_with_the_settings() -> None:
    assert TOKEN not in repr(settings(mapbox_access_token=TOKEN))
