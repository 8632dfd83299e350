"""Trips that change, and what their passengers keep."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from allonova.domain.carpool.booking import BookingStatus
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, NOW, a_vehicle
from tests.support.wire import ABIDJAN, NOBODY, ROUNDS, YAMOUSSOUKRO, data, paths, refusal, stop_body, trip_body

DAY = timedelta(days=1)
FAR = {"lat": 7.6906, "lon": -5.03, "text": "Bouaké"}  # outside the corridor whose prices are bounded


def at(instant: datetime) -> str:
    """As the wire has it."""
    return instant.isoformat().replace("+00:00", "Z")


async def change(driver: Person, trip: Any, *, match: int | None = None, **given: Any) -> httpx.Response:
    """The answer to a change."""
    headers = {} if match is None else {"If-Match": f'"{match}"'}
    return await driver.send("PATCH", f"/trips/{trip['id']}", json=given, headers=headers)


async def see(person: Person, booking: Any) -> Any:
    """A booking as it is now."""
    return data(await person.get(f"/bookings/{booking['id']}"))


async def told(api: Api, person: Person, template: str) -> int:
    """How many messages of a kind somebody got."""
    return sum(message["template"] == template for message in await api.messages(person.phone))


async def test_every_field_is_another_when_nobody_has_booked(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    given: dict[str, Any] = {
        "origin": ABIDJAN | {"text": "Abidjan, Adjamé"}, "destination": FAR, "price_per_seat": 9000,
        "departure_time": at(DEPARTURE + DAY), "arrival_eta": at(DEPARTURE + DAY + 9 * HOUR), "seats_available": 2,
        "luggage_policy": "1 sac", "rules": "Non-fumeur", "allow_auto_accept": True,
    }  # fmt: skip
    answer = await change(driver, trip, **given)
    changed = data(answer)
    assert {name: changed[name] for name in given} == given
    assert (changed["seats_total"], changed["version"], answer.headers["etag"]) == (2, 2, '"2"')
    assert changed["distance_km"] > trip["distance_km"]
    assert data(await driver.get(f"/trips/{trip['id']}")) == changed


async def test_arrival_follows_when_the_departure_moves(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, stops=[stop_body()])
    changed = data(await change(driver, trip, departure_time=at(DEPARTURE + HOUR)))
    for before, after in ((trip["arrival_eta"], changed["arrival_eta"]), *_etas(trip, changed)):
        assert datetime.fromisoformat(after) - datetime.fromisoformat(before) == HOUR


def _etas(before: Any, after: Any) -> list[tuple[str, str]]:
    return [(a["eta"], b["eta"]) for a, b in zip(before["stops"], after["stops"], strict=True)]


async def test_road_is_drawn_anew_when_the_destination_moves(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, stops=[stop_body()])
    changed = data(await change(driver, trip, destination=FAR))
    assert changed["distance_km"] > trip["distance_km"]
    assert changed["arrival_eta"] > trip["arrival_eta"]
    assert [stop["id"] for stop in changed["stops"]] == [stop["id"] for stop in trip["stops"]]


async def test_stops_keep_their_share_when_the_price_changes(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, stops=[stop_body(price_from_origin=4500)])
    changed = data(await change(driver, trip, price_per_seat=4000))
    assert (changed["price_per_seat"], changed["stops"][0]["price_from_origin"]) == (4000, 3000)


async def test_text_is_taken_away_when_it_is_null(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, rules="Non-fumeur", luggage_policy="1 sac")
    changed = data(await change(driver, trip, rules=None))
    assert (changed["rules"], changed["luggage_policy"]) == (None, "1 sac")


async def test_nothing_is_written_when_nothing_changes(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    before = await api.inside.everything()
    assert data(await change(driver, trip)) == trip
    assert data(await change(driver, trip, price_per_seat=6000, origin=ABIDJAN)) == trip
    assert await api.inside.everything() == before


UNSOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({"departure_time": at(NOW - MINUTE)}, ["departure_time"]),
    ({"departure_time": at(NOW + 181 * DAY)}, ["departure_time"]),
    ({"arrival_eta": at(DEPARTURE)}, ["arrival_eta"]),
    ({"price_per_seat": 0}, ["price_per_seat"]),
    ({"price_per_seat": 2999}, ["price_per_seat"]),
    ({"price_per_seat": 10_001}, ["price_per_seat"]),
    ({"price_per_seat": None}, ["price_per_seat"]),
    ({"seats_available": 5}, ["seats_available"]),
    ({"vehicle_id": NOBODY}, ["vehicle_id"]),
    ({"status": "cancelled"}, ["status"]),
    ({"driver_id": NOBODY}, ["driver_id"]),
    ({"stops": []}, ["stops"]),
    ({"version": 9}, ["version"]),
    ({"seats_total": 3}, ["seats_total"]),
]


async def test_fault_is_shown_when_a_change_is_unsound(api: Api, subtests: pytest.Subtests) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    for given, expected in UNSOUND:
        with subtests.test(repr(given)):
            assert paths(refusal(await change(driver, trip, **given), 422, "validation_error")) == expected
    assert data(await driver.get(f"/trips/{trip['id']}")) == trip


async def test_draft_takes_any_price_when_it_is_not_published(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, status="draft")
    assert data(await change(driver, trip, price_per_seat=100))["price_per_seat"] == 100
    assert paths(refusal(await driver.post(f"/trips/{trip['id']}/publish"), 422, "validation_error"))


async def test_change_is_refused_when_it_overlaps_another_trip(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    await api.trip(driver, departure_time=at(DEPARTURE + DAY))
    refusal(await change(driver, trip, departure_time=at(DEPARTURE + DAY)), 409, "conflict")


async def test_vehicle_is_another_when_it_has_the_seats(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    async with api.service.platform.begin() as unit:
        owner = await unit.users.get(driver.id)
    small, large = a_vehicle(owner, seats_total=3), a_vehicle(owner, seats_total=4)
    await api.keep(small, large)
    answer = await change(driver, trip, vehicle_id=str(small.id))
    assert paths(refusal(answer, 422, "validation_error")) == ["seats_available"]
    changed = data(await change(driver, trip, vehicle_id=str(large.id)))
    assert changed["vehicle"]["id"] == str(large.id)


async def test_trip_does_not_exist_when_it_is_somebody_elses(api: Api) -> None:
    trip, other = await api.trip(await api.driver()), await api.driver()
    before = await api.inside.everything()
    refusal(await change(other, trip, price_per_seat=5000), 404, "not_found")
    refusal(await change(other, trip, destination=FAR), 404, "not_found")
    refusal(await other.post(f"/trips/{trip['id']}/cancel"), 404, "not_found")
    refusal(await other.send("DELETE", f"/trips/{trip['id']}"), 404, "not_found")
    assert await api.inside.everything() == before


async def test_change_is_refused_when_the_trip_was_changed_since_it_was_read(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    now = data(await change(driver, trip, match=1, rules="Non-fumeur"))
    details = refusal(await change(driver, trip, match=1, rules="Animaux admis"), 412, "precondition_failed")
    assert details == {"current": now}
    for method, path in (("POST", f"/trips/{trip['id']}/cancel"), ("DELETE", f"/trips/{trip['id']}")):
        answer = await driver.send(method, path, headers={"If-Match": '"1"'})
        assert refusal(answer, 412, "precondition_failed") == {"current": now}
    assert data(await change(driver, trip, match=2, rules="Animaux admis"))["version"] == 3


async def test_one_change_is_made_when_two_name_the_same_version(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    for version in range(1, ROUNDS + 1):
        sent = [change(driver, trip, match=version, rules=f"{version} {word}") for word in ("a", "b")]
        assert sorted(answer.status_code for answer in await asyncio.gather(*sent)) == [200, 412]


FROZEN: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"origin": ABIDJAN | {"text": "Adjamé"}}, [("origin", "frozen")]),
    ({"destination": FAR, "origin": FAR}, [("origin", "frozen"), ("destination", "frozen")]),
    ({"price_per_seat": 6001}, [("price_per_seat", "may_only_fall")]),
    ({"seats_available": 1}, [("seats_available", "promised")]),
    ({"departure_time": at(DEPARTURE + 31 * MINUTE)}, [("departure_time", "out_of_range")]),
    ({"departure_time": at(DEPARTURE - 31 * MINUTE)}, [("departure_time", "out_of_range")]),
    ({"arrival_eta": at(DEPARTURE + 9 * HOUR)}, [("arrival_eta", "frozen")]),
    ({"price_per_seat": 9000, "seats_available": 1, "destination": FAR},
     [("destination", "frozen"), ("price_per_seat", "may_only_fall"), ("seats_available", "promised")]),
]  # fmt: skip


@pytest.mark.parametrize("status", ["accepted", "paid"])
async def test_promise_is_kept_when_somebody_holds_a_booking(api: Api, subtests: pytest.Subtests, status: str) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    await getattr(api, status)(passenger, driver, trip, seats=2)
    before = await api.inside.everything()
    for given, expected in FROZEN:
        with subtests.test(repr(given)):
            details = refusal(await change(driver, trip, **given), 409, "conflict")
            assert [(fault["path"], fault["code"]) for fault in details["fields"]] == expected
    assert await api.inside.everything() == before


async def test_rest_changes_when_somebody_holds_a_booking(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    booking = await api.paid(passenger, driver, trip, seats=2)
    changed = data(
        await change(driver, trip, price_per_seat=5000, seats_available=2, rules="Non-fumeur", origin=ABIDJAN)
    )
    assert (changed["price_per_seat"], changed["seats_total"], changed["seats_available"]) == (5000, 2, 0)
    assert (await see(passenger, booking))["amount_total"] == booking["amount_total"]
    assert data(await change(driver, trip, seats_available=4))["seats_available"] == 2


async def test_departure_moves_from_the_first_promise_when_it_moves_often(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    data(await change(driver, trip, departure_time=at(DEPARTURE + HOUR)))
    await api.accepted(passenger, driver, trip)
    data(await change(driver, trip, departure_time=at(DEPARTURE + HOUR + 30 * MINUTE)))
    refusal(await change(driver, trip, departure_time=at(DEPARTURE + HOUR + 31 * MINUTE)), 409, "conflict")
    data(await change(driver, trip, departure_time=at(DEPARTURE + HOUR - 30 * MINUTE)))
    refusal(await change(driver, trip, departure_time=at(DEPARTURE + 29 * MINUTE)), 409, "conflict")


async def test_promise_is_a_new_one_when_the_last_booking_ended(api: Api) -> None:
    driver, first, second = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver)
    await api.accepted(first, driver, trip)
    api.clock.advance(31 * MINUTE)
    await api.run("holds")
    data(await change(driver, trip, departure_time=at(DEPARTURE + 5 * HOUR)))
    await api.accepted(second, driver, trip)
    data(await change(driver, trip, departure_time=at(DEPARTURE + 5 * HOUR + 20 * MINUTE)))
    refusal(await change(driver, trip, departure_time=at(DEPARTURE)), 409, "conflict")


async def test_passengers_leave_later_and_hear_of_it_when_the_departure_moves(api: Api) -> None:
    driver, passenger, other = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    stop = trip["stops"][0]
    paid = await api.paid(passenger, driver, trip, pickup_stop_id=stop["id"])
    pending = await api.pending(other, trip)
    changed = data(await change(driver, trip, departure_time=at(DEPARTURE + 20 * MINUTE)))
    now = await see(passenger, paid)
    assert now["departure_time"] == changed["stops"][0]["eta"] > paid["departure_time"]
    assert now["version"] > paid["version"]
    assert (await see(other, pending))["departure_time"] == at(DEPARTURE + 20 * MINUTE)
    assert [await told(api, who, "trip_changed") for who in (passenger, other, driver)] == [1, 1, 0]


async def test_nobody_is_told_when_it_does_not_concern_him(api: Api) -> None:
    driver, passenger, gone = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver)
    await api.accepted(passenger, driver, trip)
    rejected = await api.pending(gone, trip)
    data(await driver.post(f"/bookings/{rejected['id']}/reject"))
    data(await change(driver, trip, rules="Non-fumeur", price_per_seat=5000))
    assert await told(api, passenger, "trip_changed") == 0
    data(await change(driver, trip, departure_time=at(DEPARTURE + MINUTE)))
    assert [await told(api, who, "trip_changed") for who in (passenger, gone)] == [1, 0]


async def test_hold_ends_with_the_departure_when_that_comes_earlier(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    api.clock.at = DEPARTURE - 40 * MINUTE
    booking = await api.accepted(passenger, driver, trip)
    assert booking["hold_expires_at"] == at(DEPARTURE - 10 * MINUTE)
    data(await change(driver, trip, departure_time=at(DEPARTURE - 30 * MINUTE)))
    assert (await see(passenger, booking))["hold_expires_at"] == at(DEPARTURE - 30 * MINUTE)


async def test_requests_end_when_the_way_is_another(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.pending(passenger, trip)
    data(await change(driver, trip, destination=FAR))
    ended = await see(passenger, booking)
    assert (ended["status"], ended["cancellation"]["by"], ended["cancellation"]["reason"]) == (
        "cancelled", "driver", "trip_changed",
    )  # fmt: skip
    assert await told(api, passenger, "booking_cancelled_unpaid") == 1


async def started_late(api: Api, passenger: Person, booking: Any) -> Any:
    """A payment that can still be made when the hold is over, which it is now."""
    api.clock.advance(20 * MINUTE)
    started = await api.started(passenger, booking)
    api.clock.advance(11 * MINUTE)
    await api.run("holds")
    return started


async def test_late_money_goes_back_when_the_way_is_another(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    booking = await api.accepted(passenger, driver, trip, pickup_stop_id=trip["stops"][0]["id"])
    started = await started_late(api, passenger, booking)
    data(await driver.post(f"/trips/{trip['id']}/stops", {"stops": []}))
    await api.press(started["payment"]["provider_ref"], "paid")
    await api.relay()
    assert (await see(passenger, booking))["status"] == BookingStatus.CANCELLED
    assert data(await passenger.get(f"/payments/{started['payment']['id']}"))["status"] == "refunded"
    await api.audit_books()


async def test_late_money_buys_the_new_departure_when_the_trip_moved(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.accepted(passenger, driver, trip)
    started = await started_late(api, passenger, booking)
    data(await change(driver, trip, departure_time=at(DEPARTURE + HOUR)))
    await api.press(started["payment"]["provider_ref"], "paid")
    now = await see(passenger, booking)
    assert (now["status"], now["departure_time"]) == ("paid", at(DEPARTURE + HOUR))


async def test_nothing_changes_when_the_trip_is_under_way_or_over(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    data(await driver.post(f"/trips/{trip['id']}/cancel"))
    assert refusal(await change(driver, trip, rules="x"), 409, "conflict") == {"status": "cancelled"}
    answer = await driver.post(f"/trips/{trip['id']}/stops", {"stops": []})
    assert refusal(answer, 409, "conflict") == {"status": "cancelled"}


async def test_nobody_is_oversold_when_the_seats_shrink_while_the_driver_accepts(api: Api) -> None:
    driver = await api.driver()
    for day in range(ROUNDS):
        trip = data(
            await driver.post("/trips", trip_body(departure_time=at(DEPARTURE + day * DAY), seats_available=4)), 201
        )
        bookings = [await api.pending(await api.passenger(), trip) for _ in range(4)]
        accepts = [driver.post(f"/bookings/{booking['id']}/accept") for booking in bookings]
        answers = await asyncio.gather(change(driver, trip, seats_available=2), *accepts)
        assert {answer.status_code for answer in answers} <= {200, 409}
        taken = sum(answer.status_code == 200 for answer in answers[1:])
        now = data(await driver.get(f"/trips/{trip['id']}"))
        assert now["seats_total"] == (2 if answers[0].status_code == 200 else 4)
        assert taken <= now["seats_total"]
        assert taken == min(4, now["seats_total"])


async def test_destination_stays_when_the_same_is_sent(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    await api.accepted(passenger, driver, trip)
    assert data(await change(driver, trip, destination=YAMOUSSOUKRO, rules="Non-fumeur"))["rules"] == "Non-fumeur"
