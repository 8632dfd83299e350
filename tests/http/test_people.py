"""Blocking and reporting people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.api import Api, Person
from tests.support.factories import DEPARTURE, HOUR
from tests.support.wire import NOBODY, data, paths, refusal, stop_body

SEARCH = f"/trips/search?from=5.3575,-4.0083&to=6.8190,-5.2760&date={DEPARTURE:%Y-%m-%d}"
AREA = "/trips/search?bbox=-5.6,5.2,-3.8,7.0"


async def block(by: Person, whom: Person) -> Any:
    """From now on he wants nothing to do with him."""
    return data(await by.post(f"/users/{whom.id}/block"))


async def found(person: Person, path: str = SEARCH) -> list[str]:
    """Ids of the trips that somebody finds."""
    return [hit["trip"]["id"] for hit in data(await person.get(path))]


async def report(by: Person, whom: Person, **given: object) -> Any:
    """The answer to a report."""
    return await by.post(f"/users/{whom.id}/report", {"reason": "Conduite dangereuse"} | given)


async def test_blocked_person_is_listed_once_when_he_is_blocked_again(api: Api) -> None:
    person, other = await api.passenger(), await api.driver()
    first = await block(person, other)
    api.clock.advance(HOUR)
    assert await block(person, other) == first
    assert (first["user"]["id"], first["user"]["first_name"]) == (str(other.id), "Yao")
    assert (first["user"]["last_initial"], first["user"]["is_verified"]) == ("K", True)
    assert data(await person.get("/me/blocks")) == [first]
    assert data(await other.get("/me/blocks")) == []
    assert [line.action for line in await api.inside.audit()].count("user.blocked") == 1
    for _ in range(2):
        assert (await person.send("DELETE", f"/users/{other.id}/block")).status_code == 204
    assert data(await person.get("/me/blocks")) == []
    assert [line.action for line in await api.inside.audit()].count("user.unblocked") == 1


async def test_one_block_is_made_when_it_comes_many_times_at_once(api: Api) -> None:
    person, other = await api.passenger(), await api.passenger()
    made = await asyncio.gather(*(block(person, other) for _ in range(8)))
    assert all(each == made[0] for each in made)
    assert (await person.get("/me/blocks")).json()["meta"]["pagination"]["total"] == 1


async def test_nobody_is_blocked_or_reported_when_it_is_oneself_or_nobody(api: Api) -> None:
    person = await api.passenger()
    refusal(await person.post(f"/users/{person.id}/block"), 409, "conflict")
    refusal(await report(person, person), 409, "conflict")
    refusal(await person.post(f"/users/{NOBODY}/block"), 404, "not_found")
    refusal(await person.post(f"/users/{NOBODY}/report", {"reason": "Rien"}), 404, "not_found")
    assert (await person.send("DELETE", f"/users/{NOBODY}/block")).status_code == 204


@pytest.mark.parametrize("by_driver", [True, False])
async def test_trips_are_hidden_at_once_and_both_ways_until_peace_is_made(api: Api, by_driver: bool) -> None:
    driver, person, other = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver, stops=[stop_body()])
    path, body = f"/trips/{trip['id']}", {"trip_id": trip["id"], "seats": 1}
    for where in (SEARCH, AREA):
        assert await found(person, where) == [trip["id"]]
    by, whom = (driver, person) if by_driver else (person, driver)
    await block(by, whom)
    for where in (SEARCH, AREA):
        assert (await found(person, where), await found(other, where)) == ([], [trip["id"]])
    for hidden in (path, f"{path}/stops"):
        refusal(await person.get(hidden), 404, "not_found")
        data(await other.get(hidden))
        data(await api.http.get(hidden))
    refusal(await person.post("/bookings", body), 404, "not_found")
    await whom.send("DELETE", f"/users/{by.id}/block")
    assert await found(person) == []
    await by.send("DELETE", f"/users/{whom.id}/block")
    assert await found(person) == [trip["id"]]
    data(await person.get(path))
    data(await person.post("/bookings", body), 201)


async def test_pages_are_whole_when_trips_are_hidden(api: Api) -> None:
    person, drivers = await api.passenger(), [await api.driver() for _ in range(4)]
    trips = [
        await api.trip(driver, departure_time=(DEPARTURE + n * HOUR).isoformat()) for n, driver in enumerate(drivers)
    ]
    await block(person, drivers[1])
    answer = await person.get(f"{SEARCH}&page_size=2")
    assert [hit["trip"]["id"] for hit in data(answer)] == [trips[0]["id"], trips[2]["id"]]
    assert answer.json()["meta"]["pagination"] == {"page": 1, "page_size": 2, "total": 3, "page_count": 2}


async def test_booking_stands_when_its_sides_fall_out(api: Api) -> None:
    driver, person = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.pending(person, trip)
    await block(person, driver)
    assert await found(person) == []
    data(await person.get(f"/trips/{trip['id']}"))
    data(await driver.post(f"/bookings/{booking['id']}/accept"))
    data(await person.get(f"/bookings/{booking['id']}"))
    data(await person.post(f"/bookings/{booking['id']}/cancel"))
    refusal(await person.get(f"/trips/{trip['id']}"), 404, "not_found")


async def test_no_match_is_told_when_one_has_blocked_the_driver(api: Api) -> None:
    driver, person = await api.driver(), await api.passenger()
    ends = {"from": {"lat": 5.3575, "lon": -4.0083}, "to": {"lat": 6.8190, "lon": -5.2760}}
    data(await person.post("/me/alerts", ends), 201)
    await api.trip(driver)
    await block(driver, person)
    assert await api.messages(person.phone) == []


async def test_report_is_kept_for_the_back_office_and_hides_nothing(api: Api) -> None:
    driver, person = await api.driver(), await api.passenger()
    trip = await api.trip(driver)
    booking = await api.pending(person, trip)
    made = data(await report(person, driver, booking_id=booking["id"], reason="  Trop vite  "), 201)
    assert made == {
        "id": made["id"],
        "user_id": str(driver.id),
        "booking_id": booking["id"],
        "reason": "Trop vite",
        "status": "open",
        "created_at": made["created_at"],
    }
    refusal(await report(person, driver, booking_id=booking["id"]), 409, "conflict")
    data(await report(person, driver), 201)
    refusal(await report(person, driver), 409, "conflict")
    data(await report(driver, person, booking_id=booking["id"]), 201)
    assert await found(person) == [trip["id"]]
    line = next(line for line in await api.inside.audit() if line.action == "user.reported")
    assert made["id"] in line.meta
    assert "Trop vite" not in line.meta


async def test_report_is_refused_when_the_booking_is_not_of_the_two(api: Api) -> None:
    driver, person, other = await api.driver(), await api.passenger(), await api.passenger()
    booking = await api.pending(person, await api.trip(driver))
    for by, whom, id in ((other, driver, booking["id"]), (person, other, booking["id"]), (person, driver, NOBODY)):
        details = refusal(await report(by, whom, booking_id=id), 422, "validation_error")
        assert paths(details) == ["booking_id"]


@pytest.mark.parametrize("reason", ["", "  a ", "x" * 1001, "a\x00b", "a\x1bb", 5, None])
async def test_report_is_refused_when_its_reason_is_unsound(api: Api, reason: object) -> None:
    person, other = await api.passenger(), await api.passenger()
    assert paths(refusal(await report(person, other, reason=reason), 422, "validation_error")) == ["reason"]
