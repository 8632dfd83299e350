"""A key means one effect, and one answer."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.api import Api, Person
from tests.support.factories import HOUR, MINUTE, SECOND
from tests.support.wire import ROUNDS, data, fresh_key, paths, refusal, stop_body


async def ask(passenger: Person, trip: Any, key: str | None, **given: Any) -> httpx.Response:
    """Ask for a seat under a key."""
    return await passenger.post("/bookings", {"trip_id": trip["id"], "seats": 1, **given}, key=key)


async def count(person: Person) -> int:
    """How many bookings he has."""
    return int((await person.get("/bookings")).json()["meta"]["pagination"]["total"])


@pytest.mark.promise("one-effect-per-key")
async def test_answer_is_the_first_byte_for_byte_when_the_request_comes_again(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    trip, key = await api.trip(driver), fresh_key()
    first = await ask(passenger, trip, key)
    data(await driver.post(f"/bookings/{data(first, 201)['id']}/accept"))
    api.clock.advance(23 * HOUR)
    again = await ask(passenger, trip, key)
    assert (again.status_code, again.content) == (201, first.content)
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert await count(passenger) == 1


async def test_request_acts_anew_when_the_key_is_a_day_old(api: Api) -> None:
    passenger, trip, key = await api.passenger(), await api.trip(await api.driver()), fresh_key()
    data(await ask(passenger, trip, key), 201)
    api.clock.advance(24 * HOUR + SECOND)
    assert "idempotent-replayed" not in (await ask(passenger, trip, key)).headers


async def test_answer_is_the_first_when_the_body_is_only_written_otherwise(api: Api) -> None:
    passenger, trip, key = await api.passenger(), await api.trip(await api.driver()), fresh_key()
    first = await ask(passenger, trip, key)
    body = f'{{ "seats" : 1,\n "trip_id" : "{trip["id"]}" }}'.encode()
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    again = await passenger.send("POST", "/bookings", content=body, headers=headers)
    assert again.content == first.content


@pytest.mark.promise("one-effect-per-key")
async def test_key_is_refused_when_it_comes_with_another_body(api: Api) -> None:
    passenger, trip, key = await api.passenger(), await api.trip(await api.driver()), fresh_key()
    first = await ask(passenger, trip, key)
    refusal(await ask(passenger, trip, key, seats=2), 422, "idempotency_mismatch")
    assert (await ask(passenger, trip, key)).content == first.content
    assert await count(passenger) == 1


@pytest.mark.promise("remembered-refusals")
async def test_refusal_is_replayed_when_its_reason_is_gone(api: Api) -> None:
    driver, first, second = await api.driver(), await api.passenger(), await api.passenger()
    trip = await api.trip(driver, seats_available=1, allow_auto_accept=True)
    data(await ask(first, trip, None), 201)
    key = fresh_key()
    refused = await ask(second, trip, key)
    refusal(refused, 409, "booking_conflict")
    api.clock.advance(30 * MINUTE)
    await api.run("holds")
    again = await ask(second, trip, key)
    assert (again.status_code, again.content) == (409, refused.content)
    assert again.headers["idempotent-replayed"] == "true"
    data(await ask(second, trip, fresh_key()), 201)


@pytest.mark.promise("remembered-refusals")
async def test_refusals_of_the_domain_are_replayed_when_they_are_404_or_422(api: Api) -> None:
    passenger, trip = await api.passenger(), await api.trip(await api.driver(), stops=[stop_body()])
    for given, status in (({"pickup_stop_id": trip["id"]}, 422), ({"trip_id": str(passenger.id)}, 404)):
        key = fresh_key()
        first = await ask(passenger, trip, key, **given)
        again = await ask(passenger, trip, key, **given)
        assert (first.status_code, again.status_code) == (status, status)
        assert again.headers["idempotent-replayed"] == "true"
        assert again.content == first.content


async def test_key_stays_free_when_the_body_was_malformed(api: Api) -> None:
    passenger, trip, key = await api.passenger(), await api.trip(await api.driver()), fresh_key()
    refusal(await ask(passenger, trip, key, seats=0), 422, "validation_error")
    data(await ask(passenger, trip, key), 201)


async def test_key_stays_free_when_the_caller_was_forbidden(api: Api) -> None:
    passenger, trip, key = await api.passenger(), await api.trip(await api.driver()), fresh_key()
    await api.change(passenger, is_phone_verified=False)
    refusal(await ask(passenger, trip, key), 403, "forbidden")
    await api.change(passenger, is_phone_verified=True)
    data(await ask(passenger, trip, key), 201)


async def test_keys_do_not_collide_when_two_people_chose_the_same(api: Api) -> None:
    first, second, trip, key = await api.passenger(), await api.passenger(), await api.trip(await api.driver()), "1"
    one, two = await ask(first, trip, key), await ask(second, trip, key)
    assert data(one, 201)["id"] != data(two, 201)["id"]


async def test_keys_do_not_collide_when_they_go_to_different_endpoints(api: Api) -> None:
    driver, passenger, key = await api.driver(), await api.passenger(), fresh_key()
    trip = await api.trip(driver, allow_auto_accept=True)
    booking = data(await ask(passenger, trip, key), 201)
    data(await passenger.post("/payments/init", {"booking_id": booking["id"], "method": "wave"}, key=key))


@pytest.mark.promise("one-effect-per-key")
async def test_one_booking_is_made_when_twenty_requests_bring_one_key_at_once(api: Api) -> None:
    for _ in range(ROUNDS):
        passenger, trip, key = await api.passenger(), await api.trip(await api.driver()), fresh_key()
        answers = await asyncio.gather(*(ask(passenger, trip, key) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
        assert await count(passenger) == 1


@pytest.mark.promise("remembered-refusals")
async def test_one_refusal_is_kept_when_twenty_requests_bring_one_key_at_once(api: Api) -> None:
    driver, key = await api.driver(), fresh_key()
    trip = await api.trip(driver)
    answers = await asyncio.gather(*(ask(driver, trip, key) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {409}
    assert len({answer.content for answer in answers}) == 1


async def test_key_is_missed_when_a_payment_is_begun_without_one(api: Api) -> None:
    driver, passenger = await api.driver(), await api.passenger()
    booking = await api.accepted(passenger, driver, await api.trip(driver))
    answer = await passenger.post("/payments/init", {"booking_id": booking["id"], "method": "wave"})
    assert paths(refusal(answer, 422, "validation_error")) == ["Idempotency-Key"]
    assert (await api.ledger())["charges"] == []
