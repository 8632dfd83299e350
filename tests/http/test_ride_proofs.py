"""What is known of a ride: to whom it is shown, how long positions are kept, and what stays of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allonova.domain.identity.roles import Role
from tests.support.api import Api
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND
from tests.support.rides import ON_THE_WAY, PLATEAU, RideDay, ride_day
from tests.support.wire import NOBODY, data, refusal

DAY = 24 * HOUR
NEAR = {"lat": PLATEAU["lat"] + 0.004, "lon": PLATEAU["lon"]}  # 445 m
ARRIVAL = {"lat": 6.8190, "lon": -5.2760}
FACTS = {
    *("booking_id", "trip_id", "status", "departure_time", "checked_in_at", "started_at", "ended_at"),
    *("fixes", "first", "last", "distance_m", "pickup", "dropoff"),
}


async def driven(api: Api) -> RideDay:
    """From home to the pickup, to the place where she is let out; the last position is after her ride."""
    ride = await ride_day(api)
    await ride.drive({"lat": 5.30, "lon": -4.0}, every=0 * HOUR)  # an hour before the departure: his own affair
    api.clock.at = DEPARTURE - MINUTE
    await ride.drive(NEAR, PLATEAU)
    await ride.start()
    await ride.drive(ON_THE_WAY, ARRIVAL, every=90 * MINUTE)
    await ride.step("end-ride")
    return ride


async def proof(ride: RideDay) -> Any:
    """As the passenger sees it."""
    return data(await ride.passenger.get(f"{ride.path}/proof"))


async def positions(api: Api, ride: RideDay) -> int:
    """How many of the driver are kept."""
    return len(await api.service.platform.rides.locations(ride.driver.id))


async def test_proof_sums_up_where_the_driver_was(api: Api) -> None:
    ride = await driven(api)
    shown = await proof(ride)
    assert set(shown) == FACTS
    assert (shown["status"], shown["fixes"]) == ("completed", 4)
    assert shown["first"] == NEAR | {"at": "2025-10-02T08:29:10Z"}
    assert shown["last"] == ARRIVAL | {"at": "2025-10-02T11:29:20Z"}
    assert shown["checked_in_at"] == shown["started_at"] == "2025-10-02T08:29:20Z"
    assert shown["pickup"] == {"distance_m": 0, "at": "2025-10-02T08:29:20Z"}
    assert shown["dropoff"] == {"distance_m": 0, "at": "2025-10-02T11:29:20Z"}
    assert 220_000 < shown["distance_m"] < 240_000


async def test_proof_is_for_the_two_sides_and_for_who_may_see_bookings(api: Api) -> None:
    ride = await driven(api)
    path = f"{ride.path}/proof"
    assert data(await ride.driver.get(path)) == await proof(ride)
    for stranger in (await api.passenger(), await api.driver()):
        refusal(await stranger.get(path), 404, "not_found")
    refusal(await ride.passenger.get(f"/bookings/{NOBODY}/proof"), 404, "not_found")
    support, finance = await api.admin(Role.SUPPORT), await api.admin(Role.FINANCE)
    assert data(await support.get(f"/admin{path}")) == await proof(ride)
    refusal(await finance.get(f"/admin{path}"), 403, "forbidden")
    refusal(await ride.passenger.get(f"/admin{path}"), 401, "auth_required")


async def test_booking_that_nobody_paid_or_followed_has_times_alone(api: Api) -> None:
    ride = await ride_day(api, before=25 * HOUR)
    other = await api.passenger()
    unpaid = await api.accepted(other, ride.driver, ride.trip)
    api.clock.at = DEPARTURE
    for person, path in ((ride.passenger, ride.path), (other, f"/bookings/{unpaid['id']}")):
        shown = data(await person.get(f"{path}/proof"))
        assert (shown["fixes"], shown["first"], shown["pickup"], shown["distance_m"]) == (0, None, None, None)
    await ride.drive(PLATEAU)
    assert (await proof(ride))["fixes"] == 1
    assert data(await other.get(f"/bookings/{unpaid['id']}/proof"))["fixes"] == 0


async def test_positions_are_forgotten_after_seven_days_and_the_proof_stays(api: Api) -> None:
    ride = await driven(api)
    shown = await proof(ride)
    api.clock.at = DEPARTURE - MINUTE + 10 * SECOND + 7 * DAY
    await api.run("forget_locations")
    assert await positions(api, ride) == 4
    assert await proof(ride) == shown
    api.clock.advance(timedelta(hours=4))
    await api.run("forget_locations")
    await api.run("forget_locations")
    assert await positions(api, ride) == 0
    assert await proof(ride) == shown
    for person, count in ((ride.driver, 1), (ride.passenger, 1), (await api.passenger(), 0)):
        mine = data(await person.get("/me/export"))["ride_proofs"]
        assert len(mine) == count
        assert all({**shown, **one} == shown for one in mine)


async def test_links_are_forgotten_a_week_after_their_end(api: Api) -> None:
    ride = await ride_day(api)
    await ride.share()
    for days, count in ((8, 1), (9, 0)):
        api.clock.at = DEPARTURE + days * DAY + 4 * HOUR
        await api.run("forget_locations")
        assert len(await api.service.platform.rides.links(ride.passenger.id)) == count


async def test_who_did_not_come_loses_his_fare_when_the_driver_was_seen_at_the_pickup(api: Api) -> None:
    ride = await ride_day(api, before=20 * MINUTE)
    await ride.drive(NEAR)
    api.clock.at = DEPARTURE + 6 * HOUR
    await api.run("rides")
    ended = data(await ride.passenger.get(ride.path))
    assert ended["cancellation"] == {"by": "system", "reason": "no_show", "fee": 6_000, "refund": 0}
    await api.audit_books()


async def test_both_are_asked_when_he_was_seen_elsewhere_or_at_another_time(api: Api) -> None:
    ride = await ride_day(api, before=31 * MINUTE)
    await ride.drive(PLATEAU, every=0 * HOUR)
    api.clock.at = DEPARTURE
    await ride.drive(ON_THE_WAY)
    api.clock.at = DEPARTURE + 31 * MINUTE
    await ride.drive(PLATEAU, every=0 * HOUR)
    api.clock.at = DEPARTURE + 6 * HOUR
    await api.run("rides")
    asked = data(await ride.passenger.get(ride.path))
    assert (asked["status"], asked["question"] is not None) == ("paid", True)


async def test_own_positions_and_links_are_in_the_export(api: Api) -> None:
    ride = await ride_day(api)
    share = await ride.share()
    await ride.drive(PLATEAU)
    assert data(await ride.driver.get("/me/export"))["locations"] == [
        PLATEAU | {"trip_id": ride.trip["id"], "at": "2025-10-02T07:30:10Z"}
    ]
    exported = await ride.passenger.get("/me/export")
    [link] = data(exported)["ride_links"]
    assert (link["booking_id"], link["expires_at"]) == (ride.booking["id"], share["expires_at"])
    assert share["token"] not in exported.text


async def test_positions_go_with_their_driver_and_the_passenger_keeps_his_proof(api: Api) -> None:
    ride = await ride_day(api, before=20 * MINUTE)
    await ride.drive(PLATEAU)
    data(await ride.driver.post(f"/trips/{ride.trip['id']}/cancel"))
    await api.relay()
    shown = await proof(ride)
    assert (shown["status"], shown["fixes"]) == ("cancelled", 1)
    assert (await ride.driver.send("DELETE", "/me")).status_code == 204
    assert await positions(api, ride) == 0
    assert await proof(ride) == shown
