"""The back office's lists of trips and bookings: two statements each, and what finds the few does so by an index."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allonova.adapters.postgres.carpool.oversight import PostgresOversightQueries
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.trip import TripStatus
from tests.postgres.crowd import crowd
from tests.support.explaining import Explaining
from tests.support.factories import NOW, new_id

# A booking of each trip by somebody else, one in a hundred of them contested.
_BOOKINGS = """
INSERT INTO carpool.bookings (
    trip_id, passenger_id, seats, board, alight, pickup_text, dropoff_text, departure_time, amount_total, fees, status,
    qr_code, is_frozen, asked_at, contested_at, created_at
)
SELECT id, passenger, 1, 0, 4, 'A', 'B', departure_time, 6000, 600,
    CASE WHEN n % 1000 = 1 THEN 'pending' ELSE 'cancelled' END, id::text, n % 100 = 0,
    CASE WHEN n % 100 = 0 THEN now() END, CASE WHEN n % 100 = 0 THEN now() END, now() - make_interval(mins => n)
FROM (
    SELECT t.*, row_number() OVER (ORDER BY t.id)::int AS n,
        (SELECT u.id FROM carpool.users u WHERE u.id <> t.driver_id ORDER BY u.phone LIMIT 1) AS passenger
    FROM carpool.trips t
) AS numbered
"""
NEWEST = (Sort("created_at", descending=True),)
LATE = NOW + timedelta(days=400)
TRIPS = [
    ("ix_trips_driver_id_departure_time", Filter("driver_id", Op.EQ, new_id()), 0),
    ("ix_trips_vehicle_id", Filter("vehicle_id", Op.EQ, new_id()), 0),
    ("ix_trips_status_departure_time", Filter("status", Op.EQ, TripStatus.DRAFT), 0),
    ("ix_trips_departure_time", Filter("departure_time", Op.GTE, LATE), 0),
    ("ix_trips_created_at", Filter("created_at", Op.GTE, LATE.replace(year=2100)), 0),
]
BOOKINGS = [
    ("ix_bookings_contested", Filter("contested", Op.EQ, (True,)), 30),
    ("ix_bookings_status_created_at", Filter("status", Op.EQ, BookingStatus.ACCEPTED), 0),
    ("ix_bookings_trip_id", Filter("trip_id", Op.EQ, new_id()), 0),
    ("ix_bookings_passenger_id_created_at", Filter("passenger_id", Op.EQ, new_id()), 0),
    ("ix_trips_driver_id_departure_time", Filter("driver_ids", Op.EQ, (new_id(),)), 0),
    ("ix_bookings_departure_time", Filter("departure_time", Op.GTE, LATE), 0),
]


async def test_few_are_found_by_an_index(pool: Pool, owner: Connection, subtests: pytest.Subtests) -> None:
    await crowd(owner, drivers=50, since=NOW)
    await owner.execute(_BOOKINGS)
    await owner.execute("ANALYZE carpool.trips, carpool.bookings")
    for kind, cases in (("trips", TRIPS), ("bookings", BOOKINGS)):
        for index, condition, count in cases:
            with subtests.test(index):
                runner = Explaining(pool)
                found: Any = await getattr(PostgresOversightQueries(runner), kind)(ListQuery((condition,), NEWEST))
                assert (found.total, len(runner.plans)) == (count, 2 if count else 1)
                assert index in runner.plans[0]
                assert "Seq Scan" not in runner.plans[0]


async def test_page_is_two_statements_when_everything_matches(pool: Pool, owner: Connection) -> None:
    await crowd(owner, drivers=20, since=NOW)
    await owner.execute(_BOOKINGS)
    for kind in ("trips", "bookings"):
        runner = Explaining(pool)
        newest: Any = await getattr(PostgresOversightQueries(runner), kind)(ListQuery((), NEWEST))
        assert (newest.total, len(newest.items), len(runner.plans)) == (1_200, 20, 2)
