"""Where the driver is: who may say it, who is shown it, and when the car will be there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from allonova.domain.carpool.rules import Rules
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.rides import ON_THE_WAY, PLATEAU, RideDay, bearer, locations, ride_day, said
from tests.support.sockets import Line, line
from tests.support.wire import NOBODY, TOUMODI, data, paths, stop_body, trip_body

FULL = ON_THE_WAY | {"heading": 315.5, "speed": 22.2}


async def refused(phone: Line, **said: Any) -> tuple[str, Any]:
    """Code and details of the error that answers a position."""
    await phone.say("location", **said)
    frame = await phone.next("error")
    return frame["data"]["code"], frame["data"]["details"]


async def kept(api: Api, driver: Person) -> list[tuple[float, datetime]]:
    """Latitudes and instants of what the store has of a driver."""
    return [(row.lat, row.at) for row in await api.service.platform.rides.locations(driver.id)]


async def code_of(api: Api, person: Person | None, trip_id: str) -> int:
    """With which code somebody is sent away."""
    headers = {} if person is None else await bearer(person)
    async with line(api, f"/ws/trips/{trip_id}/driver-location", headers=headers) as it:
        return await it.close_code()


async def test_passenger_is_shown_where_the_driver_is_and_then_when_he_comes(api: Api) -> None:
    ride = await ride_day(api)
    async with ride.follow(ride.passenger) as her, ride.follow(ride.driver) as phone:
        await phone.say("location", **FULL)
        await said(phone, api)
        first, again = await her.next(), await her.next()
        assert (first["type"], first["id"]) == ("location", None)
        assert first["data"] == FULL | {"at": "2025-10-02T07:30:00Z", "eta": None}
        assert datetime.fromisoformat(again["data"].pop("eta")) > api.clock.now()
        assert again["data"] == {name: value for name, value in first["data"].items() if name != "eta"}
        assert phone.waiting() == []


async def test_arrival_is_that_at_the_pickup_until_she_is_aboard_then_that_at_the_dropoff(api: Api) -> None:
    ride = await ride_day(api)
    async with ride.follow(ride.passenger) as her, ride.follow(ride.driver) as phone:

        async def lasts() -> timedelta:
            await phone.say("location", **PLATEAU)
            await said(phone, api)
            return datetime.fromisoformat((await locations(her))[-1]["eta"]) - api.clock.now()

        assert timedelta(0) <= await lasts() < MINUTE
        await ride.start()
        await ride.look_again()
        assert HOUR < await lasts() < 6 * HOUR


async def test_each_passenger_has_an_arrival_of_his_own(api: Api) -> None:
    ride = await ride_day(api, before=25 * HOUR, stops=[stop_body()])
    second = await api.passenger()
    stop_id = ride.trip["stops"][0]["id"]
    booking = await api.paid(second, ride.driver, ride.trip, pickup_stop_id=stop_id)
    api.clock.at = DEPARTURE - HOUR
    async with ride.follow(ride.passenger) as her, ride.follow(second) as him, ride.follow(ride.driver) as phone:
        await phone.say("location", **TOUMODI)
        await said(phone, api)
        hers, his = (await locations(her))[-1], (await locations(him))[-1]
        assert hers.pop("eta") > his.pop("eta")
        assert hers == his
    data(await second.post(f"/bookings/{booking['id']}/cancel"))


async def test_who_cancels_is_sent_away_and_the_others_go_on(api: Api) -> None:
    ride = await ride_day(api, before=25 * HOUR)
    second = await api.passenger()
    await api.paid(second, ride.driver, ride.trip)
    api.clock.at = DEPARTURE - HOUR
    async with ride.follow(ride.passenger) as her, ride.follow(second) as him, ride.follow(ride.driver) as phone:
        data(await ride.passenger.post(f"{ride.path}/cancel"))
        await phone.say("location", **PLATEAU)
        await api.show()
        assert await her.close_code() == 4404
        await ride.look_again()
        await said(phone, api)
        assert (await locations(him))[-1]["lat"] == PLATEAU["lat"]
        assert phone.waiting() == []
    assert await code_of(api, ride.passenger, ride.trip["id"]) == 4403


async def test_everybody_is_sent_away_when_the_trip_is_over(api: Api) -> None:
    ride = await ride_day(api)
    async with ride.follow(ride.passenger) as her, ride.follow(ride.driver) as phone:
        await ride.start()
        await ride.step("end-ride")
        assert (await her.close_code(), await phone.close_code()) == (4404, 4404)
    for person in (ride.driver, ride.passenger):
        assert await code_of(api, person, ride.trip["id"]) == 4404


async def test_driver_who_goes_on_sending_hears_that_the_trip_is_over(api: Api) -> None:
    ride = await ride_day(api)
    async with ride.follow(ride.driver) as phone:
        data(await ride.driver.post(f"/trips/{ride.trip['id']}/cancel"))
        await ride.look_again()
        assert (await refused(phone, **PLATEAU))[0] == "not_found"
    assert await kept(api, ride.driver) == []


async def test_nobody_else_enters(api: Api) -> None:
    ride = await ride_day(api, before=25 * HOUR)
    waiting = await api.passenger()
    await api.accepted(waiting, ride.driver, ride.trip)
    draft = data(await ride.driver.post("/trips", trip_body(status="draft")), 201)
    for person in (waiting, await api.passenger(), await api.driver()):
        assert await code_of(api, person, ride.trip["id"]) == 4403
    for trip_id in (NOBODY, "x", draft["id"]):
        assert await code_of(api, ride.driver, trip_id) == 4404
    assert await code_of(api, None, ride.trip["id"]) == 4401


async def test_only_the_driver_says_where_he_is(api: Api) -> None:
    ride = await ride_day(api)
    async with ride.follow(ride.passenger) as her:
        assert await refused(her, **PLATEAU) == ("forbidden", {})
    assert await kept(api, ride.driver) == []


WRONG: tuple[dict[str, object], ...] = (
    {"lat": 91}, {"lon": -180.5}, {"lat": "5.3"}, {"lat": True}, {"lat": None}, {"heading": -1}, {"heading": 361},
    {"speed": -0.1}, {"speed": "20"}, {"at": "2025-10-02T07:30:00Z"}, {"trip_id": NOBODY},
)  # fmt: skip


async def test_positions_that_are_none_are_refused(api: Api, subtests: pytest.Subtests) -> None:
    ride = await ride_day(api)
    async with ride.follow(ride.driver) as phone:
        for wrong in WRONG:
            with subtests.test(str(wrong)):
                code, details = await refused(phone, **(FULL | wrong))
                assert (code, paths(details)) == ("validation_error", [f"data.{next(iter(wrong))}"])
    assert await kept(api, ride.driver) == []


async def test_driver_is_followed_from_a_day_before_his_departure_to_a_day_after_his_arrival(api: Api) -> None:
    ride = await ride_day(api, before=24 * HOUR + SECOND)
    async with ride.follow(ride.driver) as phone:
        assert await refused(phone, **PLATEAU) == ("conflict", {"opens_at": "2025-10-01T08:30:00Z"})
        api.clock.advance(SECOND)
        await phone.say("location", **PLATEAU)
        await said(phone, api)
        assert len(await kept(api, ride.driver)) == 1
        api.clock.at = datetime.fromisoformat(ride.trip["arrival_eta"]) + 24 * HOUR + SECOND
        assert (await refused(phone, **PLATEAU))[0] == "not_found"
    assert await code_of(api, ride.driver, ride.trip["id"]) == 4404


async def test_who_comes_later_is_shown_at_once_where_the_driver_was_last(api: Api) -> None:
    ride = await ride_day(api)
    await ride.drive(ON_THE_WAY, PLATEAU)
    async with ride.follow(ride.passenger) as her:
        frame = await her.next()
        assert (frame["id"], frame["data"]["lat"]) == (None, PLATEAU["lat"])
        assert frame["data"]["eta"] is not None
    api.follow(Rules())  # another process, which knows what the store knows
    async with ride.follow(ride.passenger) as her:
        assert (await her.next())["data"] == PLATEAU | {
            "heading": None, "speed": None, "at": "2025-10-02T07:30:20Z", "eta": None,
        }  # fmt: skip
    api.clock.advance(2 * MINUTE + SECOND)
    async with ride.follow(ride.passenger) as her, ride.follow(ride.driver) as phone:
        await phone.say("location", **ON_THE_WAY)
        await said(phone, api)
        assert (await her.next())["data"]["lat"] == ON_THE_WAY["lat"]


async def test_newest_of_each_ten_seconds_is_kept(api: Api) -> None:
    ride = await ride_day(api)
    async with ride.follow(ride.driver) as phone:
        for lat in (5.1, 5.2, 5.3):
            await phone.say("location", lat=lat, lon=-4)
        await said(phone, api)
        assert await kept(api, ride.driver) == [(5.3, DEPARTURE - HOUR)]
        await said(phone, api)
        assert len(await kept(api, ride.driver)) == 1


async def test_trip_that_was_followed_can_be_deleted(api: Api) -> None:
    driver = await api.driver()
    trip = await api.trip(driver)
    api.clock.at = DEPARTURE - HOUR
    ride = RideDay(api=api, driver=driver, passenger=driver, trip=trip, booking={"id": NOBODY})
    await ride.drive(PLATEAU)
    assert len(await kept(api, driver)) == 1
    assert (await driver.send("DELETE", f"/trips/{trip['id']}")).status_code == 204
    assert await kept(api, driver) == []
