"""Who did not come: the passenger, the driver, or nobody knows."""

from __future__ import annotations

from typing import Any

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.wire import data, refusal

FARE = 6_000
DAY = 24 * HOUR


class Missed:
    """A paid booking around its departure."""

    def __init__(self, api: Api, driver: Person, passenger: Person, booking: Any) -> None:
        self.api, self.driver, self.passenger, self.booking = api, driver, passenger, booking

    async def post(self, person: Person, step: str) -> Any:
        """A step of one of its sides."""
        return await person.post(f"/bookings/{self.booking['id']}/{step}")

    async def show(self) -> Any:
        """The booking as it is now."""
        return data(await self.passenger.get(f"/bookings/{self.booking['id']}"))

    async def balance(self) -> int:
        """What the passenger's wallet holds."""
        return int(data(await self.passenger.get("/wallet"))["balance"])


async def missed(api: Api) -> Missed:
    """Paid in good time; now is the departure."""
    api.clock.at = DEPARTURE - 2 * DAY
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.paid(passenger, driver, await api.trip(driver))
    api.clock.at = DEPARTURE
    return Missed(api, driver, passenger, booking)


async def set_off_with_another(api: Api, ride: Missed) -> None:
    """Another passenger of the trip is aboard."""
    api.clock.at = DEPARTURE - HOUR
    driver = ride.driver
    booking = await api.paid(await api.passenger(), driver, ride.booking["trip"])
    api.clock.at = DEPARTURE
    data(await driver.post(f"/bookings/{booking['id']}/checkin", {"code": booking["checkin_code"]}))
    data(await driver.post(f"/bookings/{booking['id']}/start-ride"))


async def test_passenger_loses_his_fare_when_the_driver_says_he_did_not_come(api: Api) -> None:
    ride = await missed(api)
    api.clock.advance(30 * MINUTE - SECOND)
    details = refusal(await ride.post(ride.driver, "no-show"), 409, "conflict")
    assert details == {"opens_at": "2025-10-02T09:00:00Z"}
    api.clock.advance(SECOND)
    refusal(await ride.post(ride.passenger, "no-show"), 403, "forbidden")
    refusal(await ride.post(await api.driver(), "no-show"), 404, "not_found")
    done = data(await ride.post(ride.driver, "no-show"))
    assert (done["status"], done["cancellation"]) == (
        "cancelled", {"by": "driver", "reason": "no_show", "fee": FARE, "refund": 0},
    )  # fmt: skip
    assert (await api.inside.journal())[-1].francs == {
        "escrow": -FARE, f"driver_payable:{ride.driver.id}": 5_400, "commission": 600,
    }  # fmt: skip
    assert (await api.messages(ride.passenger.phone))[0]["template"] == "no_show"
    await api.audit_books()


async def test_no_show_is_refused_when_nothing_was_paid_or_somebody_checked_in(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    pending = await api.pending(passenger, await api.trip(driver))
    refusal(await driver.post(f"/bookings/{pending['id']}/no-show"), 409, "invalid_transition")
    refusal(await passenger.post(f"/bookings/{pending['id']}/driver-no-show"), 409, "invalid_transition")
    ride = await missed(api)
    api.clock.at = DEPARTURE + HOUR
    data(await ride.driver.post(f"/bookings/{ride.booking['id']}/checkin", {"code": ride.booking["checkin_code"]}))
    refusal(await ride.post(ride.driver, "no-show"), 409, "invalid_transition")
    refusal(await ride.post(ride.passenger, "driver-no-show"), 409, "invalid_transition")


async def test_job_takes_the_fee_when_the_driver_rode_with_somebody_else(api: Api) -> None:
    ride = await missed(api)
    await set_off_with_another(api, ride)
    api.clock.at = DEPARTURE + 6 * HOUR - SECOND
    await api.run("rides")
    assert (await ride.show())["status"] == "paid"
    api.clock.at = DEPARTURE + 6 * HOUR
    await api.run("rides")
    assert (await ride.show())["cancellation"] == {"by": "system", "reason": "no_show", "fee": FARE, "refund": 0}
    await api.audit_books()


async def test_both_are_asked_and_nothing_is_taken_when_nobody_knows(api: Api) -> None:
    ride = await missed(api)
    api.clock.at = DEPARTURE + 6 * HOUR
    await api.run("rides")
    await api.run("rides")
    asked = await ride.show()
    assert (asked["status"], asked["question"]) == (
        "paid",
        {"asked_at": "2025-10-02T14:30:00Z", "answer_until": "2025-10-03T14:30:00Z", "contested_at": None},
    )
    for person in (ride.driver, ride.passenger):
        templates = [message["template"] for message in await api.messages(person.phone)]
        assert templates.count("ride_question") == 1
    api.clock.advance(DAY - SECOND)
    await api.run("rides")
    assert (await ride.show())["status"] == "paid"
    api.clock.advance(SECOND)
    await api.run("rides")
    over = await ride.show()
    assert (over["status"], over["cancellation"]) == (
        "cancelled", {"by": "system", "reason": "unconfirmed", "fee": 0, "refund": FARE},
    )  # fmt: skip
    await api.relay()
    assert [refund["amount"] for refund in (await api.ledger())["refunds"]] == [FARE]
    await api.audit_books()


async def test_driver_gets_the_fee_when_he_answers_in_time(api: Api) -> None:
    ride = await missed(api)
    api.clock.at = DEPARTURE + 6 * HOUR
    await api.run("rides")
    api.clock.advance(DAY - SECOND)
    done = data(await ride.post(ride.driver, "no-show"))
    assert done["cancellation"] == {"by": "driver", "reason": "no_show", "fee": FARE, "refund": 0}
    await api.audit_books()


async def test_money_waits_for_the_driver_when_the_passenger_saw_none(api: Api) -> None:
    ride = await missed(api)
    api.clock.advance(15 * MINUTE - SECOND)
    details = refusal(await ride.post(ride.passenger, "driver-no-show"), 409, "conflict")
    assert details == {"opens_at": "2025-10-02T08:45:00Z"}
    api.clock.advance(SECOND)
    refusal(await ride.post(ride.driver, "driver-no-show"), 403, "forbidden")
    refusal(await ride.post(await api.passenger(), "driver-no-show"), 404, "not_found")
    done = data(await ride.post(ride.passenger, "driver-no-show"))["booking"]
    assert (done["status"], done["cancellation"]) == (
        "cancelled", {"by": "passenger", "reason": "driver_no_show", "fee": 0, "refund": None},
    )  # fmt: skip
    assert [movement.kind for movement in await api.inside.journal()] == ["booking_paid"]
    assert "ride_question" in [message["template"] for message in await api.messages(ride.driver.phone)]
    await api.audit_books()
    api.clock.advance(DAY)
    await api.run("rides")
    assert (await ride.show())["cancellation"]["refund"] == FARE
    await api.relay()
    assert [refund["amount"] for refund in (await api.ledger())["refunds"]] == [FARE]
    await api.audit_books()


async def test_next_trips_are_named_when_no_driver_came(api: Api) -> None:
    ride = await missed(api)
    other = await api.driver()
    later = await api.trip(other, departure_time=(DEPARTURE + 2 * HOUR).isoformat())
    await api.trip(await api.driver(), departure_time=(DEPARTURE + 30 * HOUR).isoformat())
    api.clock.advance(15 * MINUTE)
    missed_by = data(await ride.post(ride.passenger, "driver-no-show"))
    assert [hit["trip"]["id"] for hit in missed_by["alternatives"]] == [later["id"]]


async def test_money_waits_for_the_back_office_when_the_driver_contests(api: Api) -> None:
    ride = await missed(api)
    refusal(await ride.post(ride.driver, "contest"), 409, "conflict")
    api.clock.advance(15 * MINUTE)
    data(await ride.post(ride.passenger, "driver-no-show"))
    refusal(await ride.post(ride.passenger, "contest"), 403, "forbidden")
    refusal(await ride.post(await api.driver(), "contest"), 404, "not_found")
    first = data(await ride.post(ride.driver, "contest"))
    assert first["question"]["contested_at"] == "2025-10-02T08:45:00Z"
    assert data(await ride.post(ride.driver, "contest")) == first
    api.clock.advance(3 * DAY)
    await api.run("rides")
    assert (await ride.show())["cancellation"]["refund"] is None
    await api.audit_books()


async def test_contest_is_refused_when_it_comes_a_day_late(api: Api) -> None:
    ride = await missed(api)
    api.clock.advance(15 * MINUTE)
    data(await ride.post(ride.passenger, "driver-no-show"))
    api.clock.advance(DAY)
    refusal(await ride.post(ride.driver, "contest"), 409, "conflict")


async def test_seats_are_free_again_when_somebody_did_not_come(api: Api) -> None:
    for step, who in (("no-show", "driver"), ("driver-no-show", "passenger")):
        ride = await missed(api)
        api.clock.advance(30 * MINUTE)
        data(await ride.post(getattr(ride, who), step))
        trip = data(await ride.driver.get(f"/trips/{ride.booking['trip']['id']}"))
        assert trip["seats_available"] == 3


async def test_ride_completes_when_nobody_ended_it_for_a_day(api: Api) -> None:
    for steps in (("checkin",), ("checkin", "start-ride")):
        ride = await missed(api)
        for step in steps:
            body = {"code": ride.booking["checkin_code"]} if step == "checkin" else None
            data(await ride.driver.post(f"/bookings/{ride.booking['id']}/{step}", body))
        trip = data(await ride.driver.get(f"/trips/{ride.booking['trip']['id']}"))
        arrival = api.clock.at.fromisoformat(trip["arrival_eta"])
        api.clock.at = arrival + DAY - SECOND
        await api.run("rides")
        assert (await ride.show())["status"] == "paid"
        api.clock.advance(SECOND)
        await api.run("rides")
        done = await ride.show()
        assert (done["status"], done["trip"]["status"], done["events"][-1]["by"]) == (
            "completed", "completed", "system",
        )  # fmt: skip
    await api.audit_books()


async def test_trip_is_over_when_nobody_booked_it(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    arrival = api.clock.at.fromisoformat(trip["arrival_eta"])
    api.clock.at = arrival + 6 * HOUR - SECOND
    await api.run("rides")
    assert data(await driver.get(f"/trips/{trip['id']}"))["status"] == "published"
    api.clock.advance(SECOND)
    await api.run("rides")
    assert data(await driver.get(f"/trips/{trip['id']}"))["status"] == "completed"
