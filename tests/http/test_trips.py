"""Trips: offered, published, looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from allonova.domain.carpool.rules import Rules
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, NOW, a_user, a_vehicle
from tests.support.wire import ABIDJAN, NOBODY, TOUMODI, YAMOUSSOUKRO, data, paths, refusal, stop_body, trip_body

DAY = timedelta(days=1)
FAR = {"lat": 7.6906, "lon": -5.03, "text": "Bouaké"}  # outside the corridor whose prices are bounded


async def draft(driver: Person, **given: Any) -> Any:
    """A draft of his."""
    return data(await driver.post("/trips", trip_body(status="draft", **given)), 201)


def wire_time(instant: datetime) -> str:
    """As the wire has it."""
    return instant.isoformat().replace("+00:00", "Z")


async def faults(driver: Person, **given: Any) -> list[str]:
    """The paths that are refused in an offer."""
    return paths(refusal(await driver.post("/trips", trip_body(**given)), 422, "validation_error"))


async def test_trip_is_a_draft_when_nothing_is_said(api: Api) -> None:
    driver = await api.driver()
    body = {name: value for name, value in trip_body().items() if name != "status"}
    answer = await driver.post("/trips", body)
    trip = data(answer, 201)
    assert (trip["status"], trip["version"], answer.headers["etag"]) == ("draft", 1, '"1"')
    assert set(trip) == {
        "id", "driver", "vehicle", "origin", "destination", "stops", "departure_time", "arrival_eta", "distance_km",
        "price_per_seat", "seats_total", "seats_available", "luggage_policy", "rules", "allow_auto_accept",
        "women_only", "series_id", "status", "version", "created_at", "updated_at",
    }  # fmt: skip
    assert set(trip["driver"]) == {
        "id", "first_name", "last_initial", "photo_url", "rating_avg", "rating_count", "is_verified",
    }  # fmt: skip
    assert "plate_number" not in trip["vehicle"]
    assert (trip["origin"], trip["destination"]) == (ABIDJAN, YAMOUSSOUKRO)
    assert (trip["seats_total"], trip["seats_available"]) == (3, 3)


async def test_stops_follow_the_road_when_price_and_time_are_left_out(api: Api) -> None:
    driver = await api.driver()
    trip = await draft(driver, stops=[{"order": 1, "point": TOUMODI, "label": "Toumodi"}])
    (stop,) = trip["stops"]
    assert 4500 < stop["price_from_origin"] < 5500
    assert trip["departure_time"] < stop["eta"] < trip["arrival_eta"]
    assert (stop["pickup_allowed"], stop["dropoff_allowed"]) == (True, True)


async def test_stops_are_as_the_driver_says_when_he_says_it(api: Api) -> None:
    eta = (DEPARTURE + 2 * HOUR).isoformat().replace("+00:00", "Z")
    arrival = (DEPARTURE + 4 * HOUR).isoformat().replace("+00:00", "Z")
    trip = await draft(await api.driver(), stops=[stop_body(eta=eta, pickup_allowed=False)], arrival_eta=arrival)
    (stop,) = trip["stops"]
    assert (stop["eta"], stop["price_from_origin"], stop["pickup_allowed"]) == (eta, 4500, False)
    assert trip["arrival_eta"] == arrival


async def test_instant_is_kept_in_utc_when_it_comes_from_another_zone(api: Api) -> None:
    trip = await draft(await api.driver(), departure_time="2025-10-02T10:30:00+02:00")
    assert trip["departure_time"] == "2025-10-02T08:30:00Z"


UNSOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({"departure_time": (NOW - MINUTE).isoformat()}, ["departure_time"]),
    ({"departure_time": (NOW + 181 * DAY).isoformat()}, ["departure_time"]),
    ({"departure_time": "2025-10-02T08:30:00"}, ["departure_time"]),
    ({"arrival_eta": DEPARTURE.isoformat()}, ["arrival_eta"]),
    ({"price_per_seat": 0}, ["price_per_seat"]),
    ({"price_per_seat": -1}, ["price_per_seat"]),
    ({"price_per_seat": 6000.5}, ["price_per_seat"]),
    ({"price_per_seat": True}, ["price_per_seat"]),
    ({"price_per_seat": "6000"}, ["price_per_seat"]),
    ({"seats_available": 0}, ["seats_available"]),
    ({"seats_available": 5}, ["seats_available"]),
    ({"status": "cancelled"}, ["status"]),
    ({"origin": ABIDJAN | {"lat": 91}}, ["origin.lat"]),
    ({"destination": YAMOUSSOUKRO | {"lon": "x"}}, ["destination.lon"]),
    ({"origin": {"lat": 5.3, "lon": -4.0}}, ["origin.text"]),
    ({"origin": ABIDJAN | {"alt": 3}}, ["origin.alt"]),
    ({"stops": [stop_body(order=2)]}, ["stops.0.order"]),
    ({"stops": [stop_body(), stop_body(order=3)]}, ["stops.1.order", "stops.1.price_from_origin"]),
    ({"stops": [stop_body(price_from_origin=6000)]}, ["price_per_seat"]),
    ({"stops": [stop_body(price_from_origin=0)]}, ["stops.0.price_from_origin"]),
    ({"stops": [stop_body(eta=DEPARTURE.isoformat())]}, ["stops.0.eta"]),
    ({"stops": [stop_body(point={"lat": 6.5})]}, ["stops.0.point.lon"]),
    ({"stops": [stop_body(pickup_allowed="yes")]}, ["stops.0.pickup_allowed"]),
    ({"stops": [stop_body()] * 11}, ["stops"]),
    ({"vehicle_id": NOBODY}, ["vehicle_id"]),
    ({"vehicle_id": "mine"}, ["vehicle_id"]),
    ({"driver_id": NOBODY}, ["driver_id"]),
    ({"rules": "x" * 2001}, ["rules"]),
]  # fmt: skip


async def test_fault_is_shown_where_it_is_when_an_offer_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    driver = await api.driver()
    for given, expected in UNSOUND:
        with subtests.test(repr(given)[:100]):
            assert await faults(driver, **given) == expected


async def test_departure_is_good_when_it_is_180_days_away(api: Api) -> None:
    driver = await api.driver()
    await draft(driver, departure_time=(api.clock.now() + 180 * DAY).isoformat())


async def test_seats_are_good_when_the_driver_keeps_his_own(api: Api) -> None:
    assert (await draft(await api.driver(), seats_available=4))["seats_total"] == 4


async def test_vehicle_must_be_named_when_there_is_none_or_more_than_one(api: Api) -> None:
    user = a_user()
    await api.keep(user)
    driver = await api.log_in(user.phone or "")
    assert await faults(driver) == ["vehicle_id"]
    first, second = a_vehicle(user), a_vehicle(user)
    await api.keep(first, second)
    assert await faults(driver) == ["vehicle_id"]
    assert (await draft(driver, vehicle_id=str(second.id)))["vehicle"]["id"] == str(second.id)


async def test_vehicle_is_unknown_when_it_is_somebody_elses(api: Api) -> None:
    driver, other = await api.driver(), await api.driver()
    (theirs,) = data(await other.get("/vehicles"))
    assert await faults(driver, vehicle_id=theirs["id"]) == ["vehicle_id"]


async def test_draft_is_hidden_when_somebody_else_looks(api: Api) -> None:
    driver, other = await api.driver(), await api.passenger()
    path = f"/trips/{(await draft(driver))['id']}"
    data(await driver.get(path))
    refusal(await other.get(path), 404, "not_found")
    refusal(await api.http.get(path), 404, "not_found")
    refusal(await other.post(f"{path}/publish"), 404, "not_found")
    data(await driver.post(f"{path}/publish"))
    assert data(await api.http.get(path)) == data(await other.get(path))


async def test_trip_is_open_when_its_driver_publishes_it(api: Api) -> None:
    driver = await api.driver()
    trip = await draft(driver)
    answer = await driver.post(f"/trips/{trip['id']}/publish")
    assert (data(answer)["status"], data(answer)["version"], answer.headers["etag"]) == ("published", 2, '"2"')


async def test_publishing_is_refused_when_it_was_done(api: Api) -> None:
    driver = await api.driver()
    path = f"/trips/{(await api.trip(driver))['id']}/publish"
    details = refusal(await driver.post(path), 409, "invalid_transition")
    assert details == {"from": "published", "to": "published"}


async def test_publishing_is_refused_when_the_papers_are_missing(api: Api) -> None:
    driver = await api.driver(is_approved=False)
    answer = await driver.post("/trips", trip_body())
    assert refusal(answer, 403, "kyc_required") == {"missing": ["cni|passport", "permis"]}
    trip = await draft(driver)
    refusal(await driver.post(f"/trips/{trip['id']}/publish"), 403, "kyc_required")


async def test_publishing_takes_no_papers_when_the_setting_is_off(api: Api) -> None:
    api.follow(Rules(require_kyc_for_driver=False))
    assert (await api.trip(await api.driver(is_approved=False)))["status"] == "published"


@pytest.mark.parametrize(("price", "is_fair"), [(2999, False), (3000, True), (10_000, True), (10_001, False)])
async def test_price_is_held_within_its_corridor_when_it_is_published(api: Api, price: int, *, is_fair: bool) -> None:
    driver = await api.driver()
    trip = await draft(driver, price_per_seat=price)
    answer = await driver.post(f"/trips/{trip['id']}/publish")
    if is_fair:
        data(answer)
    else:
        assert paths(refusal(answer, 422, "validation_error")) == ["price_per_seat"]


async def test_price_is_free_when_no_corridor_covers_the_trip(api: Api) -> None:
    await api.trip(await api.driver(), destination=FAR, price_per_seat=12_000)


async def test_trip_is_refused_when_it_overlaps_another_of_the_driver(api: Api) -> None:
    driver = await api.driver()
    first = await api.trip(driver)
    later = trip_body(departure_time=(DEPARTURE + HOUR).isoformat())
    refusal(await driver.post("/trips", later), 409, "conflict")
    trip = await draft(driver, departure_time=(DEPARTURE + HOUR).isoformat())
    refusal(await driver.post(f"/trips/{trip['id']}/publish"), 409, "conflict")
    await api.trip(driver, departure_time=first["arrival_eta"])
    await api.trip(await api.driver())


async def test_publishing_is_refused_when_the_departure_is_past(api: Api) -> None:
    driver = await api.driver()
    trip = await draft(driver)
    api.clock.at = DEPARTURE
    answer = await driver.post(f"/trips/{trip['id']}/publish")
    assert paths(refusal(answer, 422, "validation_error")) == ["departure_time"]


async def test_nothing_is_kept_when_an_offer_is_refused(api: Api) -> None:
    driver = await api.driver(is_approved=False)
    before = await api.inside.everything()
    refusal(await driver.post("/trips", trip_body()), 403, "kyc_required")
    assert await api.inside.everything() == before


async def test_own_trips_are_listed_when_one_drives(api: Api) -> None:
    driver, other = await api.driver(), await api.driver()
    await api.trip(other)
    first = await api.trip(driver)
    second = await api.trip(driver, departure_time=wire_time(DEPARTURE + DAY), status="draft")
    third = await api.trip(driver, departure_time=wire_time(DEPARTURE + 2 * DAY))
    data(await driver.post(f"/trips/{third['id']}/cancel"))

    async def ids(**query: str | int) -> list[str]:
        return [trip["id"] for trip in data(await driver.get("/trips", **query))]

    assert await ids(sort="departure_time") == [first["id"], second["id"], third["id"]]
    assert await ids(sort="-departure_time", page_size=2, page=2) == [first["id"]]
    assert await ids(status="draft") == [second["id"]]
    assert await ids(status="in:draft,published", sort="departure_time") == [first["id"], second["id"]]
    assert await ids(departure_time_gte=wire_time(DEPARTURE + HOUR), departure_time_lte=wire_time(DEPARTURE + DAY)) == [
        second["id"]
    ]
    assert data(await driver.get("/trips", sort="departure_time"))[0] == first


@pytest.mark.parametrize("query", ["status=gone", "sort=price", "driver_id=1", "departure_time=soon"])
async def test_list_is_refused_when_the_query_is_not_declared(api: Api, query: str) -> None:
    refusal(await (await api.driver()).get(f"/trips?{query}"), 422, "validation_error")
