"""The played OSRM against the real one (osrm-routed 26.10): the same words for the same questions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.sandbox.harness import Played

from .conftest import NO_TLS

A, B, ISLAND = "-4.05,5.3", "-4.03,5.32", "-4.11,5.27"
BASE = "/sandbox/osrm"


@pytest.fixture
async def real(osrm_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=osrm_url, trust_env=False, verify=NO_TLS) as client:
        yield client


def shape(value: Any) -> Any:
    """Names and kinds, without the figures; of a list the first."""
    match value:
        case dict():
            return {name: shape(inner) for name, inner in value.items() if name != "nodes"}
        case list():
            return [shape(inner) for inner in value[:1]]
        case bool() | None:
            return value
        case int() | float():
            return 0
        case _:
            return "text"


@pytest.mark.parametrize(
    "question",
    [
        f"/route/v1/driving/{A};{B}",
        f"/route/v1/driving/{A};{B}.json?overview=false",
        f"/route/v1/driving/{A};{B};{A}?overview=full&geometries=geojson&generate_hints=false",
        f"/route/v1/driving/{A};{B}?overview=simplified&geometries=polyline6&steps=false&alternatives=false",
        f"/route/v1/walking/{A};{B}?overview=false&radiuses=unlimited;2000",
        f"/table/v1/driving/{A};{B}",
        f"/table/v1/driving/{A};{B};{ISLAND}?sources=0&annotations=duration,distance",
        f"/table/v1/driving/{A};{ISLAND}?sources=0&destinations=1&annotations=distance&generate_hints=false",
        f"/table/v1/driving/{A};{B};0,0?sources=1;0&destinations=all",
        f"/nearest/v1/driving/{A}",
        "/nearest/v1/driving/0,0?generate_hints=false&number=1",
    ],
)
async def test_answer_has_the_shape_of_the_real_one(played: Played, real: httpx.AsyncClient, question: str) -> None:
    ours, theirs = await played.http.get(BASE + question), await real.get(question)
    assert (ours.status_code, theirs.status_code) == (200, 200)
    assert shape(ours.json()) == shape(theirs.json())


@pytest.mark.parametrize(
    "question",
    [
        f"/route/v1/driving/{A};{ISLAND}?overview=false",
        f"/route/v1/driving/{A};0,0?radiuses=2000;2000",
        f"/route/v1/driving/{A}?overview=false",
        f"/route/v1/driving/{A};-4.03,95.3",
        f"/route/v1/driving/{A};{B}?radiuses=1",
        "/route/v1/driving/abc?overview=false",
        f"/route/v1/driving/{A};-4.03",
        f"/route/v1/driving/{A};{B}?overview=false&foo=1",
        f"/route/v1/driving/{A};{B}?overview=maybe",
        f"/route/v2/driving/{A};{B}",
        f"/nope/v1/driving/{A};{B}",
        "/route/v1/driving/",
        "/route",
        "/route/v1/driving/" + ";".join([A] * 501),
        "/table/v1/driving/" + ";".join([A] * 101),
        f"/table/v1/driving/{A};{B}?sources=7",
        f"/table/v1/driving/{A}",
        f"/table/v1/driving/{A};0,0?radiuses=2000;2000",
    ],
)
async def test_refusal_is_the_real_one(played: Played, real: httpx.AsyncClient, question: str) -> None:
    ours, theirs = await played.http.get(BASE + question), await real.get(question)
    assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json())


@pytest.mark.parametrize("option", ["steps=true", "annotations=true", "annotations=duration"])
async def test_turns_are_not_played(played: Played, option: str) -> None:
    answer = await played.http.get(f"{BASE}/route/v1/driving/{A};{B}?{option}")
    assert (answer.status_code, answer.json()["code"]) == (400, "NotImplemented")


async def test_line_is_the_one_of_googles_page(played: Played) -> None:
    """developers.google.com/maps/documentation/utilities/polylinealgorithm has it for other continents."""
    answer = await played.http.get(f"{BASE}/route/v1/driving/{A};{B}?overview=full")
    assert answer.json()["routes"][0]["geometry"] == "_dj_@n_vW_|B_|B"


async def test_far_point_comes_to_the_edge_of_the_map(played: Played) -> None:
    [found] = (await played.http.get(f"{BASE}/nearest/v1/driving/0,0")).json()["waypoints"]
    assert found["location"] == [-2, 4]
    assert found["distance"] == pytest.approx(497_000, rel=0.01)


async def test_unknown_ways_of_nearest_are_refused(played: Played) -> None:
    for question in (f"{A};{B}", f"{A}?number=2"):
        answer = await played.http.get(f"{BASE}/nearest/v1/driving/{question}")
        assert (answer.status_code, answer.json()["code"]) == (400, "NotImplemented")


@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("html", 502), ("timeout", 504)])
async def test_faults_strike(played: Played, kind: str, status: int) -> None:
    await played.arm(kind, provider="osrm", delay_s=0)
    question = f"{BASE}/route/v1/driving/{A};{B}"
    call = asyncio.create_task(played.http.get(question))
    await played.time.forward(0)
    assert (await call).status_code == status
    assert (await played.http.get(question)).status_code == 200
