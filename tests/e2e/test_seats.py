"""No seat is sold twice and none is kept from who could have it, on any stretch, whatever happens at once."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from allonova.application.kernel.ports import Clock
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party
from allonova.domain.money.payment import Payment
from tests.e2e.conftest import Quote
from tests.e2e.stage import Stage, all_at_once
from tests.support.factories import a_booking, accepted, cancelled
from tests.support.processes import eventually

SEATS = 3
RIDES = (Ride(0, 1), Ride(1, 2), Ride(0, 2))
STRETCHES = (0, 1)
ACCEPTS, LATE_PAYMENTS = 150, 50
HALF_AN_HOUR = timedelta(minutes=31)  # longer than a hold
WAVE = "/sandbox/wave/v1/checkout/sessions"
KEY = {"Authorization": "Bearer sandbox"}

TAKEN = """
SELECT status, board, alight, seats FROM carpool.bookings WHERE trip_id = $1 AND status IN ('accepted', 'paid')
"""
COUNTERS = "SELECT seats_held, seats_sold, seats_available FROM carpool.trips WHERE id = $1"
SETTLED = """
SELECT p.provider_ref, p.status FROM carpool.payments p JOIN carpool.bookings b ON b.id = p.booking_id
WHERE b.trip_id = $1 AND p.status IN ('paid', 'refunded')
"""


@dataclass(slots=True, kw_only=True)
class Race:
    """A trip and everybody who is after its seats, and who was refused them for want of room."""

    trip: Trip
    pending: list[Booking]
    late: list[tuple[Booking, Payment]]
    refused: list[Booking] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)


def a_wish(trip: Trip, passenger: User, clock: Clock) -> Booking:
    """One to three seats on some stretch."""
    seats, ride = random.randint(1, SEATS), random.choice(RIDES)
    now = clock.now()
    return a_booking(trip, passenger, seats=seats, ride=ride, created_at=now, updated_at=now)


def an_unpaid(trip: Trip, passenger: User, clock: Clock) -> Booking:
    """One whose hold ended before the money came."""
    booking = a_wish(trip, passenger, clock)
    booking.accept(Actor(Party.DRIVER, trip.driver_id), clock.now() - HALF_AN_HOUR, Rules().hold)
    return cancelled(booking, at=clock.now())


async def paid_unheard(stage: Stage, booking: Booking) -> Payment:
    """A payment that was made at Wave's, whose word of it was lost."""
    payment = stage.a_payment(booking, provider_url=f"{stage.fleet.sandbox_url}/sandbox/wave")
    session = {
        "amount": str(payment.amount),
        "currency": "XOF",
        "client_reference": str(payment.id),
        "success_url": "https://allocar.test/",
        "error_url": "https://allocar.test/",
    }
    opened = await stage.sandbox.post(WAVE, json=session, headers=KEY)
    payment.provider_ref = opened.json()["id"]
    pressed = await stage.sandbox.post(f"/sandbox/checkout/{payment.provider_ref}", json={"outcome": "paid"})
    assert pressed.status_code == 200
    return payment


async def a_race(stage: Stage, people: Sequence[User]) -> Race:
    """Kept, with all its seats free. Late payers paid for holds that are over, and Wave has yet to say so."""
    trip = await stage.a_trip(seats=SEATS)
    pending = [a_wish(trip, person, stage.clock) for person in people[:ACCEPTS]]
    unpaid = [an_unpaid(trip, person, stage.clock) for person in people[ACCEPTS:]]
    await stage.sandbox.post("/sandbox/faults", json={"provider": "wave", "kind": "lost", "times": len(unpaid)})
    payments = await all_at_once(paid_unheard(stage, booking) for booking in unpaid)
    await stage.keep(*pending, *unpaid, *payments)
    return Race(trip=trip, pending=pending, late=list(zip(unpaid, payments, strict=True)))


async def accept(stage: Stage, race: Race, client: httpx.AsyncClient, booking: Booking) -> None:
    """The driver accepts; whoever gets his seats pays at once by Wave, or keeps them waiting."""
    answer = await client.post(f"/api/v1/bookings/{booking.id}/accept", headers=stage.headers(race.trip.driver_id))
    race.seen[f"accept {answer.status_code}"] += 1
    if answer.status_code == 200:
        if random.random() < 0.5:
            await pay(stage, race, client, booking)
        return
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "booking_conflict"), answer.text
    race.refused.append(booking)


async def pay(stage: Stage, race: Race, client: httpx.AsyncClient, booking: Booking) -> None:
    """Through Wave's page, whose webhook comes by itself."""
    answer = await client.post(
        "/api/v1/payments/init",
        json={"booking_id": str(booking.id), "method": "wave"},
        headers=stage.headers(booking.passenger_id) | {"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 200, answer.text
    ref = answer.json()["data"]["payment"]["provider_ref"]
    pressed = await stage.sandbox.post(f"/sandbox/checkout/{ref}", json={"outcome": "paid"})
    assert pressed.status_code == 200
    race.seen["paid at once"] += 1


async def pay_late(stage: Stage, race: Race, client: httpx.AsyncClient, booking: Booking, payment: Payment) -> None:
    """Wave's word comes after the hold is over: the seats, if they are there, else the money back."""
    outcome = await stage.tell_paid(client, payment)
    assert outcome in ("paid", "refund_due")
    race.seen[f"late {outcome}"] += 1
    if outcome == "refund_due":
        race.refused.append(booking)


async def run(stage: Stage, race: Race, *others: Coroutine[Any, Any, None]) -> None:
    """Everybody at once, over both processes."""
    either = cycle((stage.a, stage.b))
    accepts = [accept(stage, race, next(either), booking) for booking in race.pending]
    payments = [pay_late(stage, race, next(either), booking, payment) for booking, payment in race.late]
    deeds = [*accepts, *payments, *others]
    random.shuffle(deeds)
    await all_at_once(deeds)


async def free_seats(stage: Stage, trip_id: UUID) -> list[int]:
    """Seats left on each stretch by the bookings themselves; the trip's own counts must say the same."""
    held, sold = [0, 0], [0, 0]
    for status, board, alight, seats in await stage.pool.fetch(TAKEN, trip_id):
        counts = held if status == "accepted" else sold
        for stretch in range(board, alight):
            counts[stretch] += seats
    free = [SEATS - held[stretch] - sold[stretch] for stretch in STRETCHES]
    assert min(free) >= 0, f"oversold: {free}"
    row = await stage.pool.fetchrow(COUNTERS, trip_id)
    assert row is not None
    assert tuple(row) == (held, sold, SEATS - max(sold)), "the trip's counts are not those of its bookings"
    return free


def require_no_room(race: Race, free: Sequence[int]) -> None:
    """Nobody was refused seats that are there: none were given back meanwhile."""
    could = [b for b in race.refused if min(free[i] for i in b.ride.stretches) >= b.seats]
    assert not could, f"undersold: {len(could)} refused who would fit in {free}"


async def require_same_books(stage: Stage, race: Race) -> None:
    """Wave took and gave back exactly what we say."""
    await stage.require_sound_books()
    ours = [tuple(row) for row in await stage.pool.fetch(SETTLED, race.trip.id)]
    wave = (await stage.sandbox.get("/sandbox/ledger", params={"provider": "wave"})).json()["data"]
    mine = {ref for ref, _ in ours}
    assert {line["ref"] for line in wave["charges"]} >= mine
    assert {line["ref"] for line in wave["refunds"]} & mine == {ref for ref, status in ours if status == "refunded"}
    assert len(ours) >= LATE_PAYMENTS


async def expire_in_the_midst(stage: Stage) -> None:
    """The job that ends holds."""
    await asyncio.sleep(0.2)
    await stage.run_job("holds")


async def overdue_holds(stage: Stage, race: Race, people: Sequence[User]) -> None:
    """Fill the car with holds that are over and that no job has yet ended."""
    trip, now = race.trip, stage.clock.now()
    full = [a_booking(trip, person, ride=Ride(0, 2), created_at=now - HALF_AN_HOUR) for person in people]
    for booking in full:
        accepted(trip, booking, at=now - HALF_AN_HOUR)
    async with stage.units.begin() as unit:
        for booking in full:
            await unit.bookings.add(booking)
        stored = await unit.trips.get(trip.id, lock=True)
        stored.seats_held = trip.seats_held
        await unit.trips.save(stored)


@pytest.fixture
async def people(stage: Stage) -> list[User]:
    """As many passengers as seats are fought over, and a carful more."""
    found = [stage.a_user() for _ in range(ACCEPTS + LATE_PAYMENTS + SEATS)]
    await stage.keep(*found)
    return found


ROUNDS = pytest.mark.parametrize(
    "rounds", [pytest.param(2, id="sample"), pytest.param(20, id="full", marks=pytest.mark.prove)]
)


@pytest.mark.promise("no-oversell")
@ROUNDS
async def test_nothing_oversold_or_undersold_when_accepts_and_payments_race(
    stage: Stage, people: list[User], rounds: int, quote: Quote
) -> None:
    seen: Counter[str] = Counter()
    started = time.monotonic()
    for _ in range(rounds):
        race = await a_race(stage, people[:-SEATS])
        await run(stage, race)
        require_no_room(race, await free_seats(stage, race.trip.id))
        seen += race.seen
    await stage.all_delivered()
    await require_same_books(stage, race)
    assert seen["accept 200"] + seen["late paid"] >= rounds
    quote(f"{rounds} rounds × 200: oversold 0, undersold 0, {dict(seen)}, {time.monotonic() - started:.1f} s")


@pytest.mark.promise("no-oversell")
@ROUNDS
async def test_freed_seats_are_sold_once_when_holds_end_meanwhile(
    stage: Stage, people: list[User], rounds: int, quote: Quote
) -> None:
    seen: Counter[str] = Counter()
    rounds = rounds // 2
    for _ in range(rounds):
        race = await a_race(stage, people[:-SEATS])
        await overdue_holds(stage, race, people[-SEATS:])
        await run(stage, race, expire_in_the_midst(stage))
        await free_seats(stage, race.trip.id)
        seen += race.seen
        # Seats came back after some had been refused: those ask again, and now nothing comes back any more.
        waiting = {booking.id for booking, _ in race.late}
        race.pending = [booking for booking in race.refused if booking.id not in waiting]
        race.late, race.refused, race.seen = [], [], Counter()
        await run(stage, race)
        require_no_room(race, await free_seats(stage, race.trip.id))
        seen += Counter({f"again: {what}": count for what, count in race.seen.items()})
    await eventually("the holds ended", lambda: _ended(stage, race.trip.id))
    await stage.require_sound_books()
    quote(f"{rounds} rounds × 200 and 3 ending holds: oversold 0, undersold 0, {dict(seen)}")


async def _ended(stage: Stage, trip_id: UUID) -> bool:
    ended = "SELECT count(*) FROM carpool.bookings b JOIN carpool.booking_events e ON e.booking_id = b.id WHERE "
    counted = await stage.pool.fetchval(
        ended + "b.trip_id = $1 AND e.from_status = 'accepted' AND e.to_status = 'cancelled'", trip_id
    )
    return bool(counted == SEATS)
