"""The stops of a trip: looked at, and replaced as a whole."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from allonova.application.carpool.find_trips import TTL
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR
from tests.support.wire import NOBODY, TOUMODI, data, paths, refusal, stop_body

NDOUCI = {"lat": 5.8617, "lon": -4.7611}


def first(**given: Any) -> dict[str, Any]:
    """N'Douci, a third of the way."""
    return stop_body(point=NDOUCI, label="N'Douci", price_from_origin=2000, **given)


async def replace(driver: Person, trip: Any, *stops: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    """The answer to another list."""
    return await driver.send("POST", f"/trips/{trip['id']}/stops", json={"stops": list(stops)}, headers=headers)


async def test_list_is_another_when_it_is_replaced(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, stops=[stop_body()])
    answer = await replace(driver, trip, first(), stop_body(order=2))
    changed = data(answer)
    assert [(stop["order"], stop["label"]) for stop in changed["stops"]] == [(1, "N'Douci"), (2, "Toumodi, gare")]
    assert (changed["version"], answer.headers["etag"]) == (2, '"2"')
    assert trip["stops"][0]["id"] not in {stop["id"] for stop in changed["stops"]}
    listed = await api.http.get(f"/trips/{trip['id']}/stops")
    assert data(listed) == changed["stops"]
    assert listed.json()["meta"]["pagination"] == {"page": 1, "page_size": 20, "total": 2, "page_count": 1}
    assert data(await replace(driver, trip))["stops"] == []


async def test_prices_and_times_follow_the_road_when_they_are_left_out(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    (stop,) = data(await replace(driver, trip, {"order": 1, "point": TOUMODI, "label": "Toumodi"}))["stops"]
    assert 4500 < stop["price_from_origin"] < 5500
    assert trip["departure_time"] < stop["eta"] < trip["arrival_eta"]


async def test_search_knows_the_new_stops_when_they_are_replaced(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])

    async def found(point: Any) -> int:
        api.clock.advance(TTL)
        query = f"from={point['lat']},{point['lon']}&to=6.8190,-5.2760&date={DEPARTURE:%Y-%m-%d}"
        return len(data(await passenger.get(f"/trips/search?{query}")))

    assert [await found(point) for point in (TOUMODI, NDOUCI)] == [1, 0]
    data(await replace(driver, trip, first()))
    assert [await found(point) for point in (TOUMODI, NDOUCI)] == [0, 1]


UNSOUND: list[tuple[list[Any], list[str]]] = [
    ([stop_body(order=2)], ["stops.0.order"]),
    ([first(), stop_body(order=3)], ["stops.1.order"]),
    ([stop_body(price_from_origin=6000)], ["price_per_seat"]),
    ([stop_body(eta=DEPARTURE.isoformat())], ["stops.0.eta"]),
    ([stop_body(seats=1)], ["stops.0.seats"]),
    ([stop_body()] * 11, ["stops"]),
]


async def test_fault_is_shown_where_it_is_when_the_list_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    for stops, expected in UNSOUND:
        with subtests.test(repr(stops)[:80]):
            assert paths(refusal(await replace(driver, trip, *stops), 422, "validation_error")) == expected
    answer = await driver.post(f"/trips/{trip['id']}/stops", {})
    assert paths(refusal(answer, 422, "validation_error")) == ["stops"]
    assert data(await driver.get(f"/trips/{trip['id']}")) == trip


@pytest.mark.parametrize("status", ["accepted", "paid"])
async def test_stops_stay_when_somebody_holds_a_booking(api: Api, status: str) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    await getattr(api, status)(passenger, driver, trip)
    details = refusal(await replace(driver, trip, first()), 409, "conflict")
    assert [(fault["path"], fault["code"]) for fault in details["fields"]] == [("stops", "frozen")]


async def test_requests_end_when_the_stops_are_others(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    booking = await api.pending(passenger, trip, pickup_stop_id=trip["stops"][0]["id"])
    data(await replace(driver, trip, first()))
    ended = data(await passenger.get(f"/bookings/{booking['id']}"))
    assert (ended["status"], ended["cancellation"]["reason"]) == ("cancelled", "trip_changed")
    assert ended["pickup_stop_id"] is None
    (message,) = [m for m in await api.messages(passenger.phone) if m["template"] == "booking_cancelled_unpaid"]
    assert "Toumodi, gare" in str(message)
    anew = await api.pending(passenger, data(await driver.get(f"/trips/{trip['id']}")))
    assert anew["status"] == "pending"


async def test_arrival_is_later_when_the_way_is_longer(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, arrival_eta=(DEPARTURE + HOUR).isoformat())
    changed = data(await replace(driver, trip, stop_body()))
    assert changed["arrival_eta"] > trip["arrival_eta"]
    assert changed["distance_km"] >= trip["distance_km"]


async def test_stops_are_refused_when_the_trip_was_changed_since_it_was_read(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    now = data(await replace(driver, trip, stop_body()))
    answer = await replace(driver, trip, headers={"If-Match": '"1"'})
    assert refusal(answer, 412, "precondition_failed") == {"current": now}


async def test_stops_are_hidden_when_the_trip_is_somebody_elses_draft(api: Api) -> None:
    driver, other = await api.driver(), await api.driver()
    trip = await api.trip(driver, status="draft", stops=[stop_body()])
    path = f"/trips/{trip['id']}/stops"
    assert data(await driver.get(path)) == trip["stops"]
    refusal(await other.get(path), 404, "not_found")
    refusal(await api.http.get(path), 404, "not_found")
    refusal(await replace(other, trip), 404, "not_found")
    refusal(await other.get(f"/trips/{NOBODY}/stops"), 404, "not_found")
