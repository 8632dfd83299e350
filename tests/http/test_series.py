"""Trips that come back: offered at once, changed and called off from one on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR
from tests.support.wire import ABIDJAN, NOBODY, ROOT, YAMOUSSOUKRO, data, paths, refusal, stop_body, trip_body

DAY = timedelta(days=1)
HOME = {"departure_time": (DEPARTURE + 8 * HOUR).isoformat()}


def series_body(**given: Any) -> dict[str, Any]:
    """Thursdays and Fridays for two weeks."""
    return {"trip": trip_body(), "weekdays": [4, 5], "until": "2025-10-12"} | given


async def offer(driver: Person, **given: Any) -> Any:
    """A series of his."""
    return data(await driver.post("/trips/series", series_body(**given)), 201)


def url(path: str) -> str:
    """Where it is."""
    return f"{ROOT}/api/v1{path}"


def departures(trips: list[Any]) -> list[str]:
    return [trip["departure_time"][:16] for trip in trips]


async def list_of(driver: Person, **query: str) -> list[Any]:
    params = "&".join(f"{name}={value}" for name, value in query.items())
    found: list[Any] = data(await driver.get(f"/trips?page_size=100&sort=departure_time&{params}"))
    return found


async def test_every_day_has_its_trip_when_a_series_is_offered(api: Api) -> None:
    driver = await api.driver()
    made = await offer(driver, exceptions=["2025-10-10"])
    assert departures(made["trips"]) == ["2025-10-02T08:30", "2025-10-03T08:30", "2025-10-09T08:30"]
    assert {trip["series_id"] for trip in made["trips"]} == {made["series_id"]}
    assert all(trip["status"] == "published" for trip in made["trips"])
    assert await list_of(driver, series_id=made["series_id"]) == made["trips"]
    series = data(await driver.get(f"/trips/series/{made['series_id']}"))
    assert (series["weekdays"], series["until"], series["exceptions"], series["has_return"]) == (
        [4, 5], "2025-10-12", ["2025-10-10"], False,
    )  # fmt: skip
    assert data(await driver.get("/trips/series")) == [series]


async def test_way_home_is_the_way_out_turned_round_when_little_is_said_of_it(api: Api) -> None:
    driver = await api.driver()
    out = trip_body(stops=[stop_body(price_from_origin=4500)])
    made = await offer(driver, trip=out, until="2025-10-03", **{"return": HOME | {"price_per_seat": 3000}})
    assert departures(made["trips"]) == [
        "2025-10-02T08:30", "2025-10-02T16:30", "2025-10-03T08:30", "2025-10-03T16:30",
    ]  # fmt: skip
    home = made["trips"][3]
    assert (home["origin"], home["destination"], home["price_per_seat"]) == (YAMOUSSOUKRO, ABIDJAN, 3000)
    assert [(s["order"], s["price_from_origin"]) for s in home["stops"]] == [(1, 750)]
    assert home["departure_time"] < home["stops"][0]["eta"] < home["arrival_eta"]


async def test_passenger_finds_each_of_them_when_it_is_published(api: Api) -> None:
    await offer(await api.driver())
    for day in ("2025-10-03", "2025-10-10"):
        answer = await api.http.get(
            "http://test/api/v1/trips/search", params={"from": "5.3575,-4.0083", "to": "6.8190,-5.2760", "date": day}
        )
        assert departures(data(answer)) == [f"{day}T08:30"]


async def test_nothing_is_made_when_the_driver_is_elsewhere_on_a_day(api: Api) -> None:
    driver = await api.driver()
    await api.trip(driver, departure_time=(DEPARTURE + 7 * DAY + HOUR).isoformat())
    before = await api.inside.everything()
    details = refusal(await driver.post("/trips/series", series_body()), 409, "conflict")
    assert details["dates"] == ["2025-10-09"]
    assert await api.inside.everything() == before


async def test_fault_is_shown_where_it_is_when_a_series_is_unsound(api: Api) -> None:
    driver = await api.driver()
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"weekdays": []}, ["weekdays"]),
        ({"weekdays": [0]}, ["weekdays.0"]),
        ({"until": "2025-10-01"}, ["until"]),
        ({"until": "2026-10-01"}, ["until"]),
        ({"trip": trip_body(seats_available=9)}, ["trip.seats_available"]),
        ({"trip": trip_body(arrival_eta=DEPARTURE.isoformat())}, ["trip.arrival_eta"]),
        ({"return": {"departure_time": (DEPARTURE + HOUR).isoformat()}}, ["return.departure_time"]),
        ({"return": HOME | {"seats_available": 9}}, ["return.seats_available"]),
        ({"driver_id": NOBODY}, ["driver_id"]),
    ]
    for given, expected in cases:
        answer = await driver.post("/trips/series", series_body(**given))
        assert paths(refusal(answer, 422, "validation_error")) == expected, given
    assert await list_of(driver) == []


async def test_series_is_refused_when_its_driver_has_no_papers(api: Api) -> None:
    driver = await api.driver(is_approved=False)
    refusal(await driver.post("/trips/series", series_body()), 403, "kyc_required")
    made = await offer(driver, trip=trip_body(status="draft"))
    assert {trip["status"] for trip in made["trips"]} == {"draft"}


async def test_others_follow_when_one_is_changed_with_all_that_follow(api: Api) -> None:
    driver = await api.driver()
    made = await offer(driver, **{"return": HOME})
    second = made["trips"][2]
    later = {"departure_time": (DEPARTURE + DAY + HOUR).isoformat(), "price_per_seat": 5000}
    body = later | {"from_trip_id": second["id"]}
    changed = data(await driver.send("PATCH", url(f"/trips/series/{made['series_id']}"), json=body))
    assert changed["kept"] == []
    now = await list_of(driver, series_id=made["series_id"])
    assert departures(now)[::2] == ["2025-10-02T08:30", "2025-10-03T09:30", "2025-10-09T09:30", "2025-10-10T09:30"]
    assert departures(now)[1::2] == [f"2025-10-{day}T16:30" for day in ("02", "03", "09", "10")]
    assert [trip["price_per_seat"] for trip in now[::2]] == [6000, 5000, 5000, 5000]


async def test_trip_stays_as_it_is_when_its_passenger_was_promised_otherwise(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    made = await offer(driver)
    promised = made["trips"][2]
    booking = data(await passenger.post("/bookings", {"trip_id": promised["id"], "seats": 1}), 201)
    data(await driver.post(f"/bookings/{booking['id']}/accept"))
    body = {"from_trip_id": made["trips"][0]["id"], "price_per_seat": 7000}
    changed = data(await driver.send("PATCH", url(f"/trips/series/{made['series_id']}"), json=body))
    assert [(kept["trip_id"], kept["code"]) for kept in changed["kept"]] == [(promised["id"], "conflict")]
    assert [trip["price_per_seat"] for trip in changed["changed"]] == [7000, 7000, 7000]


async def test_trips_are_called_off_out_and_home_when_all_that_follow_are(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    made = await offer(driver, **{"return": HOME})
    booking = data(await passenger.post("/bookings", {"trip_id": made["trips"][4]["id"], "seats": 1}), 201)
    body = {"from_trip_id": made["trips"][2]["id"], "reason": "Congés"}
    done = data(await driver.post(f"/trips/series/{made['series_id']}/cancel", body))
    assert (len(done["changed"]), done["kept"]) == (6, [])
    assert [trip["status"] for trip in await list_of(driver)] == ["published"] * 2 + ["cancelled"] * 6
    told = data(await passenger.get(f"/bookings/{booking['id']}"))
    assert (told["status"], told["cancellation"]["reason"]) == ("cancelled", "Congés")
    data(await driver.post(f"/trips/series/{made['series_id']}/cancel"))
    refusal(await driver.post(f"/trips/series/{made['series_id']}/cancel"), 409, "conflict")


async def test_drafts_are_opened_together_when_a_series_is_published(api: Api) -> None:
    driver = await api.driver()
    made = await offer(driver, trip=trip_body(status="draft"))
    done = data(await driver.post(f"/trips/series/{made['series_id']}/publish"))
    assert [trip["status"] for trip in done["changed"]] == ["published"] * 4


async def test_series_does_not_exist_when_it_is_somebody_elses(api: Api) -> None:
    driver, other = await api.driver(), await api.driver()
    made = await offer(driver)
    path, first = f"/trips/series/{made['series_id']}", made["trips"][0]["id"]
    refusal(await other.get(path), 404, "not_found")
    change = {"from_trip_id": first, "price_per_seat": 5000}
    refusal(await other.send("PATCH", url(path), json=change), 404, "not_found")
    refusal(await other.post(f"{path}/cancel"), 404, "not_found")
    refusal(await other.post(f"{path}/publish"), 404, "not_found")
    own = await offer(other)
    answer = await other.send("PATCH", url(f"/trips/series/{own['series_id']}"), json=change)
    assert paths(refusal(answer, 422, "validation_error")) == ["from_trip_id"]
    assert {trip["price_per_seat"] for trip in await list_of(driver)} == {6000}
