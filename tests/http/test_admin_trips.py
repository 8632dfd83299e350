"""Trips and bookings in the back office: what it sees of them, and how it calls one off."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from allonova.domain.identity.roles import Role
from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR, MINUTE, WOMAN, a_booking, a_driver, a_trip, a_user
from tests.support.wire import NOBODY, ROUNDS, data, paths, refusal

REASON = "two cars with one plate"


async def stop(admin: Person, trip: Any, *, match: int | None = None, **given: Any) -> httpx.Response:
    headers = {} if match is None else {"If-Match": f'"{match}"'}
    body = {"status": "cancelled", "reason": REASON, **given}
    return await admin.send("PATCH", f"/admin/trips/{trip['id']}", json=body, headers=headers)


async def journal(api: Api) -> Counter[str]:
    """How many entries of each kind the books hold."""
    return Counter(movement.kind for movement in await api.inside.journal())


async def test_trips_are_listed_the_newest_first_when_the_back_office_looks(api: Api) -> None:
    admin, one, other = await api.admin(Role.OPS), await api.driver(), await api.driver(**WOMAN)
    first = await api.trip(one)
    api.clock.advance(MINUTE)
    second = await api.trip(other, status="draft", women_only=True, departure_time=(DEPARTURE + HOUR).isoformat())

    async def listed(**query: str | int) -> list[str]:
        return [trip["id"] for trip in data(await admin.get("/admin/trips", **query))]

    assert await listed() == [second["id"], first["id"]]
    assert await listed(sort="created_at") == [first["id"], second["id"]]
    assert await listed(page=2, page_size=1) == [first["id"]]
    assert await listed(status="draft") == [second["id"]]
    assert await listed(status="in:draft,published", driver_id=str(one.id)) == [first["id"]]
    assert await listed(women_only="true") == [second["id"]]
    assert await listed(departure_time_gte=(DEPARTURE + MINUTE).isoformat()) == [second["id"]]
    assert paths(refusal(await admin.get("/admin/trips", plate="x"), 422, "validation_error")) == ["plate"]


async def test_trip_is_shown_whole_when_the_back_office_looks(api: Api) -> None:
    admin, driver, passenger = await api.admin(), await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.paid(passenger, driver, trip, seats=2)
    answer = await admin.get(f"/admin/trips/{trip['id']}")
    shown = data(answer)
    (vehicle,) = data(await driver.get("/vehicles"))
    assert (shown["driver"]["phone"], shown["vehicle"]["plate_number"]) == (driver.phone, vehicle["plate_number"])
    assert [(seat["id"], seat["passenger"]["phone"], seat["in_escrow"]) for seat in shown["bookings"]] == [
        (booking["id"], passenger.phone, 12_000)
    ]
    assert (shown["in_escrow"], shown["stopped_for"]) == (12_000, None)
    assert answer.headers["etag"] == f'"{shown["version"]}"'
    refusal(await admin.get(f"/admin/trips/{NOBODY}"), 404, "not_found")


async def test_everybody_is_paid_back_and_told_when_a_trip_is_stopped(api: Api) -> None:
    admin, driver = await api.admin(Role.OPS), await api.driver()
    payer, waiting = await api.passenger(), await api.passenger()
    api.clock.at = DEPARTURE - 3 * HOUR  # late enough for a fee and a penalty
    trip = await api.trip(driver)
    bought, asked = await api.paid(payer, driver, trip), await api.pending(waiting, trip)
    stopped = data(await stop(admin, trip, category="fraud"))
    assert (stopped["status"], stopped["stopped_for"], stopped["cancel_reason"]) == ("cancelled", "fraud", REASON)
    assert {seat["status"] for seat in stopped["bookings"]} == {"cancelled"}
    assert stopped["in_escrow"] == 0
    for person, booking in ((payer, bought), (waiting, asked)):
        ended = data(await person.get(f"/bookings/{booking['id']}"))["cancellation"]
        assert (ended["by"], ended["reason"]) == ("admin", "trip_stopped")
    assert data(await payer.get(f"/bookings/{bought['id']}"))["cancellation"]["refund"] == 6_000
    assert (await journal(api))["driver_penalty"] == 0
    await api.relay()
    await api.audit_books()
    [notice] = [n for n in data(await driver.get("/notifications")) if n["type"] == "trip_stopped"]
    assert notice["data"] == {"trip_id": trip["id"]}
    assert REASON not in str(data(await driver.get(f"/trips/{trip['id']}"))) + str(notice)
    [line] = [line for line in await api.inside.audit() if line.action == "trip.stopped"]
    assert REASON not in str(line.meta)


@pytest.mark.parametrize(("ahead", "fines"), [(23 * HOUR, 1), (25 * HOUR, 0)])
async def test_driver_is_fined_when_the_back_office_says_so_and_he_would_have_been(
    api: Api, ahead: Any, fines: int
) -> None:
    admin, driver = await api.admin(), await api.driver()
    trip, free = await api.trip(driver), await api.trip(await api.driver())
    await api.paid(await api.passenger(), driver, trip)
    api.clock.at = DEPARTURE - ahead
    admin = await api.admin()
    data(await stop(admin, trip, penalty=True))
    data(await stop(admin, free, penalty=True))
    assert (await journal(api))["driver_penalty"] == fines
    await api.relay()
    await api.audit_books()


async def test_trip_stays_as_it_is_when_another_version_was_read(api: Api) -> None:
    admin, driver = await api.admin(), await api.driver()
    trip = await api.trip(driver)
    await api.accepted(await api.passenger(), driver, trip)
    details = refusal(await stop(admin, trip, match=trip["version"]), 412, "precondition_failed")
    assert (details["current"]["status"], details["current"]["stopped_for"]) == ("published", None)
    assert details["current"] == data(await admin.get(f"/admin/trips/{trip['id']}"))
    data(await stop(admin, trip, match=details["current"]["version"]))


async def test_trip_is_not_stopped_when_it_is_under_way_or_over(api: Api) -> None:
    admin, driver, passenger = await api.admin(), await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.paid(passenger, driver, trip)
    api.clock.at = DEPARTURE - HOUR
    admin = await api.admin()
    data(await driver.post(f"/bookings/{booking['id']}/checkin", {"code": booking["qr_code"]}))
    refusal(await stop(admin, trip), 409, "invalid_transition")
    data(await driver.post(f"/bookings/{booking['id']}/start-ride"))
    refusal(await stop(admin, trip), 409, "invalid_transition")
    other = await api.trip(await api.driver())
    data(await stop(admin, other))
    refusal(await stop(admin, other), 409, "invalid_transition")
    refusal(await stop(admin, {"id": NOBODY}), 404, "not_found")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"status": "completed"}, "status"),
        ({"category": "boredom"}, "category"),
        ({"reason": ""}, "reason"),
        ({"penalty": 1}, "penalty"),
        ({"refund": 1}, "refund"),
    ],
)
async def test_stop_is_refused_when_it_is_not_said_why(api: Api, given: dict[str, Any], wrong: str) -> None:
    admin, trip = await api.admin(), await api.trip(await api.driver())
    assert paths(refusal(await stop(admin, trip, **given), 422, "validation_error")) == [wrong]


async def test_trip_is_stopped_once_when_several_stop_it_at_a_time(api: Api) -> None:
    for _ in range(ROUNDS):
        admin, driver, payer = await api.admin(), await api.driver(), await api.passenger()
        trip = await api.trip(driver)
        await api.paid(payer, driver, trip)
        answers = await asyncio.gather(
            *(stop(admin, trip, penalty=True) for _ in range(3)), driver.post(f"/trips/{trip['id']}/cancel")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert (await journal(api))["booking_cancelled"] == ROUNDS
    await api.relay()
    await api.audit_books()


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.COMPLIANCE])
async def test_trips_are_closed_when_the_role_has_none(api: Api, role: Role) -> None:
    admin, trip = await api.admin(role), await api.trip(await api.driver())
    refusal(await admin.get("/admin/trips"), 403, "forbidden")
    refusal(await admin.get(f"/admin/trips/{trip['id']}"), 403, "forbidden")
    refusal(await stop(admin, trip), 403, "forbidden")


async def test_bookings_are_listed_when_the_back_office_looks(api: Api) -> None:
    admin, driver, passenger = await api.admin(Role.SUPPORT), await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.paid(passenger, driver, trip)
    other = await api.pending(await api.passenger(), await api.trip(await api.driver()))
    contested = a_driver(), a_user()
    frozen_trip = a_trip(contested[0])
    frozen = a_booking(frozen_trip, contested[1], is_frozen=True, asked_at=DEPARTURE, contested_at=DEPARTURE)
    await api.keep(*contested, frozen_trip, frozen)

    async def listed(**query: str | int) -> set[str]:
        return {booking["id"] for booking in data(await admin.get("/admin/bookings", **query))}

    assert await listed() == {booking["id"], other["id"], str(frozen.id)}
    assert await listed(driver_id=str(driver.id)) == {booking["id"]}
    assert await listed(driver_id=f"in:{driver.id},{contested[0].id}") == {booking["id"], str(frozen.id)}
    assert await listed(passenger_id=str(passenger.id), trip_id=trip["id"], status="paid") == {booking["id"]}
    assert await listed(contested="true") == {str(frozen.id)}
    assert await listed(contested="false") == await listed() - {str(frozen.id)}
    assert await listed(contested="in:true,false") == await listed()
    refusal(await (await api.admin(Role.FINANCE)).get("/admin/bookings"), 403, "forbidden")


async def test_booking_is_shown_whole_when_the_back_office_looks(api: Api) -> None:
    admin, driver, passenger = await api.admin(Role.SUPPORT), await api.driver(), await api.passenger()
    booking = await api.paid(passenger, driver, await api.trip(driver))
    answer = await admin.get(f"/admin/bookings/{booking['id']}")
    shown = data(answer)
    assert (shown["passenger"]["phone"], shown["trip"]["driver"]["phone"]) == (passenger.phone, driver.phone)
    assert [event["to_status"] for event in shown["events"]] == ["pending", "accepted", "paid"]
    assert [(payment["method"], payment["status"]) for payment in shown["payments"]] == [("wave", "paid")]
    assert (shown["in_escrow"], answer.headers["etag"]) == (6_000, f'"{shown["version"]}"')
    assert booking["qr_code"] not in answer.text
    refusal(await admin.get(f"/admin/bookings/{NOBODY}"), 404, "not_found")
