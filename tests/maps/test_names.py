"""What places are called: Nominatim and Mapbox, and what is remembered of their answers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from allonova.adapters.local.limits import LocalRateLimiter
from allonova.adapters.maps.mapbox import MapboxPlaces
from allonova.adapters.maps.nominatim import TRIES, InTurn, NominatimPlaces
from allonova.adapters.maps.places import NamelessPlaces, RememberedPlaces
from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.application.kernel.limits import Limit, Verdict
from allonova.domain.kernel.errors import ProviderUnavailable, ServiceUnavailable
from allonova.domain.kernel.geo import Point

PLATEAU, SEA, BAD, BROKEN = Point(5.32, -4.02), Point(0, 0), Point(-90, 0), Point(1, 1)
TOKEN = "pk.a-made-up-token"
AGENT = "AlloNova/1.0 (ops@example.org)"
# As Nominatim 5.3 answers: coordinates are texts.
FOUND: dict[str, Any] = {
    "place_id": 1234,
    "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
    "osm_type": "way",
    "osm_id": 4321,
    "lat": "5.3200111",
    "lon": "-4.0199871",
    "category": "highway",
    "type": "residential",
    "name": "Rue du Commerce",
    "display_name": "Rue du Commerce, Plateau, Abidjan, Côte d'Ivoire",
    "address": {
        "road": "Rue du Commerce",
        "suburb": "Plateau",
        "city": "Abidjan",
        "country": "Côte d'Ivoire",
        "country_code": "ci",
    },
    "boundingbox": ["5.3190000", "5.3210000", "-4.0210000", "-4.0180000"],
}


@dataclass
class PlayedNominatim:
    """The two shapes of `error`, and texts for numbers."""

    seen: list[Request] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=lambda: dict(FOUND))

    async def reverse(self, request: Request) -> Response:
        self.seen.append(request)
        match request.query_params["lat"], request.query_params["lon"]:
            case "0.000000", _:
                return JSONResponse({"error": "Unable to geocode"})
            case "-90.000000", _:
                return JSONResponse({"error": {"code": 400, "message": "Invalid zoom"}}, 400)
            case "1.000000", _:
                return Response("<html>", 502)
            case _:
                return JSONResponse(self.found)

    def places(self, **given: Any) -> NominatimPlaces:
        app = Starlette(routes=[Route("/reverse", self.reverse)])
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        return NominatimPlaces(http, base_url="http://nominatim.test", user_agent=AGENT, **given)


async def test_question_says_who_asks() -> None:
    nominatim = PlayedNominatim()
    assert await nominatim.places().name_of(PLATEAU, language="fr") == "Rue du Commerce, Abidjan"
    [request] = nominatim.seen
    assert request.headers["user-agent"] == AGENT
    assert dict(request.query_params) == {
        "lat": "5.320000",
        "lon": "-4.020000",
        "format": "jsonv2",
        "accept-language": "fr",
        "zoom": "18",
        "addressdetails": "1",
    }


@pytest.mark.parametrize(
    ("name", "address", "called"),
    [
        ("Gare de Bassam", {"road": "Boulevard de Marseille", "city": "Abidjan"}, "Gare de Bassam, Abidjan"),
        ("", {"road": "A3", "town": "Toumodi"}, "A3, Toumodi"),
        ("", {"neighbourhood": "Kokoh", "suburb": "Centre", "city": "Bouaké"}, "Kokoh, Bouaké"),
        ("Toumodi", {"town": "Toumodi"}, "Toumodi"),
        (None, {"village": "Kossou"}, "Kossou"),
        ("  A\nB  ", {"city": 7}, "A B"),
        ("", {"state": "Lagunes", "country": "Côte d'Ivoire"}, None),
        ("x" * 300, {"city": "Abidjan"}, "x" * 200),
    ],
)
async def test_name_is_the_thing_and_its_town(name: str | None, address: dict[str, Any], called: str | None) -> None:
    nominatim = PlayedNominatim(found=FOUND | {"name": name, "address": address})
    assert await nominatim.places().name_of(PLATEAU, language="fr") == called


async def test_no_name_when_there_is_none() -> None:
    assert await PlayedNominatim().places().name_of(SEA, language="fr") is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json={"error": {"code": 400, "message": "Parameter 'lat' must be a number."}}),
        httpx.Response(200, json={"error": {"code": 400, "message": "Parameter 'lat' must be a number."}}),
        httpx.Response(200, json={"error": "Bandwidth limit exceeded"}),
        httpx.Response(200, json={"display_name": "Abidjan"}),
        httpx.Response(200, json=[FOUND]),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(403, json={"error": "blocked"}),
        httpx.Response(429),
        httpx.Response(502),
    ],
)
async def test_unavailable_when_the_answer_is_none(answer: httpx.Response) -> None:
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))
    places = NominatimPlaces(http, base_url="http://nominatim.test", user_agent=AGENT)
    with pytest.raises(ProviderUnavailable):
        await places.name_of(PLATEAU, language="fr")


def mapbox(body: object, status: int = 200) -> tuple[MapboxPlaces, list[httpx.URL]]:
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(status, json=body)

    return MapboxPlaces(httpx.AsyncClient(transport=httpx.MockTransport(answer)), token=TOKEN), seen


def feature(**properties: object) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": properties}]}


async def test_mapbox_is_asked_for_names_that_may_be_kept() -> None:
    places, seen = mapbox(feature(name="Rue du Commerce", context={"place": {"name": "Abidjan"}}))
    assert await places.name_of(PLATEAU, language="fr") == "Rue du Commerce, Abidjan"
    assert str(seen[0].copy_with(query=None)) == "https://api.mapbox.com/search/geocode/v6/reverse"
    assert dict(seen[0].params) == {
        "longitude": "-4.020000",
        "latitude": "5.320000",
        "language": "fr",
        "limit": "1",
        "permanent": "true",
        "access_token": TOKEN,
    }


@pytest.mark.parametrize(
    ("body", "called"),
    [
        (feature(name="Abidjan", context={"place": {"name": "Abidjan"}}), "Abidjan"),
        (feature(name="Abidjan"), "Abidjan"),
        (feature(name="Abidjan", context={"place": "x"}), "Abidjan"),
        (feature(name=7), None),
        ({"features": []}, None),
        ({"features": [7]}, None),
        ({"features": [{"properties": None}]}, None),
    ],
)
async def test_mapbox_names_what_it_can(body: object, called: str | None) -> None:
    assert await mapbox(body)[0].name_of(PLATEAU, language="fr") == called


@pytest.mark.parametrize(
    ("body", "status"), [({"message": "Not Authorized"}, 401), ({"message": "x"}, 422), ({}, 200), ([], 200), ({}, 429)]
)
async def test_mapbox_keeps_its_token_when_it_refuses(
    body: object, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="allonova")
    with pytest.raises(ProviderUnavailable) as caught:
        await mapbox(body, status)[0].name_of(PLATEAU, language="fr")
    assert TOKEN not in repr([vars(record) for record in caplog.records]) + repr(caught.value)


@dataclass
class Sign:
    """Knows two names, and counts who asks."""

    asked: list[Point] = field(default_factory=list)
    is_down: bool = False

    async def name_of(self, point: Point, *, language: str) -> str | None:
        self.asked.append(point)
        if self.is_down:
            raise ProviderUnavailable("sign")
        return None if point == SEA else f"{language} {point.lat}"


async def test_spot_is_asked_for_once() -> None:
    sign = Sign()
    places = RememberedPlaces(sign)
    for point in (Point(5.36001, -4.0), Point(5.35999, -4.00002), SEA, SEA):
        await places.name_of(point, language="fr")
    assert sign.asked == [Point(5.36, -4.0), SEA]
    assert await places.name_of(Point(5.36, -4.0), language="en") == "en 5.36"
    assert len(sign.asked) == 3


async def test_silence_is_not_remembered() -> None:
    sign = Sign(is_down=True)
    places = RememberedPlaces(sign)
    assert await places.name_of(PLATEAU, language="fr") is None
    sign.is_down = False
    assert await places.name_of(PLATEAU, language="fr") == "fr 5.32"


async def test_oldest_is_forgotten_when_there_are_many() -> None:
    sign = Sign()
    places = RememberedPlaces(sign, kept=2)
    first, second, third = (Point(lat, 0.0) for lat in (1.0, 2.0, 3.0))
    for point in (first, second, first, third, first):
        await places.name_of(point, language="fr")
    assert sign.asked == [first, second, third]
    await places.name_of(second, language="fr")
    assert sign.asked[-1] == second


async def test_refused_to_be_asked_when_inside_a_unit() -> None:
    places = RememberedPlaces(Sign())
    await places.name_of(PLATEAU, language="fr")
    mark = INSIDE_UNIT.set(True)
    try:
        with pytest.raises(RuntimeError):
            await places.name_of(PLATEAU, language="fr")
    finally:
        INSIDE_UNIT.reset(mark)


async def test_nobody_knows_names_when_nobody_is_configured() -> None:
    assert await NamelessPlaces().name_of(PLATEAU, language="fr") is None


@dataclass
class Time:
    """Passes for who sleeps."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


async def test_public_server_is_asked_once_a_second() -> None:
    time, nominatim = Time(), PlayedNominatim()
    limiter = LocalRateLimiter(time)
    processes = [nominatim.places(turn=InTurn(limiter, time.sleep)) for _ in range(2)]
    for at in range(6):
        await processes[at % 2].name_of(PLATEAU, language="fr")
        assert len(nominatim.seen) == at + 1
        assert time.at == at


async def test_nobody_waits_for_long() -> None:
    time, nominatim = Time(), PlayedNominatim()

    class Busy:
        """Others are always faster."""

        async def hit(self, rules: Sequence[Limit]) -> Verdict:
            assert [(rule.amount, rule.window_s, rule.closed) for rule in rules] == [(1, 1, True)]
            return Verdict(allowed=False, limit=1, remaining=0, reset_s=1)

    with pytest.raises(ProviderUnavailable):
        await nominatim.places(turn=InTurn(Busy(), time.sleep)).name_of(PLATEAU, language="fr")
    assert (nominatim.seen, time.at) == ([], TRIES - 1)


async def test_nothing_is_asked_while_turns_cannot_be_counted_together() -> None:
    nominatim = PlayedNominatim()

    class Down:
        async def hit(self, rules: Sequence[Limit]) -> Verdict:
            raise ServiceUnavailable

    with pytest.raises(ProviderUnavailable):
        await nominatim.places(turn=InTurn(Down())).name_of(PLATEAU, language="fr")
    assert nominatim.seen == []
