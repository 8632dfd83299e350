"""Asking for seats: who may, for what, and what it holds."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from allonova.domain.carpool.rules import Rules
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.wire import NOBODY, ROUNDS, data, paths, refusal, require_refused, stop_body


async def ask(passenger: Person, trip: Any, **given: Any) -> httpx.Response:
    """Ask for a seat, or for what is given."""
    return await passenger.post("/bookings", {"trip_id": trip["id"], "seats": 1, **given})


async def bookable(api: Api) -> int:
    """Seats that anybody may still ask for, all the way."""
    query = f"from=5.3575,-4.0083&to=6.8190,-5.2760&date={DEPARTURE:%Y-%m-%d}"
    hits = data(await api.http.get(f"/trips/search?{query}"))
    return int(hits[0]["seats_bookable"]) if hits else 0


async def test_booking_waits_for_the_driver_when_he_does_not_accept_by_himself(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = data(await ask(passenger, await api.trip(driver), seats=2), 201)
    assert set(booking) == {
        "id", "trip", "passenger", "seats", "pickup_stop_id", "dropoff_stop_id", "departure_time", "amount_total",
        "fees", "currency", "status", "qr_code", "checkin_code", "hold_expires_at", "checked_in_at", "started_at",
        "ended_at", "cancellation", "question", "events", "version", "created_at", "updated_at",
    }  # fmt: skip
    assert (booking["status"], booking["hold_expires_at"], booking["cancellation"]) == ("pending", None, None)
    assert (booking["amount_total"], booking["fees"], booking["currency"]) == (12_000, 1_200, "XOF")
    assert await bookable(api) == 3
    assert (await api.messages(driver.phone))[0]["template"] == "booking_requested"


async def test_seats_are_held_when_the_driver_accepts_by_himself(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, allow_auto_accept=True)
    booking = data(await ask(passenger, trip, seats=2), 201)
    assert booking["status"] == "accepted"
    assert booking["hold_expires_at"] == wire(api, 30 * MINUTE)
    assert await bookable(api) == 1
    assert data(await driver.get(f"/trips/{trip['id']}"))["seats_available"] == 3
    assert [(event["to_status"], event["by"]) for event in booking["events"]] == [
        ("pending", "passenger"), ("accepted", "system"),
    ]  # fmt: skip
    assert (await api.messages(passenger.phone))[0]["template"] == "booking_accepted"


def wire(api: Api, later: timedelta) -> str:
    """An instant from now, as JSON shows it."""
    return (api.clock.now() + later).isoformat().replace("+00:00", "Z")


async def test_driver_is_asked_when_the_service_accepts_nothing_by_itself(api: Api) -> None:
    api.follow(Rules(allow_auto_accept=False))
    trip = await api.trip(await api.driver(), allow_auto_accept=True)
    assert data(await ask(await api.passenger(), trip), 201)["status"] == "pending"


async def test_hold_ends_at_departure_when_that_is_sooner(api: Api) -> None:
    trip = await api.trip(await api.driver(), allow_auto_accept=True)
    api.clock.at = DEPARTURE - 10 * MINUTE
    booking = data(await ask(await api.passenger(), trip), 201)
    assert booking["hold_expires_at"] == trip["departure_time"]


async def test_price_is_that_of_the_stretch_when_stops_are_named(api: Api) -> None:
    trip = await api.trip(await api.driver(), stops=[stop_body()])
    stop = trip["stops"][0]
    first = data(await ask(await api.passenger(), trip, dropoff_stop_id=stop["id"]), 201)
    second = data(await ask(await api.passenger(), trip, seats=2, pickup_stop_id=stop["id"]), 201)
    assert (first["amount_total"], second["amount_total"]) == (4500, 3000)
    assert (first["departure_time"], second["departure_time"]) == (trip["departure_time"], stop["eta"])


async def test_seat_is_shared_when_passengers_ride_different_stretches(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, stops=[stop_body()], seats_available=1, allow_auto_accept=True)
    stop = trip["stops"][0]["id"]
    data(await ask(await api.passenger(), trip, dropoff_stop_id=stop), 201)
    data(await ask(await api.passenger(), trip, pickup_stop_id=stop), 201)
    for ride in ({}, {"dropoff_stop_id": stop}, {"pickup_stop_id": stop}):
        details = refusal(await ask(await api.passenger(), trip, **ride), 409, "booking_conflict")
        assert details == {"available": 0, "requested": 1}


async def test_request_is_refused_when_there_are_too_few_seats(api: Api) -> None:
    trip = await api.trip(await api.driver(), allow_auto_accept=True)
    data(await ask(await api.passenger(), trip, seats=2), 201)
    details = refusal(await ask(await api.passenger(), trip, seats=2), 409, "booking_conflict")
    assert details == {"available": 1, "requested": 2}


async def test_request_is_refused_at_once_when_the_driver_could_never_accept_it(api: Api) -> None:
    trip = await api.trip(await api.driver())
    details = refusal(await ask(await api.passenger(), trip, seats=4), 409, "booking_conflict")
    assert details == {"available": 3, "requested": 4}


async def test_accepting_is_refused_when_the_seats_are_gone(api: Api) -> None:
    driver, first, second = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver)
    late = await api.pending(first, trip, seats=2)
    await api.accepted(second, driver, trip, seats=2)
    details = refusal(await driver.post(f"/bookings/{late['id']}/accept"), 409, "booking_conflict")
    assert details == {"available": 1, "requested": 2}


async def test_no_seat_is_held_twice_when_many_ask_at_once(api: Api) -> None:
    people = [await api.passenger() for _ in range(8)]
    for _ in range(ROUNDS):
        trip = await api.trip(await api.driver(), allow_auto_accept=True)
        answers = await asyncio.gather(*(ask(person, trip) for person in people))
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
        assert await bookable(api) == 0


async def test_driver_may_not_book_when_the_trip_is_his(api: Api) -> None:
    driver = await api.driver()
    refusal(await ask(driver, await api.trip(driver)), 409, "conflict")


async def test_second_booking_is_refused_when_the_first_is_alive(api: Api) -> None:
    passenger, trip = await api.passenger(), await api.trip(await api.driver())
    data(await ask(passenger, trip), 201)
    refusal(await ask(passenger, trip), 409, "conflict")


async def test_one_of_many_requests_counts_when_one_person_sends_them_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        passenger, trip = await api.passenger(), await api.trip(await api.driver(), allow_auto_accept=True)
        answers = await asyncio.gather(*(ask(passenger, trip) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
        assert data(await api.http.get(f"/trips/{trip['id']}"))["seats_available"] == 3


async def test_booking_is_possible_again_when_the_first_has_expired(api: Api) -> None:
    passenger, trip = await api.passenger(), await api.trip(await api.driver(), allow_auto_accept=True)
    data(await ask(passenger, trip), 201)
    api.clock.advance(30 * MINUTE)
    await api.run("holds")
    data(await ask(passenger, trip), 201)


async def test_sixth_booking_is_refused_when_five_are_unpaid_in_24_hours(api: Api) -> None:
    passenger = await api.passenger()
    trips = [await api.trip(await api.driver(), departure_time=(DEPARTURE + 5 * HOUR).isoformat()) for _ in range(6)]
    for trip in trips[:5]:
        data(await ask(passenger, trip), 201)
    assert refusal(await ask(passenger, trips[5]), 409, "conflict") == {"limit": 5}
    refusal(await ask(passenger, trips[5] | {"id": NOBODY}), 404, "not_found")
    api.clock.advance(24 * HOUR + SECOND)
    await api.run("holds")
    data(await ask(passenger, trips[5]), 201)


async def test_paid_bookings_do_not_count_when_the_unpaid_are_counted(api: Api) -> None:
    passenger, drivers = await api.passenger(), [await api.driver() for _ in range(6)]
    for driver in drivers[:5]:
        await api.paid(passenger, driver, await api.trip(driver))
    data(await ask(passenger, await api.trip(drivers[5])), 201)


async def test_booking_is_forbidden_when_nobody_can_be_reached(api: Api) -> None:
    trip = await api.trip(await api.driver())
    person = await api.passenger()
    await api.change(person, is_phone_verified=False)
    refusal(await ask(person, trip), 403, "forbidden")


async def test_trip_does_not_exist_when_it_is_a_draft_or_none(api: Api) -> None:
    passenger, trip = await api.passenger(), await api.trip(await api.driver(), status="draft")
    refusal(await ask(passenger, trip), 404, "not_found")
    refusal(await ask(passenger, {"id": NOBODY}), 404, "not_found")


async def test_request_is_too_late_when_the_trip_has_left(api: Api) -> None:
    passenger, trip = await api.passenger(), await api.trip(await api.driver())
    api.clock.at = DEPARTURE
    refusal(await ask(passenger, trip), 409, "conflict")


async def test_stretch_is_refused_when_it_is_none_of_the_trip(api: Api) -> None:
    passenger, trip = await api.passenger(), await api.trip(await api.driver(), stops=[stop_body()])
    stop = trip["stops"][0]["id"]
    for given, path in (
        ({"pickup_stop_id": NOBODY}, "pickup_stop_id"),
        ({"dropoff_stop_id": NOBODY}, "dropoff_stop_id"),
        ({"pickup_stop_id": stop, "dropoff_stop_id": stop}, "pickup_stop_id"),
    ):
        assert paths(refusal(await ask(passenger, trip, **given), 422, "validation_error")) == [path]


UNSOUND: list[tuple[str, Any]] = [
    ("seats", 0), ("seats", -1), ("seats", 51), ("seats", "1"), ("seats", 1.5), ("seats", True),
    ("trip_id", "x"), ("trip_id", None), ("status", "paid"), ("amount_total", 1), ("passenger_id", NOBODY),
    ("fees", 0), ("price", 0), ("qr_code", "x"), ("version", 1),
]  # fmt: skip


async def test_value_is_refused_when_it_is_unsound_or_not_the_callers_to_set(
    api: Api, subtests: pytest.Subtests
) -> None:
    passenger = await api.passenger()
    await require_refused(subtests, UNSOUND, lambda given: ask(passenger, {"id": NOBODY}, **given))
