"""What to ask for a seat."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.application.carpool.hint_price import TTL
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.trip import TripStatus
from tests.support.api import Api
from tests.support.factories import BOUAKE, NOW, SECOND, a_driver, a_trip
from tests.support.wire import data, paths, refusal

CORRIDOR = {"from": "5.3575,-4.0083", "to": "6.8190,-5.2760"}
ELSEWHERE = {"from": "5.3575,-4.0083", "to": "7.6906,-5.0300"}


async def hint(api: Api, **ends: str) -> Any:
    return data(await api.http.get("/trips/price-hint", params=ends))


async def drove(api: Api, *prices: int) -> None:
    """Each by another driver, to Bouaké, yesterday."""
    for price in prices:
        driver = a_driver()
        trip = a_trip(
            driver, price_per_seat=price, destination_point=BOUAKE, distance_m=400_000,
            departure_time=NOW - 86_400 * SECOND, status=TripStatus.COMPLETED,
        )  # fmt: skip
        await api.keep(driver, trip)


async def test_price_is_within_the_corridor_when_there_is_one(api: Api) -> None:
    found = await hint(api, **CORRIDOR)
    assert set(found) == {"recommended", "floor", "ceiling", "distance_km"}
    assert (found["floor"], found["ceiling"]) == (3_000, 10_000)
    assert found["recommended"] == round(found["distance_km"] * 25 / 100) * 100
    api.follow(Rules(price_per_km=1_000))
    assert (await hint(api, **CORRIDOR))["recommended"] == 10_000
    api.follow(Rules(price_per_km=1))
    assert (await hint(api, **CORRIDOR))["recommended"] == 3_000


async def test_trip_may_be_published_at_what_is_recommended(api: Api) -> None:
    found = await hint(api, **CORRIDOR)
    trip = await api.trip(await api.driver(), price_per_seat=found["recommended"])
    assert trip["distance_km"] == found["distance_km"]


async def test_bounds_are_null_when_no_corridor_leads_there(api: Api) -> None:
    found = await hint(api, **ELSEWHERE)
    assert (found["floor"], found["ceiling"]) == (None, None)
    assert found["recommended"] == round(found["distance_km"] * 25 / 100) * 100


async def test_price_is_what_drivers_took_when_five_of_them_did_lately(api: Api) -> None:
    by_kilometre = await hint(api, **ELSEWHERE)
    await drove(api, 4_000, 8_000, 12_000, 16_000)
    api.clock.advance(TTL)
    assert await hint(api, **ELSEWHERE) == by_kilometre
    await drove(api, 20_000)
    api.clock.advance(TTL - SECOND)
    assert await hint(api, **ELSEWHERE) == by_kilometre
    api.clock.advance(SECOND)
    found = await hint(api, **ELSEWHERE)
    assert found["recommended"] == round(found["distance_km"] * 30 / 100) * 100
    assert found["distance_km"] == by_kilometre["distance_km"]
    back = await hint(api, **{"from": ELSEWHERE["to"], "to": ELSEWHERE["from"]})
    assert back["recommended"] == by_kilometre["recommended"]


async def test_what_is_known_serves_those_who_stand_nearby_when_they_ask(api: Api) -> None:
    first = await hint(api, **{"from": "5.3580,-4.0080", "to": "7.6910,-5.0300"})
    await drove(api, 20_000, 20_000, 20_000, 20_000, 20_000)
    near = {"from": "5.35839,-4.00761", "to": "7.69061,-5.03039"}
    assert await hint(api, **near) == first
    assert await hint(api, **(near | {"from": "5.3590,-4.0080"})) != first


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({}, ["from", "to"]),
        ({"from": "5,-4"}, ["to"]),
        ({"from": "5,-4", "to": "91,0"}, ["to"]),
        ({"from": "here", "to": "5,-4"}, ["from"]),
        ({"from": "5,-4", "to": "6,-5", "seats": "2"}, ["seats"]),
    ],
)
async def test_hint_is_refused_when_it_is_not_said_from_where_to_where(
    api: Api, query: dict[str, str], wrong: list[str]
) -> None:
    assert paths(refusal(await api.http.get("/trips/price-hint", params=query), 422, "validation_error")) == wrong


async def test_hint_is_the_least_when_one_goes_nowhere(api: Api) -> None:
    assert (await hint(api, **{"from": "7,-5", "to": "7,-5"}))["recommended"] == 100
