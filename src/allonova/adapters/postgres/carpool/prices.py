"""What seats cost lately: by one index over day, origin and destination."""

from __future__ import annotations

from datetime import datetime
from math import cos, degrees, radians

from allonova.adapters.postgres.runner import Reader
from allonova.domain.carpool.price_hint import SeatPrice
from allonova.domain.kernel.geo import EARTH_RADIUS_M, Point

# The index leads with the day in UTC and brings the last ones first. Everything is written as it is there: instants and
# circles that other indexes know would bring all that ever left from a town, so each row is measured itself.
SEAT_PRICES = """
SELECT DISTINCT ON (driver_id) price_per_seat, distance_m
FROM (
    SELECT id, driver_id, price_per_seat, distance_m, departure_time
    FROM carpool.trips
    WHERE status IN ('published', 'ongoing', 'completed')
      AND ((departure_time AT TIME ZONE 'UTC')::date) >= $4::date
      AND ((departure_time AT TIME ZONE 'UTC')::date) <= $5::date
      AND origin_point::geometry && ST_MakeEnvelope($9::float8, $10::float8, $11::float8, $12::float8, 4326)
      AND destination_point::geometry && ST_MakeEnvelope($13::float8, $14::float8, $15::float8, $16::float8, 4326)
      AND departure_time - $6::timestamptz >= interval '0' AND departure_time - $7::timestamptz < interval '0'
      AND ST_Distance(origin_point, $1::geography, false) <= $3::float8
      AND ST_Distance(destination_point, $2::geography, false) <= $3::float8
    ORDER BY ((departure_time AT TIME ZONE 'UTC')::date) <-> $5::date, departure_time DESC, id
    LIMIT $8::int
) AS lately
ORDER BY driver_id, departure_time DESC, id
"""
SLACK = 1.02  # of the box around a circle, whose sides are straight


def around(point: Point, radius_m: float) -> tuple[float, float, float, float]:
    """West, south, east and north of what lies within a circle, in degrees."""
    tall = degrees(radius_m * SLACK / EARTH_RADIUS_M)
    wide = min(tall / max(cos(radians(point.lat)), 0.01), 180.0)
    return point.lon - wide, point.lat - tall, point.lon + wide, point.lat + tall


async def find_prices(
    runner: Reader, start: Point, end: Point, *, radius_m: int, since: datetime, until: datetime, limit: int
) -> list[SeatPrice]:
    """See CarpoolQueries.seat_prices."""
    when = since.date(), until.date(), since, until
    boxes = *around(start, radius_m), *around(end, radius_m)
    rows = await runner.fetch(SEAT_PRICES, start, end, float(radius_m), *when, limit, *boxes)
    return [SeatPrice(int(row["price_per_seat"]), row["distance_m"]) for row in rows]
