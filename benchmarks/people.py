"""Rides that are alike but for their ids: a driver, his trip with a stop, a passenger; if wanted, a payment."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.postgres.pool import asyncpg_dsn, open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from tests.support.factories import Thing, a_booking, a_driver, a_payment, a_stop, a_trip, a_user, accepted, keep

_RIDES = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.rides (
    n serial PRIMARY KEY, driver uuid, vehicle uuid, trip uuid, stop uuid, passenger uuid, booking uuid, payment uuid
);
GRANT USAGE ON SCHEMA bench TO allonova_app
"""
_NUMBER = """
INSERT INTO bench.rides (driver, vehicle, trip, stop, passenger, booking, payment)
SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    gen_random_uuid(), gen_random_uuid()
FROM generate_series(1, $1::int) RETURNING *
"""
_COPY = """
INSERT INTO carpool.{table}
SELECT made.* FROM bench.rides r, carpool.{table} t, jsonb_populate_record(t, jsonb_build_object({given})) made
WHERE r.n >= $1::int AND t.id = $2::uuid
"""
_FORGET = """
DELETE FROM platform.outbox WHERE id IN (SELECT id FROM platform.outbox WHERE is_live FOR UPDATE SKIP LOCKED)
"""
_GIVEN = {
    "driver": ("users", "'id', r.driver, 'phone', '+22501' || (r.n + 10000000), 'referral_code', 'D' || r.n"),
    "passenger": ("users", "'id', r.passenger, 'phone', '+22505' || (r.n + 10000000), 'referral_code', 'P' || r.n"),
    "paper": ("kyc_documents", "'id', gen_random_uuid(), 'user_id', r.driver"),
    "vehicle": ("vehicles", "'id', r.vehicle, 'user_id', r.driver, 'plate_number', 'B' || r.n"),
    "trip": ("trips", "'id', r.trip, 'driver_id', r.driver, 'vehicle_id', r.vehicle"),
    "stop": ("trip_stops", "'id', r.stop, 'trip_id', r.trip"),
    "booking": ("bookings", "'id', r.booking, 'trip_id', r.trip, 'passenger_id', r.passenger, 'qr_code', r.booking"),
    "payment": (
        "payments",
        "'id', r.payment, 'booking_id', r.booking, 'user_id', r.passenger, 'provider_ref', 'cos-' || r.payment",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """Who and what belongs together; `booking` and `payment` exist where they were wanted."""

    driver: UUID
    vehicle: UUID
    trip: UUID
    stop: UUID
    passenger: UUID
    booking: UUID
    payment: UUID


async def make_rides(dsn: str, number: int, *, with_payment: bool = False) -> list[Ride]:
    """So many, copied from one that the service's own stores kept; a payment waits for Wave's word."""
    templates = await _template(dsn, with_payment=with_payment)
    owner = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        await owner.execute(_RIDES)
        rows = await owner.fetch(_NUMBER, number)
        first = min(row["n"] for row in rows)
        async with owner.transaction():
            await owner.execute("SET LOCAL session_replication_role = replica")  # keys hold by making
            for name, ids in templates.items():
                table, given = _GIVEN[name]
                for id_ in ids:
                    await owner.execute(_COPY.format(table=table, given=given), first, id_)
        await owner.execute(
            "DELETE FROM carpool.booking_events WHERE booking_id = ANY ($1)", templates.get("booking", [])
        )
        for name, ids in reversed(templates.items()):
            await owner.execute(f"DELETE FROM carpool.{_GIVEN[name][0]} WHERE id = ANY ($1)", ids)
        await owner.execute("VACUUM ANALYZE")
    finally:
        await owner.close()
    return [Ride(**{name: UUID(str(id_)) for name, id_ in row.items() if name != "n"}) for row in rows]


async def forget_shown(dsn: str) -> None:
    """What stands in the outbox for sockets, of programs that have none."""
    owner = await asyncpg.connect(asyncpg_dsn(dsn))
    await owner.execute(_FORGET)
    await owner.close()


async def require_all(dsn: str, rides: Sequence[Ride], counting: str) -> None:
    """What was measured was done: a statement that counts what became of these trips finds all of them."""
    owner = await asyncpg.connect(asyncpg_dsn(dsn))
    done = await owner.fetchval(counting, [ride.trip for ride in rides])
    await owner.close()
    if done != len(rides):
        sys.exit(f"of {len(rides)} rides only {done} are as they should be: {counting}")


async def _template(dsn: str, *, with_payment: bool) -> dict[str, list[UUID]]:
    """What the others are copies of: by the names in `_GIVEN`, what others refer to first."""
    clock = SystemClock()
    now = clock.now()
    departure = now + timedelta(days=2)
    stamps: dict[str, Any] = {"created_at": now, "updated_at": now}
    driver, passenger = a_driver(phone="+2250400000001", **stamps), a_user(phone="+2250400000002", **stamps)
    stop = a_stop(eta=departure + timedelta(hours=2))
    trip = a_trip(driver, stops=[stop], seats=4, departure_time=departure, **stamps)
    booking = a_booking(trip, passenger, **stamps)
    things: list[Thing] = [driver, passenger, trip]
    made = {
        "driver": [driver.id],
        "passenger": [passenger.id],
        "paper": [paper.id for paper in driver.papers],
        "vehicle": [driver.vehicle.id],
        "trip": [trip.id],
        "stop": [stop.id],
    }
    if with_payment:
        payment = a_payment(accepted(trip, booking, at=now), **stamps)
        things += [booking, payment]
        made |= {"booking": [booking.id], "payment": [payment.id]}
    async with await open_pool(dsn, max_size=1) as pool:
        units = PostgresUnits(pool, subscribers={}, ids=RandomIds(), clock=clock, wake=lambda _: None)
        async with units.begin() as unit:
            await keep(unit, *things)
    return made
