"""From the driver's word to the arrival: who may take which step, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.wire import data, refusal, stop_body

STEPS = ("accept", "checkin", "start-ride", "end-ride")
AIMS = {"accept": "accepted", "checkin": "checked_in", "start-ride": "started", "end-ride": "completed"}
FORBIDDEN = {  # what no stage allows, by allocar.md's table; the rest is a step of the story
    "pending": ("checkin", "start-ride", "end-ride"),
    "accepted": ("accept", "checkin", "start-ride", "end-ride"),
    "paid": ("accept", "start-ride", "end-ride"),
    "checked_in": ("accept", "end-ride"),
    "started": ("accept", "start-ride"),
    "completed": STEPS,
    "cancelled": STEPS,
}


@dataclass(slots=True)
class Ride:
    """A booking of two seats and its two sides."""

    api: Api
    driver: Person
    passenger: Person
    trip: Any
    booking: Any

    @property
    def path(self) -> str:
        """Of the booking."""
        return f"/bookings/{self.booking['id']}"

    async def step(self, name: str, who: Person | None = None, *, code: str | None = None) -> Any:
        """The answer to an action of the driver, or of somebody else."""
        body = {"code": code or self.booking["checkin_code"]} if name == "checkin" else None
        return await (who or self.driver).post(f"{self.path}/{name}", body)

    async def check_in(self, code: str) -> Any:
        """The answer to a code."""
        return await self.step("checkin", code=code)


async def ride_at(api: Api, stage: str) -> Ride:
    """A booking that got as far as this stage, ten minutes before departure from `paid` on."""
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    ride = Ride(api, driver, passenger, trip, await api.pending(passenger, trip, seats=2))
    order = ("pending", "accepted", "paid", "checked_in", "started", "completed")
    reached = order.index(stage) if stage in order else 1
    if reached >= 1:
        data(await ride.step("accept"))
    if reached >= 2:
        started = await api.started(passenger, ride.booking)
        await api.press(started["payment"]["provider_ref"], "paid")
        api.clock.at = DEPARTURE - 10 * MINUTE
    for name in ("checkin", "start-ride", "end-ride")[: max(0, reached - 2)]:
        data(await ride.step(name))
    if stage == "cancelled":
        api.clock.advance(31 * MINUTE)
        await api.run("holds")
    return ride


@pytest.mark.parametrize("stage", FORBIDDEN)
async def test_step_is_refused_when_the_table_has_none(api: Api, stage: str) -> None:
    ride = await ride_at(api, stage)
    before = await api.inside.journal(), data(await ride.passenger.get(ride.path))
    for name in FORBIDDEN[stage]:
        details = refusal(await ride.step(name), 409, "invalid_transition")
        assert details == {"from": stage, "to": AIMS[name]}
    assert (await api.inside.journal(), data(await ride.passenger.get(ride.path))) == before


@pytest.mark.parametrize("stage", FORBIDDEN)
async def test_step_is_forbidden_when_the_passenger_takes_it(api: Api, stage: str) -> None:
    ride = await ride_at(api, stage)
    for name in STEPS:
        refusal(await ride.step(name, ride.passenger), 403, "forbidden")


async def test_booking_does_not_exist_when_a_stranger_takes_a_step(api: Api) -> None:
    ride, stranger = await ride_at(api, "paid"), await api.driver()
    for name in STEPS:
        refusal(await ride.step(name, stranger), 404, "not_found")
    refusal(await stranger.get(ride.path), 404, "not_found")


async def test_seats_wait_for_the_money_when_the_driver_accepts(api: Api) -> None:
    ride = await ride_at(api, "pending")
    answer = data(await ride.step("accept"))
    assert answer["status"] == "accepted"
    assert answer["hold_expires_at"] == (api.clock.now() + 30 * MINUTE).isoformat().replace("+00:00", "Z")
    news = (await api.messages(ride.passenger.phone))[0]
    assert (news["template"], "12000 F" in news["body"]) == ("booking_accepted", True)


async def test_seats_are_free_again_when_the_hold_is_over(api: Api) -> None:
    ride = await ride_at(api, "accepted")
    api.clock.advance(30 * MINUTE - SECOND)
    await api.run("holds")
    assert data(await ride.passenger.get(ride.path))["status"] == "accepted"
    api.clock.advance(SECOND)
    await api.run("holds")
    ended = data(await ride.passenger.get(ride.path))
    why = {"by": "system", "reason": "expired", "fee": None, "refund": None}
    assert (ended["status"], ended["cancellation"]) == ("cancelled", why)
    assert (await api.messages(ride.passenger.phone))[0]["template"] == "booking_expired"
    await api.accepted(await api.passenger(), ride.driver, ride.trip, seats=3)


async def test_request_ends_when_nobody_answers_for_24_hours(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver, departure_time=(DEPARTURE + 48 * HOUR).isoformat())
    booking = await api.pending(passenger, trip)
    path = f"/bookings/{booking['id']}"
    api.clock.advance(24 * HOUR - SECOND)
    await api.run("holds")
    assert data(await passenger.get(path))["status"] == "pending"
    api.clock.advance(SECOND)
    refusal(await driver.post(f"{path}/accept"), 409, "conflict")
    await api.run("holds")
    assert data(await passenger.get(path))["cancellation"]["reason"] == "expired"


async def test_request_ends_when_the_trip_leaves(api: Api) -> None:
    driver, passenger, departure = await api.driver(), await api.passenger(), api.clock.now() + 5 * HOUR
    booking = await api.pending(passenger, await api.trip(driver, departure_time=departure.isoformat()))
    path = f"/bookings/{booking['id']}"
    api.clock.at = departure - SECOND
    await api.run("holds")
    assert data(await passenger.get(path))["status"] == "pending"
    api.clock.at = departure
    refusal(await driver.post(f"{path}/accept"), 409, "conflict")
    await api.run("holds")
    assert data(await passenger.get(path))["status"] == "cancelled"


async def test_job_ends_all_when_many_are_overdue(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, allow_auto_accept=True)
    people = [await api.passenger() for _ in range(3)]
    for person in people:
        await api.pending(person, trip)
    api.clock.advance(30 * MINUTE)
    await api.run("holds")
    await api.run("holds")
    for person in people:
        (booking,) = data(await person.get("/bookings"))
        assert [event["to_status"] for event in booking["events"]] == ["pending", "accepted", "cancelled"]


async def test_trip_under_way_is_over_when_its_last_hold_expires(api: Api) -> None:
    ride = await ride_at(api, "checked_in")
    await api.accepted(await api.passenger(), ride.driver, ride.trip)
    data(await ride.step("start-ride"))
    assert data(await ride.step("end-ride"))["trip"]["status"] == "ongoing"
    api.clock.advance(30 * MINUTE)
    await api.run("holds")
    assert data(await ride.driver.get(f"/trips/{ride.trip['id']}"))["status"] == "completed"


async def spoil(api: Api, ride: Ride) -> None:
    """Free the seats of a booking behind its back: they cannot be freed once more."""
    async with api.service.platform.begin() as unit:
        booking = await unit.bookings.get(UUID(ride.booking["id"]))
        trip = await unit.trips.get(booking.trip_id, lock=True)
        trip.release(booking.ride, booking.seats)
        await unit.trips.save(trip)


async def test_others_end_when_the_oldest_overdue_booking_cannot(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    rides = []
    for _ in range(3):
        rides.append(await ride_at(api, "accepted"))
        api.clock.advance(SECOND)
    await spoil(api, rides[0])
    api.clock.advance(30 * MINUTE)
    await api.run("holds")
    ends = [data(await ride.passenger.get(ride.path))["status"] for ride in rides]
    assert ends == ["accepted", "cancelled", "cancelled"]
    blamed = {getattr(record, "booking_id", None) for record in caplog.records if record.levelname == "ERROR"}
    assert blamed == {rides[0].booking["id"]}


async def test_passenger_is_in_when_the_driver_reads_either_code(api: Api) -> None:
    for name in ("qr_code", "checkin_code"):
        ride = await ride_at(api, "paid")
        ticket = data(await ride.passenger.get(ride.path))
        done = data(await ride.check_in(ticket[name]))
        assert (done["status"], done["checked_in_at"]) == ("paid", wire(api))


def wire(api: Api) -> str:
    """Now, as JSON shows it."""
    return api.clock.now().isoformat().replace("+00:00", "Z")


async def test_code_is_good_when_it_is_typed_with_spaces_and_small_letters(api: Api) -> None:
    ride = await ride_at(api, "paid")
    code = ride.booking["checkin_code"]
    data(await ride.check_in(f" {code[:4].lower()}-{code[4:]} "))


@pytest.mark.parametrize(
    ("early", "is_open"),
    [(2 * HOUR + SECOND, False), (2 * HOUR, True), (-6 * HOUR, True), (-6 * HOUR - SECOND, False)],
)
async def test_check_in_is_open_when_departure_is_near(api: Api, early: Any, *, is_open: bool) -> None:
    ride = await ride_at(api, "paid")
    api.clock.at = DEPARTURE - early
    answer = await ride.step("checkin")
    if is_open:
        data(answer)
    else:
        details = refusal(answer, 409, "conflict")
        assert details == {"opens_at": "2025-10-02T06:30:00Z", "closes_at": "2025-10-02T14:30:00Z"}


async def test_code_is_refused_when_it_is_another_passengers(api: Api) -> None:
    ride = await ride_at(api, "paid")
    api.clock.at -= 12 * HOUR
    other = await api.paid(await api.passenger(), ride.driver, ride.trip)
    api.clock.at += 12 * HOUR
    refusal(await ride.check_in(other["checkin_code"]), 422, "otp_invalid")
    refusal(await ride.check_in(other["qr_code"]), 422, "otp_invalid")


async def test_sixth_code_is_refused_when_five_were_wrong(api: Api) -> None:
    ride = await ride_at(api, "paid")
    for number in range(5):
        refusal(await ride.check_in(f"AAAAAAA{number}"), 422, "otp_invalid")
    answer = await ride.step("checkin")
    refusal(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "600"
    api.clock.advance(10 * MINUTE)
    data(await ride.step("checkin"))


async def test_nothing_changes_when_the_right_code_comes_again(api: Api) -> None:
    ride = await ride_at(api, "paid")
    first = data(await ride.step("checkin"))
    api.clock.advance(MINUTE)
    assert data(await ride.step("checkin")) == first
    data(await ride.step("start-ride"))
    aboard = data(await ride.driver.get(ride.path))
    assert data(await ride.step("checkin")) == aboard
    refusal(await ride.check_in("AAAAAAAA"), 422, "otp_invalid")


async def test_right_code_is_good_when_the_window_has_closed_since(api: Api) -> None:
    ride = await ride_at(api, "checked_in")
    api.clock.advance(7 * HOUR)
    data(await ride.step("checkin"))


async def test_trip_is_under_way_when_its_first_passenger_is_aboard(api: Api) -> None:
    ride = await ride_at(api, "checked_in")
    done = data(await ride.step("start-ride"))
    assert (done["status"], done["trip"]["status"], done["started_at"]) == ("paid", "ongoing", wire(api))


async def test_trip_is_over_when_its_last_passenger_has_arrived(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver, stops=[stop_body()])
    people = [await api.passenger() for _ in range(2)]
    bookings = [await api.paid(person, driver, trip) for person in people]
    api.clock.at = DEPARTURE
    for booking in bookings:
        path = f"/bookings/{booking['id']}"
        data(await driver.post(f"{path}/checkin", {"code": booking["checkin_code"]}))
        data(await driver.post(f"{path}/start-ride"))
    ends = [data(await driver.post(f"/bookings/{booking['id']}/end-ride")) for booking in bookings]
    assert [(end["status"], end["trip"]["status"]) for end in ends] == [
        ("completed", "ongoing"), ("completed", "completed"),
    ]  # fmt: skip
    assert (await api.messages(people[0].phone))[0]["template"] == "booking_completed"
    await api.audit_books()


async def test_step_is_open_when_its_hour_is_long_past(api: Api) -> None:
    ride = await ride_at(api, "checked_in")
    api.clock.advance(48 * HOUR)
    data(await ride.step("start-ride"))
    api.clock.advance(48 * HOUR)
    assert data(await ride.step("end-ride"))["ended_at"] == wire(api)


async def test_ticket_is_the_passengers_alone_when_both_look(api: Api) -> None:
    ride = await ride_at(api, "paid")
    mine, his = data(await ride.passenger.get(ride.path)), data(await ride.driver.get(ride.path))
    assert len(mine["qr_code"]) >= 32
    assert len(mine["checkin_code"]) == 8
    assert (his["qr_code"], his["checkin_code"]) == (None, None)
    (listed,) = data(await ride.driver.get("/bookings", role="driver"))
    stepped = data(await ride.step("checkin"))
    assert listed["qr_code"] is listed["checkin_code"] is stepped["qr_code"] is None


async def test_history_has_a_row_for_each_change_when_the_ride_is_over(api: Api) -> None:
    ride = await ride_at(api, "completed")
    events = data(await ride.passenger.get(ride.path))["events"]
    assert [(event["from_status"], event["to_status"], event["by"], event["meta"]) for event in events] == [
        (None, "pending", "passenger", {"seats": 2}),
        ("pending", "accepted", "driver", {}),
        ("accepted", "paid", "provider", {}),
        ("paid", "paid", "driver", {"stage": "checked_in"}),
        ("paid", "paid", "driver", {"stage": "started"}),
        ("paid", "completed", "driver", {}),
    ]
