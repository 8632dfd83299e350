"""A country full of trips, made by SQL: three stops each, hence ten rides."""

from __future__ import annotations

from datetime import datetime

from allonova.adapters.postgres.runner import Connection

RIDES_PER_TRIP = 10
DAYS = 60

_USERS = """
INSERT INTO carpool.users (phone, first_name, last_name, is_phone_verified, rating_avg)
SELECT '+2250700' || lpad(n::text, 6, '0'), 'Yao', 'K', true, (n % 50) / 10.0 FROM generate_series(1, $1::int) AS n
"""
_VEHICLES = """
INSERT INTO carpool.vehicles (user_id, make, model, color, plate_number, seats_total, comfort_level)
SELECT id, 'Toyota', 'Corolla', 'white', phone, 5, 'standard' FROM carpool.users
"""
# Anywhere in the country, any hour of the day; each driver once a day at most.
_TRIPS = """
INSERT INTO carpool.trips (
    driver_id, vehicle_id, origin_point, origin_text, destination_point, destination_text, departure_time, arrival_eta,
    distance_m, price_per_seat, seats_total, seats_available, seats_held, seats_sold, status
)
SELECT user_id, id,
    ST_MakePoint(-7.5 + 4.5 * random(), 5 + 5 * random())::geography, 'A',
    ST_MakePoint(-7.5 + 4.5 * random(), 5 + 5 * random())::geography, 'B',
    start, start + interval '4 hours', 240000, 6000, 4, 4, '{0,0,0,0}', '{0,0,0,0}', 'published'
FROM (
    SELECT v.user_id, v.id, $2::timestamptz + make_interval(days => day - 1, mins => (random() * 1100)::int) AS start
    FROM generate_series(1, $1::int) AS day CROSS JOIN carpool.vehicles AS v
) AS starts
"""
_STOPS = """
INSERT INTO carpool.trip_stops (trip_id, "order", point, label, price_from_origin, distance_m, eta)
SELECT t.id, n, ST_MakePoint(
        ST_X(t.origin_point::geometry) + (ST_X(t.destination_point::geometry) - ST_X(t.origin_point::geometry)) * n / 4,
        ST_Y(t.origin_point::geometry) + (ST_Y(t.destination_point::geometry) - ST_Y(t.origin_point::geometry)) * n / 4
    )::geography, 'S', n * 1500, n * 60000, t.departure_time + make_interval(hours => n)
FROM carpool.trips t, generate_series(1, 3) AS n
"""
_LEGS = """
WITH waypoints AS (
    SELECT id AS trip_id, 0 AS n, origin_point AS point, departure_time AS at, 0 AS price FROM carpool.trips
    UNION ALL SELECT id, 4, destination_point, arrival_eta, price_per_seat FROM carpool.trips
    UNION ALL SELECT trip_id, "order", point, eta, price_from_origin FROM carpool.trip_stops
)
INSERT INTO carpool.trip_legs (trip_id, board, alight, departure_time, origin, destination, price)
SELECT a.trip_id, a.n, b.n, a.at, a.point, b.point, b.price - a.price
FROM waypoints a JOIN waypoints b ON b.trip_id = a.trip_id AND b.n > a.n
"""


async def crowd(owner: Connection, *, drivers: int, since: datetime) -> None:
    """`drivers` × 60 trips from an instant on, one a day for each driver."""
    async with owner.transaction():
        await owner.execute("SELECT setseed(0.5)")
        await owner.execute(_USERS, drivers)
        await owner.execute(_VEHICLES)
        await owner.execute(_TRIPS, DAYS, since)
        await owner.execute(_STOPS)
        await owner.execute(_LEGS)
    await owner.execute("ANALYZE")
