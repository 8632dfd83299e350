"""Positions on PostgreSQL: written in one statement, and read by their indexes; and links that are made at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.postgres.carpool import ride_queries, rides
from allonova.adapters.postgres.carpool.ride_queries import PostgresRideQueries
from allonova.adapters.postgres.carpool.rides import PostgresLocations
from allonova.adapters.postgres.runner import Connection, Pool, Row
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.share_ride import ShareRide
from allonova.domain.carpool.location import DriverLocation
from tests.support.factories import (
    ABIDJAN,
    NOW,
    NumberedIds,
    SetClock,
    a_booking,
    a_driver,
    a_trip,
    a_user,
    keep,
    new_id,
    paid,
)

WAY, DAY = "uq_driver_locations_trip_id_created_at", "ix_driver_locations_day"
_HISTORY = """
INSERT INTO carpool.driver_locations (trip_id, driver_id, point, created_at)
SELECT t.id, t.driver_id, ST_MakePoint(-4 + random() / 10, 5 + random() / 10)::geography,
    $1::timestamptz - make_interval(secs => n * 10)
FROM carpool.trips t, generate_series(1, 300) AS n
"""


@dataclass
class Counting:
    """A runner that counts what it is asked."""

    pool: Pool
    statements: list[str] = field(default_factory=list)

    async def fetch(self, query: str, *args: object) -> Sequence[Row]:
        """See Runner."""
        self.statements.append(query)
        return await self.pool.fetch(query, *args)

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """See Runner."""
        self.statements.append(query)
        return await self.pool.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: object) -> Any:
        """See Runner."""
        self.statements.append(query)
        return await self.pool.fetchval(query, *args)

    async def execute(self, query: str, *args: object) -> str:
        """See Runner."""
        self.statements.append(query)
        return await self.pool.execute(query, *args)

    async def executemany(self, query: str, args: Sequence[Sequence[object]], /) -> None:
        """See Runner."""
        self.statements += [query] * len(args)
        await self.pool.executemany(query, args)


async def trips_of_one(units: PostgresUnits, count: int) -> tuple[UUID, list[UUID]]:
    """A driver and his trips, one a day."""
    driver = a_driver()
    trips = [a_trip(driver, departure_time=NOW + timedelta(days=day)) for day in range(count)]
    async with units.begin() as unit:
        await keep(unit, driver, *trips)
    return driver.id, [trip.id for trip in trips]


async def plan(pool: Pool, sql: str, *args: object) -> str:
    return "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN {sql}", *args))


async def test_positions_of_a_thousand_drivers_are_one_statement(units: PostgresUnits, pool: Pool) -> None:
    driver_id, trip_ids = await trips_of_one(units, 5)
    locations = [
        DriverLocation(
            id=new_id(), trip_id=trip_id, driver_id=driver_id, point=ABIDJAN, created_at=NOW + timedelta(seconds=n)
        )
        for trip_id in trip_ids
        for n in range(200)
    ]
    runner = Counting(pool)
    await PostgresLocations(runner).keep(locations)
    assert len(runner.statements) == 1
    assert len(await PostgresRideQueries(pool).locations(driver_id)) == 1_000


async def test_look_ups_walk_their_indexes(owner: Connection, pool: Pool, units: PostgresUnits) -> None:
    driver_id, trip_ids = await trips_of_one(units, 20)
    await owner.execute(_HISTORY, NOW)
    await owner.execute("VACUUM ANALYZE carpool.driver_locations")
    trip_id, early = trip_ids[0], NOW - timedelta(minutes=48)
    assert WAY in await plan(pool, rides._OF_TRIP, trip_id)
    assert WAY in await plan(pool, rides._WAS_NEAR, trip_id, ABIDJAN, 1_000, early, NOW)
    assert WAY in await plan(pool, rides._FORGET, trip_id, early)
    assert DAY in await plan(pool, ride_queries._FORGETTABLE, NOW - timedelta(days=1), 200)
    approach = ride_queries._APPROACH
    found = await plan(pool, approach.sql, *approach.args(trip_id=trip_id, viewer_id=driver_id))
    assert f"Index Scan Backward using {WAY}" in found


async def test_one_link_works_when_ten_are_made_at_once(units: PostgresUnits, pool: Pool) -> None:
    driver, passenger = a_driver(), a_user()
    trip = a_trip(driver)
    booking = paid(trip, a_booking(trip, passenger))
    async with units.begin() as unit:
        await keep(unit, driver, passenger, trip, booking)
    secrets = ServerSecrets({"k": "s" * 43}, "k")
    share = ShareRide(units.begin, SetClock(), NumberedIds(), secrets, "https://app.test")
    made = await asyncio.gather(*(share(caller_id=passenger.id, booking_id=booking.id) for _ in range(10)))
    assert len({each.token for each in made}) == 10
    links = await PostgresRideQueries(pool).links(passenger.id)
    assert sorted(link.revoked_at is None for link in links) == [False] * 9 + [True]
