"""What maps do for a trip: its length and arrival, and names for places that came without one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from allonova.adapters.maps.places import RememberedPlaces
from allonova.adapters.maps.straight_line import StraightLineRoutes
from allonova.domain.kernel.geo import Point
from allonova.main.wiring import build_service
from tests.support.api import Api
from tests.support.factories import DEPARTURE
from tests.support.wire import ABIDJAN, TOUMODI, YAMOUSSOUKRO, data, paths, refusal, trip_body

ENDS = [Point(5.3575, -4.0083), Point(6.8190, -5.2760)]
BOUAKE = {"lat": 7.6906, "lon": -5.0303}


@dataclass
class Sign:
    """Knows what stands north of the fifth degree."""

    asked: list[tuple[Point, str]] = field(default_factory=list)

    async def name_of(self, point: Point, *, language: str) -> str | None:
        self.asked.append((point, language))
        return f"Lieu {point.lat}" if point.lat > 5 else None


@pytest.fixture
def sign(api: Api) -> Sign:
    """The service with a map that knows names."""
    sign = Sign()
    outside = replace(api.service.outside, places=RememberedPlaces(sign))
    api.service = build_service(api.settings, api.service.platform, outside)
    api.app.state.edge = api.service.edge
    return sign


def bare(place: dict[str, Any]) -> dict[str, Any]:
    return {"lat": place["lat"], "lon": place["lon"]}


async def test_trip_follows_the_road_when_the_router_answers(api: Api) -> None:
    trip = await api.trip(await api.driver())
    straight_km = ENDS[0].distance_m(ENDS[1]) / 1000
    assert trip["distance_km"] == pytest.approx(1.25 * straight_km, abs=0.1)
    hours = (datetime.fromisoformat(trip["arrival_eta"]) - DEPARTURE).total_seconds() / 3600
    assert hours == pytest.approx(1.25 * straight_km / 65, abs=0.001)


@pytest.mark.parametrize("kind", ["error", "html"])
async def test_trip_has_an_arrival_when_the_router_is_down(api: Api, kind: str) -> None:
    await api.arm(kind, provider="osrm")
    trip = await api.trip(await api.driver())
    [guessed] = await StraightLineRoutes().reach(ENDS, departure=DEPARTURE)
    assert datetime.fromisoformat(trip["arrival_eta"]) == guessed.at
    assert (trip["status"], trip["distance_km"]) == ("published", pytest.approx(guessed.distance_m / 1000, abs=0.1))


async def test_trip_can_be_offered_when_no_road_leads_there(api: Api) -> None:
    trip = await api.trip(await api.driver(), origin={"lat": 5.27, "lon": -4.11, "text": "Île Boulay"})
    assert trip["arrival_eta"] > trip["departure_time"]


async def test_places_are_named_when_they_come_bare(api: Api, sign: Sign) -> None:
    stop = {"order": 1, "point": bare(TOUMODI)}
    trip = await api.trip(await api.driver(), origin=bare(ABIDJAN), stops=[stop])
    assert trip["origin"]["text"] == f"Lieu {ENDS[0].lat}"
    assert (trip["destination"]["text"], trip["stops"][0]["label"]) == (YAMOUSSOUKRO["text"], "Lieu 6.5581")
    assert [language for _, language in sign.asked] == ["fr", "fr"]


async def test_nobody_is_asked_when_places_have_names(api: Api, sign: Sign) -> None:
    await api.trip(await api.driver())
    assert sign.asked == []


async def test_place_is_named_when_it_changes(api: Api, sign: Sign) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    changed = data(await driver.send("PATCH", f"/trips/{trip['id']}", json={"destination": BOUAKE}))
    assert (changed["destination"], changed["origin"]) == (BOUAKE | {"text": "Lieu 7.6906"}, trip["origin"])
    stops = {"stops": [{"order": 1, "point": bare(TOUMODI)}]}
    assert data(await driver.post(f"/trips/{trip['id']}/stops", stops))["stops"][0]["label"] == "Lieu 6.5581"
    assert len(sign.asked) == 2


async def test_names_are_asked_for_when_nobody_knows_them(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    stops = [{"order": 1, "point": bare(TOUMODI)}]
    body = trip_body(origin=bare(ABIDJAN), destination=bare(YAMOUSSOUKRO), stops=stops)
    details = refusal(await driver.post("/trips", body), 422, "validation_error")
    assert paths(details) == ["origin.text", "destination.text", "stops.0.label"]
    assert {fault["code"] for fault in details["fields"]} == {"missing"}
    moved = await driver.send("PATCH", f"/trips/{trip['id']}", json={"origin": BOUAKE})
    assert paths(refusal(moved, 422, "validation_error")) == ["origin.text"]
    redrawn = await driver.post(f"/trips/{trip['id']}/stops", {"stops": stops})
    assert paths(refusal(redrawn, 422, "validation_error")) == ["stops.0.label"]


async def test_only_nameless_places_are_asked_for(api: Api, sign: Sign) -> None:
    body = trip_body(origin=bare(ABIDJAN), destination={"lat": 4.9, "lon": -6.0})
    details = refusal(await (await api.driver()).post("/trips", body), 422, "validation_error")
    assert paths(details) == ["destination.text"]
    assert len(sign.asked) == 2


async def test_place_stays_a_secret_when_the_trip_is_somebody_elses(api: Api, sign: Sign) -> None:
    trip = await api.trip(await api.driver())
    other = await api.driver()
    answer = await other.send("PATCH", f"/trips/{trip['id']}", json={"destination": BOUAKE})
    refusal(answer, 404, "not_found")
    assert sign.asked == []


@pytest.mark.parametrize("text", [None, "", "  ", 7])
async def test_text_is_a_line_when_it_is_given(api: Api, text: object) -> None:
    body = trip_body(origin=bare(ABIDJAN) | {"text": text})
    details = refusal(await (await api.driver()).post("/trips", body), 422, "validation_error")
    assert paths(details) == ["origin.text"]
