"""Trips that are called off or taken back, and what becomes of their passengers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR
from tests.support.wire import data, paths, refusal, stop_body


async def see(person: Person, booking: Any) -> Any:
    """A booking as it is now."""
    return data(await person.get(f"/bookings/{booking['id']}"))


async def told(api: Api, person: Person, template: str) -> int:
    """How many messages of a kind somebody got."""
    return sum(message["template"] == template for message in await api.messages(person.phone))


async def test_everybody_gets_his_money_back_when_the_trip_is_cancelled(api: Api) -> None:
    driver = await api.driver()
    people = [await api.passenger() for _ in range(3)]
    trip = await api.trip(driver, seats_available=4)
    bookings = [
        await api.paid(people[0], driver, trip),
        await api.accepted(people[1], driver, trip),
        await api.pending(people[2], trip),
    ]
    body = {"reason": "Panne"}
    answer = await driver.post(f"/trips/{trip['id']}/cancel", body)
    assert (data(answer)["status"], data(answer)["seats_available"]) == ("cancelled", 4)
    await api.relay()
    for person, booking in zip(people, bookings, strict=True):
        ended = await see(person, booking)
        assert (ended["status"], ended["cancellation"]["by"]) == ("cancelled", "driver")
        assert ended["cancellation"]["reason"] == "Panne"
    words = ["booking_cancelled_passenger", "booking_cancelled_unpaid", "booking_cancelled_unpaid"]
    assert [await told(api, person, word) for person, word in zip(people, words, strict=True)] == [1, 1, 1]
    assert (await see(people[0], bookings[0]))["cancellation"]["refund"] == 6000
    await api.audit_books()
    refusal(await driver.post(f"/trips/{trip['id']}/cancel", body), 409, "invalid_transition")


async def test_driver_is_fined_once_when_he_cancels_late_what_was_paid(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, seats_available=4)
    for _ in range(2):
        await api.paid(await api.passenger(), driver, trip)
    api.clock.at = DEPARTURE - 23 * HOUR
    data(await driver.post(f"/trips/{trip['id']}/cancel"))
    assert sum(m.kind == "driver_penalty" for m in await api.inside.journal()) == 1


async def test_trip_is_not_found_when_it_was_cancelled(api: Api) -> None:
    driver, other = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    data(await driver.post(f"/trips/{trip['id']}/cancel", {}))
    query = f"/trips/search?from=5.3575,-4.0083&to=6.8190,-5.2760&date={DEPARTURE:%Y-%m-%d}"
    assert data(await other.get(query)) == []
    refusal(await other.post("/bookings", {"trip_id": trip["id"], "seats": 1}), 409, "conflict")
    await api.trip(driver)  # the time is free again


async def test_trip_cannot_be_cancelled_when_somebody_is_checked_in(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.paid(passenger, driver, trip)
    api.clock.at = DEPARTURE - HOUR
    data(await driver.post(f"/bookings/{booking['id']}/checkin", {"code": booking["qr_code"]}))
    before = await api.inside.everything()
    refusal(await driver.post(f"/trips/{trip['id']}/cancel"), 409, "invalid_transition")
    assert await api.inside.everything() == before


async def test_reason_is_refused_when_it_is_unsound(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    for reason in ("", "x" * 2001, 3):
        answer = await driver.post(f"/trips/{trip['id']}/cancel", {"reason": reason})
        assert paths(refusal(answer, 422, "validation_error")) == ["reason"]


@pytest.mark.parametrize("status", ["draft", "published"])
async def test_trip_is_gone_when_nobody_ever_booked(api: Api, status: str) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, status=status, stops=[stop_body()])
    assert (await driver.send("DELETE", f"/trips/{trip['id']}")).status_code == 204
    refusal(await driver.get(f"/trips/{trip['id']}"), 404, "not_found")
    refusal(await driver.send("DELETE", f"/trips/{trip['id']}"), 404, "not_found")
    assert data(await driver.get("/trips")) == []


@pytest.mark.parametrize("status", ["pending", "accepted"])
async def test_trip_is_cancelled_when_one_deletes_it_under_unpaid_bookings(api: Api, status: str) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    held = status == "accepted"
    booking = await api.accepted(passenger, driver, trip) if held else await api.pending(passenger, trip)
    assert (await driver.send("DELETE", f"/trips/{trip['id']}")).status_code == 204
    assert data(await driver.get(f"/trips/{trip['id']}"))["status"] == "cancelled"
    assert (await see(passenger, booking))["status"] == "cancelled"
    assert await told(api, passenger, "booking_cancelled_unpaid") == 1


async def test_deleting_is_refused_when_somebody_has_paid(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    await api.paid(passenger, driver, trip)
    before = await api.inside.everything()
    refusal(await driver.send("DELETE", f"/trips/{trip['id']}"), 409, "conflict")
    assert await api.inside.everything() == before
