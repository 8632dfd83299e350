"""What was acknowledged is there, whoever dies; and what was begun is finished by the next one."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from allonova.application.kernel.relay import LEASE
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.user import User
from tests.e2e.conftest import Quote
from tests.e2e.stage import AUTH, Stage, all_at_once, refresh, seconds_until_out, statuses
from tests.support.factories import SECOND, a_booking, accepted
from tests.support.processes import eventually

ASKERS, ENOUGH = 60, 20
WAITING, ENDING = 30, 10


async def passengers(stage: Stage, number: int) -> list[User]:
    """People who may book."""
    found = [stage.a_user() for _ in range(number)]
    await stage.keep(*found)
    return found


def a_request(stage: Stage, trip: Trip, passenger: User, key: str) -> dict[str, Any]:
    """To book one seat, as httpx takes it."""
    headers = stage.headers(passenger.id) | {"Idempotency-Key": key}
    return {"url": "/api/v1/bookings", "json": {"trip_id": str(trip.id), "seats": 1}, "headers": headers}


@pytest.mark.promise("one-effect-per-key")
@pytest.mark.promise("nothing-lost")
@pytest.mark.promise("commit-before-answer")
async def test_acknowledged_bookings_are_there_when_the_process_is_killed(stage: Stage, quote: Quote) -> None:
    trip, people = await stage.a_trip(), await passengers(stage, ASKERS)
    requests = [a_request(stage, trip, person, str(uuid4())) for person in people]
    acknowledged: dict[int, str] = {}

    async def ask(number: int) -> None:
        try:
            answer = await stage.a.post(**requests[number])
        except httpx.TransportError:
            return
        assert answer.status_code == 201
        acknowledged[number] = answer.json()["data"]["id"]
        if len(acknowledged) == ENOUGH:
            stage.fleet.apis[0].kill()

    await all_at_once(ask(number) for number in range(ASKERS))
    assert ENOUGH <= len(acknowledged) < ASKERS
    kept = {str(row[0]) for row in await stage.pool.fetch(IDS, trip.id)}
    assert kept >= set(acknowledged.values())

    # The other process answers every repeated request, the acknowledged ones with their first answer.
    answers = await all_at_once(stage.b.post(**request) for request in requests)
    assert statuses(answers) == [201] * ASKERS
    again = {number: answer.json()["data"]["id"] for number, answer in enumerate(answers)}
    assert acknowledged.items() <= again.items()
    assert {str(row[0]) for row in await stage.pool.fetch(IDS, trip.id)} == set(again.values())
    assert len(set(again.values())) == ASKERS
    quote(f"kill -9 after {len(acknowledged)} of {ASKERS} answers: {len(kept)} bookings kept, none lost or doubled")


IDS = "SELECT id FROM carpool.bookings WHERE trip_id = $1"


@pytest.mark.promise("nothing-lost")
@pytest.mark.promise("jobs-are-rows")
async def test_next_worker_finishes_what_the_killed_one_had_begun(stage: Stage, quote: Quote) -> None:
    await stage.all_delivered()
    stuck = {"provider": "brevo", "kind": "timeout", "times": 1, "delay_s": 30}
    await stage.sandbox.post("/sandbox/faults", json=stuck)
    trips = [await stage.a_trip() for _ in range(WAITING)]
    people = await passengers(stage, WAITING)
    # One message hangs, and its relay with those behind it; meanwhile the worker is killed.
    requests = [a_request(stage, trip, person, str(uuid4())) for trip, person in zip(trips, people, strict=True)]
    answers = await all_at_once(stage.a.post(**request) for request in requests)
    assert statuses(answers) == [201] * WAITING
    ending = await overdue_holds(stage)
    await eventually("a delivery is under way", lambda: stage.pool.fetchval(UNDER_WAY))
    stage.fleet.worker.kill()
    left = await stage.pool.fetchval("SELECT count(*) FROM platform.outbox WHERE done_at IS NULL AND NOT is_live")
    assert left > 0
    relays = await stage.pool.fetchval(RELAYS)

    await stage.advance(LEASE + SECOND)  # the dead worker's deliveries are anybody's again
    await stage.fleet.ready()
    await stage.run_job("holds")
    await stage.all_delivered()
    phones = [driver.phone for driver in await drivers_of(stage, trips)]
    sent = [Counter(await stage.sms_to(phone))["booking_requested"] for phone in phones]
    assert min(sent) >= 1
    # At least once: of each relay that died, the one message in its hands may have gone out.
    assert sum(sent) <= len(sent) + relays
    ends = await stage.pool.fetch(ENDS, ending)
    assert [row[0] for row in ends] == [1] * ENDING
    quote(f"worker killed with {left} deliveries left: {len(sent)} SMS once ({sum(sent) - len(sent)} twice)")


UNDER_WAY = "SELECT EXISTS (SELECT FROM platform.outbox WHERE leased_until IS NOT NULL AND done_at IS NULL)"
RELAYS = "SELECT count(DISTINCT leased_until) FROM platform.outbox WHERE leased_until IS NOT NULL AND done_at IS NULL"
ENDS = """
SELECT count(*) FROM carpool.booking_events WHERE to_status = 'cancelled' AND booking_id = ANY ($1) GROUP BY booking_id
"""


async def drivers_of(stage: Stage, trips: list[Trip]) -> list[User]:
    """Of some trips."""
    async with stage.units.begin() as unit:
        return [await unit.users.get(trip.driver_id) for trip in trips]


async def overdue_holds(stage: Stage) -> list[UUID]:
    """Bookings whose holds are over, each on a trip of its own."""
    made = []
    at = stage.clock.now() - timedelta(minutes=31)
    for person in await passengers(stage, ENDING):
        trip = await stage.a_trip()
        booking = accepted(trip, a_booking(trip, person, created_at=at), at=at)
        async with stage.units.begin() as unit:
            await unit.bookings.add(booking)
            await unit.trips.save(trip)
        made.append(booking.id)
    return made


@pytest.mark.promise("redis-down")
async def test_core_works_without_redis_and_all_comes_back_by_itself(stage: Stage, quote: Quote) -> None:
    await stage.all_delivered()
    passenger, driver = stage.a_user(), stage.a_driver()
    await stage.keep(passenger)
    trip = await stage.a_trip(driver=driver)
    tokens = await stage.log_in(passenger)
    stage.fleet.redis.kill()
    await eventually("the cache is seen to be down", lambda: is_named_down(stage.a))

    await book_accept_and_pay(stage, trip, passenger)
    closed = [
        await stage.b.post(f"{AUTH}/otp/send", json={"phone": passenger.phone}),
        await stage.b.post(f"{AUTH}/otp/verify", json={"phone": passenger.phone, "code": "000000"}),
        await refresh(stage.b, tokens.refresh_token),
    ]
    assert statuses(closed) == [503] * 3
    assert {answer.json()["error"]["code"] for answer in closed} == {"service_unavailable"}
    assert (await stage.b.get("/healthz")).status_code == 200
    await eventually("the worker says what it lost", lambda: has_let_go(stage))

    started = time.monotonic()
    await stage.fleet.ready()
    wait = time.monotonic() - started
    assert (await refresh(stage.a, tokens.refresh_token)).status_code == 200
    await stage.all_delivered()
    assert set(await stage.sms_to(passenger.phone)) == {"booking_paid_passenger", "booking_accepted"}
    assert set(await stage.sms_to(driver.user.phone)) == {"booking_requested", "booking_paid_driver"}
    out = await seconds_until_out(stage)
    assert out < 1
    quote(f"without Redis: booking, accept, webhook work, logins 503; all back {wait:.1f} s after it")
    quote(f"after it was back: logged out at one process, refused by the other after {out * 1000:.0f} ms")


async def has_let_go(stage: Stage) -> bool:
    """Without its queue the worker closes all it has, says so, and waits for the queue to come back."""
    said = stage.fleet.worker.log.read_text()
    assert "Traceback" not in said
    assert stage.fleet.worker.is_running
    return "the worker lost a server that it needs" in said


async def is_named_down(client: httpx.AsyncClient) -> bool:
    """Whether /readyz says what is missing, and nothing else."""
    answer = await client.get("/readyz")
    states = {"database": "up", "cache": "down", "queue": "down"}
    return answer.status_code == 503 and answer.json()["data"] == states


async def book_accept_and_pay(stage: Stage, trip: Trip, passenger: User) -> None:
    """The story's core, over both processes, quickly even while Redis is away."""
    async with asyncio.timeout(20):
        made = await stage.a.post(**a_request(stage, trip, passenger, str(uuid4())))
        assert made.status_code == 201, made.text
        path = f"/api/v1/bookings/{made.json()['data']['id']}"
        driver = stage.headers(trip.driver_id)
        assert (await stage.b.post(f"{path}/accept", headers=driver)).status_code == 200
        async with stage.units.begin() as unit:
            booking = await unit.bookings.get(UUID(made.json()["data"]["id"]))
            payment = stage.a_payment(booking, provider_ref=f"cos-{booking.id.hex[:13]}")
            await unit.payments.add(payment)
        assert await stage.tell_paid(stage.a, payment) == "paid"
        shown = await stage.b.get(path, headers=stage.headers(passenger.id))
        assert shown.json()["data"]["status"] == "paid"
