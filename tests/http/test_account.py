"""An account as a whole: taken along, or left behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR
from tests.support.wire import data, fresh_phone, refusal, trip_body

DAY = 24 * HOUR


async def a_driver_at_rest(api: Api) -> tuple[Person, Person, Any]:
    """A driver whose only trip is over, his passenger, and what is left: he has earned 5,400 francs."""
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.paid(passenger, driver, await api.trip(driver))
    api.clock.at = DEPARTURE
    path = f"/bookings/{booking['id']}"
    data(await driver.post(f"{path}/checkin", {"code": booking["checkin_code"]}))
    data(await driver.post(f"{path}/start-ride"))
    data(await driver.post(f"{path}/end-ride"))
    return driver, passenger, booking


async def reasons(person: Person) -> list[str]:
    """Why an account cannot be erased."""
    return list(refusal(await person.send("DELETE", "/me"), 409, "conflict")["reasons"])


async def test_nobody_can_tell_who_it_was_when_an_account_is_erased(api: Api) -> None:
    _, passenger, booking = await a_driver_at_rest(api)
    phone = passenger.phone
    data(await passenger.send("PATCH", "/me", json={"first_name": "Zénobie", "last_name": "Quarcoo"}))
    data(await passenger.post("/me/devices", {"token": "token-of-a-phone", "platform": "android"}), 201)
    assert (await passenger.send("DELETE", "/me")).status_code == 204
    everything = await api.inside.everything()
    for trace in (phone, "Zénobie", "Quarcoo", "token-of-a-phone"):
        assert trace not in _without_counters(everything), trace
    refusal(await passenger.get("/me"), 401, "auth_required")
    driver_view = data(await (await api.passenger()).get(f"/trips/{booking['trip']['id']}"))
    assert driver_view["status"] == "completed"
    data(await api.http.post("/auth/register", json={"phone": phone}), 201)
    await api.audit_books()


def _without_counters(everything: str) -> str:
    """Counters of tries name a phone for ten minutes, whoever has it."""
    return "".join(part for part in everything.split("\n") if "otp-" not in part)


async def test_session_is_over_when_an_account_is_erased(api: Api) -> None:
    person = await api.passenger()
    other = person.tokens["refresh_token"]
    assert (await person.send("DELETE", "/me")).status_code == 204
    refusal(await api.http.post("/auth/token/refresh", json={"refresh_token": other}), 401, "auth_required")
    refusal(await person.send("DELETE", "/me"), 401, "auth_required")


async def test_refused_when_something_is_still_open(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    assert await reasons(driver) == ["trip"]
    booking = await api.pending(passenger, trip)
    assert await reasons(passenger) == ["booking"]
    data(await driver.post(f"/bookings/{booking['id']}/accept"))
    started = await api.started(passenger, booking)
    await api.press(started["payment"]["provider_ref"], "paid")
    data(await passenger.post(f"/bookings/{booking['id']}/cancel"))
    assert await reasons(passenger) == ["refund"]
    await api.relay()
    assert (await passenger.send("DELETE", "/me")).status_code == 204


async def test_refused_when_francs_are_left(api: Api) -> None:
    driver, passenger, _ = await a_driver_at_rest(api)
    assert await reasons(driver) == ["payout"]
    trip = await api.trip(driver, departure_time=(api.clock.now() + DAY).isoformat())
    late = await api.paid(passenger, driver, trip)
    api.clock.advance(DAY - HOUR)
    data(await passenger.post(f"/bookings/{late['id']}/cancel"))
    assert await reasons(passenger) == ["wallet"]


async def test_refused_when_money_is_frozen(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.paid(passenger, driver, await api.trip(driver))
    api.clock.at = DEPARTURE + HOUR
    data(await passenger.post(f"/bookings/{booking['id']}/driver-no-show"))
    assert await reasons(passenger) == ["booking"]
    assert await reasons(driver) == ["trip"]


async def test_plate_is_nobodys_when_a_driver_is_erased(api: Api) -> None:
    driver, other = await api.driver(), await api.passenger()
    (vehicle,) = data(await driver.get("/vehicles"))
    data(await driver.post("/trips", trip_body(status="draft")), 201)
    assert (await driver.send("DELETE", "/me")).status_code == 204
    assert vehicle["plate_number"] not in await api.inside.everything()
    body = {name: vehicle[name] for name in ("make", "model", "color", "plate_number", "seats_total")}
    data(await other.post("/vehicles", body), 201)


async def test_all_of_it_is_there_when_an_account_is_exported(api: Api) -> None:
    driver, passenger, booking = await a_driver_at_rest(api)
    mine = data(await passenger.get("/me/export"))
    assert set(mine) == {
        "exported_at", "user", "sessions", "devices", "papers", "social_links", "contact_changes",
        "vehicles", "trips", "series",
        "bookings", "payments", "wallet",
        "payout_account", "payouts", "referrals", "promo_uses", "wallet_txns",
        "alerts", "blocks", "reports", "messages", "locations", "ride_links", "ride_proofs",
        "ratings_written", "ratings_received", "disputes", "dispute_evidence", "notifications",
    }  # fmt: skip
    assert mine["user"]["phone"] == passenger.phone
    assert mine["contact_changes"] == []
    assert [each["id"] for each in mine["bookings"]] == [booking["id"]]
    assert [each["status"] for each in mine["payments"]] == ["paid"]
    assert len(mine["sessions"]) == 1
    theirs = data(await driver.get("/me/export"))
    assert (len(theirs["papers"]), len(theirs["vehicles"]), len(theirs["trips"])) == (2, 1, 1)
    assert passenger.phone not in json.dumps(theirs)
    refusal(await api.http.get("/me/export"), 401, "auth_required")


async def test_changes_of_contacts_are_told_when_an_account_is_exported(api: Api) -> None:
    person, before = await api.passenger(), await api.passenger()
    number = fresh_phone()
    data(await person.post("/me/phone", {"phone": number}), 202)
    data(await person.post("/me/phone/confirm", {"code": await api.code(number)}))
    (change,) = data(await person.get("/me/export"))["contact_changes"]
    assert (change.keys(), change["kind"]) == ({"kind", "changed_at"}, "phone")
    assert data(await before.get("/me/export"))["contact_changes"] == []


@pytest.mark.parametrize("size", [1, 3])
async def test_every_page_is_read_when_a_list_is_long(api: Api, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allonova.application.carpool.export_account.PAGE", size)
    driver = await api.driver()
    for day in range(5):
        await api.trip(driver, departure_time=(DEPARTURE + day * DAY).isoformat())
    assert len(data(await driver.get("/me/export"))["trips"]) == 5
