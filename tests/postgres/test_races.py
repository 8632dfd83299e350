"""What must hold when real connections do it at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from allonova.adapters.postgres.kernel.deliveries import PostgresDeliveryQueue
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.kernel.ports import KeyRecord
from allonova.domain.carpool.seats import NotEnoughSeats
from allonova.domain.carpool.trip import TripsOverlap
from allonova.domain.identity.events import SessionRevoked
from allonova.domain.kernel.errors import StaleVersion, StillRunning
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    Driver,
    a_booking,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    keep,
    new_id,
)

WINDOW = timedelta(minutes=10)


@pytest.mark.promise("counters")
async def test_exactly_the_limit_counts_when_a_hundred_try_at_once(units: PostgresUnits) -> None:
    async def take() -> bool:
        async with units.begin() as unit:
            return await unit.attempts.take("otp", limit=5, window=WINDOW, now=NOW) is None

    assert Counter(await asyncio.gather(*(take() for _ in range(100)))) == {True: 5, False: 95}


async def test_tries_slide_out_of_the_window_one_by_one(units: PostgresUnits) -> None:
    async with units.begin() as unit:
        take = unit.attempts.take
        for minute in range(3):
            assert await take("k", limit=3, window=WINDOW, now=NOW + minute * MINUTE) is None
        assert await take("k", limit=3, window=WINDOW, now=NOW + 5 * MINUTE) == NOW + WINDOW
        assert await take("k", limit=2, window=WINDOW, now=NOW + 5 * MINUTE) == NOW + WINDOW + MINUTE
        assert await take("k", limit=3, window=WINDOW, now=NOW + WINDOW) is None
        assert await take("k", limit=3, window=WINDOW, now=NOW + WINDOW) == NOW + WINDOW + MINUTE
        await unit.attempts.clear("k")
        assert await take("k", limit=1, window=WINDOW, now=NOW + WINDOW) is None


def a_key(**given: object) -> KeyRecord:
    """A key in use."""
    record = KeyRecord(scope="scope", fingerprint="body", created_at=NOW)
    for name, value in given.items():
        setattr(record, name, value)
    return record


async def test_one_claims_and_the_others_find_the_answer_when_twenty_come_at_once(units: PostgresUnits) -> None:
    async def claim() -> bytes | None:
        async with units.begin() as unit:
            standing = await unit.keys.claim(a_key(), stale_before=NOW - 24 * HOUR)
            if standing is not None:
                return standing.answer_body
            await asyncio.sleep(0.05)
            await unit.keys.update(a_key(answer_status=201, answer_body=b"{}"))
            return None

    assert Counter(await asyncio.gather(*(claim() for _ in range(20)))) == {None: 1, b"{}": 19}


async def test_key_is_free_again_when_its_unit_rolled_back(units: PostgresUnits) -> None:
    async def fail() -> None:
        async with units.begin() as unit:
            await unit.keys.claim(a_key(), stale_before=NOW - 24 * HOUR)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with units.begin() as unit:
        assert await unit.keys.claim(a_key(), stale_before=NOW - 24 * HOUR) is None


async def test_stale_key_is_replaced(units: PostgresUnits) -> None:
    async with units.begin() as unit:
        await unit.keys.update(a_key(answer_status=200, answer_body=b"old"))
        later = a_key(fingerprint="other", created_at=NOW + 25 * HOUR)
        assert await unit.keys.claim(later, stale_before=NOW + HOUR) is None
        assert await unit.keys.claim(later, stale_before=NOW + HOUR) == later


async def test_still_running_when_the_holder_outlives_the_lock_timeout(units: PostgresUnits, owner: Connection) -> None:
    async def claim() -> None:
        async with units.begin() as unit:
            await unit.keys._runner.execute("SET LOCAL lock_timeout = '50ms'")
            await unit.keys.claim(a_key(), stale_before=NOW)

    async with owner.transaction():
        await owner.execute("INSERT INTO platform.idempotency_keys (scope, fingerprint) VALUES ('scope', 'body')")
        with pytest.raises(StillRunning):
            await claim()


@pytest.mark.promise("outbox-order")
async def test_each_delivery_is_one_relays_when_eight_claim_at_once(units: PostgresUnits, pool: Pool) -> None:
    async with units.begin() as unit:
        for _ in range(200):
            await unit.outbox.put(SessionRevoked(new_id()))
    queue = PostgresDeliveryQueue(pool)

    async def relay() -> list[UUID]:
        mine: list[UUID] = []
        while batch := await queue.claim(now=NOW, lease=MINUTE, limit=7):
            mine += [delivery.id for delivery in batch]
        return mine

    claimed = [id for mine in await asyncio.gather(*(relay() for _ in range(8))) for id in mine]
    assert len(claimed) == len(set(claimed)) == 200


@pytest.mark.promise("outbox-order")
async def test_delivery_comes_back_when_its_lease_ends_and_leaves_when_dead(units: PostgresUnits, pool: Pool) -> None:
    async with units.begin() as unit:
        await unit.outbox.put(SessionRevoked(new_id()))
    queue = PostgresDeliveryQueue(pool)
    (first,) = await queue.claim(now=NOW, lease=MINUTE, limit=9)
    (again,) = await queue.claim(now=NOW + MINUTE, lease=MINUTE, limit=9)
    assert (again.id, first.attempts, again.attempts) == (first.id, 1, 2)
    await queue.failed(first.id, error="E", retry_at=None)
    assert await queue.claim(now=NOW + 24 * HOUR, lease=MINUTE, limit=9) == []
    assert await pool.fetchval("SELECT dead_at IS NOT NULL AND last_error = 'E' FROM platform.outbox")


async def test_relay_is_woken_once_per_commit_with_events(units: PostgresUnits, wakes: list[None]) -> None:
    async with units.begin() as unit:
        await unit.attempts.clear("k")
    assert wakes == []
    async with units.begin() as unit:
        await unit.outbox.put(SessionRevoked(new_id()))
        await unit.outbox.put(SessionRevoked(new_id()))
        assert wakes == []
    assert wakes == [None]


async def test_unit_inside_a_unit_is_refused(units: PostgresUnits) -> None:
    async with units.begin():
        with pytest.raises(RuntimeError, match="unit"):
            async with units.begin():
                pass
    async with units.begin():
        pass


async def published(units: PostgresUnits) -> tuple[Driver, UUID]:
    """A driver and a trip of ten seats on two stretches."""
    driver = a_driver()
    trip = a_trip(driver, stops=[a_stop()], seats=10)
    async with units.begin() as unit:
        await keep(unit, driver, trip)
    return driver, trip.id


@pytest.mark.promise("no-oversell")
async def test_no_seat_is_sold_twice_when_forty_take_them_at_once(units: PostgresUnits) -> None:
    _, trip_id = await published(units)
    passengers = [a_user() for _ in range(40)]
    async with units.begin() as unit:
        await keep(unit, *passengers)

    async def take(index: int) -> bool:
        try:
            async with units.begin() as unit:
                trip = await unit.trips.get(trip_id, lock=True)
                leg = list(trip.legs())[index % 3]
                trip.hold(leg.ride, 1)
                await unit.bookings.add(a_booking(trip, passengers[index], ride=leg.ride))
                await unit.trips.save(trip)
        except NotEnoughSeats:
            return False
        return True

    taken = await asyncio.gather(*(take(index) for index in range(40)))
    async with units.begin() as unit:
        trip = await unit.trips.get(trip_id)
    assert max(trip.seats_held) == 10
    assert 10 <= sum(taken) <= 20


@pytest.mark.promise("lost-updates")
async def test_stale_when_two_save_what_both_read(units: PostgresUnits) -> None:
    user = a_user()
    async with units.begin() as unit:
        await unit.users.add(user)
    async with units.begin() as unit:
        first, second = await unit.users.get(user.id), await unit.users.get(user.id)
        await unit.users.save(first)
        assert first.version == 2
        with pytest.raises(StaleVersion):
            await unit.users.save(second)


async def test_locked_read_sees_the_stops_of_the_writer_it_waited_for(units: PostgresUnits) -> None:
    _, trip_id = await published(units)
    is_locked = asyncio.Event()

    async def rename() -> None:
        async with units.begin() as unit:
            trip = await unit.trips.get(trip_id, lock=True)
            is_locked.set()
            await asyncio.sleep(0.2)
            trip.stops[0].label = "Renamed"
            await unit.trips.save_route(trip)

    async def read() -> str:
        await is_locked.wait()
        async with units.begin() as unit:
            trip = await unit.trips.get(trip_id, lock=True)
            return trip.stops[0].label

    _, label = await asyncio.gather(rename(), read())
    assert label == "Renamed"


async def test_one_is_published_when_two_overlapping_trips_come_at_once(units: PostgresUnits) -> None:
    driver = a_driver()
    async with units.begin() as unit:
        await keep(unit, driver)

    async def publish(minutes: int) -> bool:
        try:
            async with units.begin() as unit:
                await unit.trips.add(a_trip(driver, departure_time=DEPARTURE + minutes * MINUTE))
        except TripsOverlap:
            return False
        return True

    assert sorted(await asyncio.gather(publish(0), publish(30))) == [False, True]
    assert await publish(180 + 30)
