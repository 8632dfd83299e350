"""The link by which a passenger lets somebody follow his ride: who makes it, what it shows, and when it ends."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from allonova.domain.carpool.rules import Rules
from tests.support.api import Api
from tests.support.factories import DEPARTURE, HOUR, MINUTE
from tests.support.rides import ON_THE_WAY, PLATEAU, RideDay, breathe, locations, ride_day, said
from tests.support.sockets import Line, line
from tests.support.wire import NOBODY, ROOT, data, refusal

FIELDS = {
    *("status", "passenger", "driver", "vehicle", "pickup", "dropoff", "departure_time", "arrival_eta"),
    *("checked_in_at", "started_at", "position", "expires_at"),
}


async def look(api: Api, token: str) -> Any:
    """As a stranger."""
    return await api.http.get(f"/public/rides/{token}")


@asynccontextmanager
async def watch(api: Api, token: str) -> AsyncIterator[Line]:
    """As a stranger who stays."""
    async with line(api, f"/ws/public/rides/{token}") as it:
        await breathe()
        yield it


async def gone(api: Api, token: str) -> bool:
    """Whether a link shows nothing, by either way."""
    refusal(await look(api, token), 404, "not_found")
    async with line(api, f"/ws/public/rides/{token}") as it:
        return await it.close_code() == 4404


async def test_link_shows_the_ride_to_whoever_has_it_and_nothing_of_anybody_else(api: Api) -> None:
    ride = await ride_day(api)
    share = await ride.share()
    assert set(share) == {"url", "token", "expires_at"}
    assert share["url"] == f"{ROOT}/ride#token={share['token']}"
    assert re.fullmatch(r"[\w-]{22,}", share["token"])
    answer = await look(api, share["token"])
    shown = data(answer)
    assert set(shown) == FIELDS
    assert (shown["status"], shown["passenger"], shown["driver"]) == ("waiting", "Awa", "Kouassi")
    assert (shown["pickup"], shown["dropoff"]) == ("Abidjan, Plateau", "Yamoussoukro")
    assert set(shown["vehicle"]) == {"make", "model", "color", "plate_number"}
    for secret in (ride.passenger.phone, ride.driver.phone, str(ride.passenger.id), str(ride.driver.id)):
        assert secret not in answer.text


async def test_token_is_neither_kept_nor_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "allonova")
    ride = await ride_day(api)
    token = (await ride.share())["token"]
    data(await look(api, token))
    await api.http.get(f"/public/rides/{token}/")
    await api.http.post(f"/public/rides/{token}", json={})
    async with watch(api, token) as it:
        await it.send("nonsense")
        await it.next("error")
    await api.relay()
    assert not [record for record in caplog.records if token in str(vars(record))]
    [link] = await api.service.platform.rides.links(ride.passenger.id)
    assert token not in str(link)


async def test_position_is_shown_only_while_the_ride_is_ongoing(api: Api) -> None:
    ride = await ride_day(api)
    token = (await ride.share())["token"]
    await ride.drive(PLATEAU)
    async with watch(api, token) as it:
        await ride.drive(PLATEAU)
        await ride.step("checkin")
        await ride.drive(PLATEAU)
        assert data(await look(api, token))["position"] is None
        assert await locations(it) == []
        await ride.step("start-ride")
        assert data(await look(api, token))["position"]["lat"] == PLATEAU["lat"]
        await ride.look_again()
        await ride.drive(ON_THE_WAY | {"heading": 20.0, "speed": 25.0})
        seen = (await locations(it))[-1]
        assert (seen["lat"], seen["heading"], seen["speed"]) == (ON_THE_WAY["lat"], 20.0, 25.0)
        assert seen["eta"] is not None
        assert data(await look(api, token))["position"] == seen
    async with watch(api, token) as late:
        assert (await late.next("location"))["data"]["lat"] == ON_THE_WAY["lat"]
    api.follow(Rules())  # another process
    shown = data(await look(api, token))["position"]
    assert (shown["lat"], shown["at"]) == (ON_THE_WAY["lat"], "2025-10-02T07:30:40Z")
    await ride.step("end-ride")
    assert await gone(api, token)


async def test_who_follows_is_told_of_each_step_and_sent_away_at_the_end(api: Api) -> None:
    ride = await ride_day(api)
    token = (await ride.share())["token"]
    async with watch(api, token) as it:
        await ride.start()
        frames = [await it.next("ride.updated") for _ in range(2)]
        assert [frame["data"]["status"] for frame in frames] == ["checked_in", "ongoing"]
        assert frames[0]["id"] < frames[1]["id"]
        assert frames[1]["data"]["started_at"] == "2025-10-02T07:30:00Z"
        await ride.step("end-ride")
        assert (await it.next("ride.updated"))["data"]["status"] == "completed"
        assert await it.close_code() == 4404
    assert await gone(api, token)


async def test_who_lost_the_network_is_shown_what_he_missed(api: Api) -> None:
    ride = await ride_day(api)
    token = (await ride.share())["token"]
    async with watch(api, token) as it:
        await ride.step("checkin")
        first = (await it.next("ride.updated"))["id"]
    await ride.step("start-ride")
    async with line(api, f"/ws/public/rides/{token}", last_event_id=first) as it:
        assert (await it.next())["data"]["status"] == "ongoing"


async def test_new_time_is_told(api: Api) -> None:
    ride = await ride_day(api, before=25 * HOUR)
    async with watch(api, (await ride.share())["token"]) as it:
        later = (DEPARTURE + 20 * MINUTE).isoformat()
        data(await ride.driver.send("PATCH", f"/trips/{ride.trip['id']}", json={"departure_time": later}))
        await api.show()
        assert (await it.next("ride.updated"))["data"]["departure_time"] == "2025-10-02T08:50:00Z"


@pytest.mark.parametrize("by", ["driver", "passenger"])
async def test_link_ends_when_the_booking_is_cancelled(api: Api, by: str) -> None:
    ride = await ride_day(api)
    token = (await ride.share())["token"]
    async with watch(api, token) as it:
        data(await getattr(ride, by).post(f"{ride.path}/cancel"))
        await api.show()
        assert (await it.next("ride.updated"))["data"]["status"] == "cancelled"
        assert await it.close_code() == 4404
    assert await gone(api, token)


async def test_link_ends_when_it_is_taken_back_and_another_can_be_made(api: Api) -> None:
    ride = await ride_day(api)
    token = (await ride.share())["token"]
    async with watch(api, token) as it:
        for _ in range(2):
            assert (await ride.passenger.send("DELETE", f"{ride.path}/share")).status_code == 204
        await api.show()
        assert await it.close_code() == 4404
    assert await gone(api, token)
    data(await look(api, (await ride.share())["token"]))


async def test_new_link_takes_the_place_of_the_one_before(api: Api) -> None:
    ride = await ride_day(api)
    first, second = (await ride.share())["token"], (await ride.share())["token"]
    async with watch(api, second) as it:
        await api.show()
        assert it.waiting() == []
        assert await gone(api, first)
        await ride.step("checkin")
        assert (await it.next())["type"] == "ride.updated"


async def test_link_ends_a_day_after_the_arrival_at_the_latest(api: Api) -> None:
    ride = await ride_day(api)
    share = await ride.share()
    api.clock.at = DEPARTURE + 24 * HOUR
    data(await look(api, share["token"]))
    api.clock.at = DEPARTURE + 48 * HOUR
    assert share["expires_at"] < api.clock.now().isoformat()
    assert await gone(api, share["token"])
    assert refusal(await ride.passenger.post(f"{ride.path}/share"), 409, "conflict") == {"status": "paid"}


async def test_only_the_passenger_of_a_paid_ride_shares_it(api: Api) -> None:
    ride = await ride_day(api, before=25 * HOUR)
    for method in ("POST", "DELETE"):
        refusal(await ride.driver.send(method, f"{ride.path}/share"), 403, "forbidden")
        refusal(await (await api.passenger()).send(method, f"{ride.path}/share"), 404, "not_found")
        refusal(await ride.passenger.send(method, f"/bookings/{NOBODY}/share"), 404, "not_found")
    other = await api.passenger()
    waiting = await api.accepted(other, ride.driver, ride.trip)
    assert refusal(await other.post(f"/bookings/{waiting['id']}/share"), 409, "conflict") == {"status": "accepted"}
    for token in ("x", "%00", "é" * 50, NOBODY):
        assert await gone(api, token)


async def test_driver_is_told_once_and_the_deed_is_noted(api: Api) -> None:
    ride = await ride_day(api)
    for _ in range(2):
        await ride.share()
    await ride.passenger.send("DELETE", f"{ride.path}/share")
    templates = [message["template"] for message in await api.messages(ride.driver.phone)]
    assert templates.count("ride_shared") == 1
    deeds = [row.action for row in await api.inside.audit()]
    assert deeds[-3:] == ["booking.shared", "booking.shared", "booking.unshared"]


async def test_page_follows_without_any_other_host(api: Api) -> None:
    page = await api.http.get(f"{ROOT}/ride", headers={"Accept-Language": "fr"})
    assert (page.status_code, 'lang="fr"' in page.text) == (200, True)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert [*re.findall(r'(?:src|href)="(?!#|data:)([^"]+)"', page.text)] == ["/ride.js"]
    script = await api.http.get(f"{ROOT}/ride.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert re.findall(r"https?://[\w.]+", script.text) == ["https://www.openstreetmap.org"]
    english = await api.http.get(f"{ROOT}/ride", headers={"Accept-Language": "en"})
    assert 'lang="en"' in english.text


async def test_ride_of_another_passenger_of_the_trip_is_not_shown(api: Api) -> None:
    ride = await ride_day(api, before=25 * HOUR)
    other = await api.passenger(first_name="Binta")
    theirs = RideDay(
        api=api,
        driver=ride.driver,
        passenger=other,
        trip=ride.trip,
        booking=await api.paid(other, ride.driver, ride.trip),
    )
    token = (await theirs.share())["token"]
    api.clock.at = DEPARTURE - HOUR
    async with watch(api, token) as it, ride.follow(ride.driver) as phone:
        await ride.start()
        await ride.look_again()
        await phone.say("location", **PLATEAU)
        await said(phone, api)
        assert it.waiting() == []
    assert data(await look(api, token))["status"] == "waiting"
