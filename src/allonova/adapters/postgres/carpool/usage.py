"""What the report on usage reads."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from allonova.adapters.postgres.runner import Reader, Row
from allonova.application.carpool.usage_queries import Usage, UsageQueries
from allonova.domain.carpool.usage import Actives, Counts

# Abidjan keeps UTC all year: its days are UTC's. Every statement but the last gives a day and some of its counts.
_PEOPLE = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS registrations
FROM carpool.users WHERE created_at >= $1::timestamptz AND created_at < $2::timestamptz GROUP BY 1
"""
# The index over states and departures finds those that were ever offered.
_TRIPS = """
SELECT (departure_time AT TIME ZONE 'UTC')::date AS day, count(*) AS trips,
    count(*) FILTER (WHERE status = 'completed') AS trips_completed,
    count(*) FILTER (WHERE status = 'cancelled') AS trips_cancelled,
    coalesce(sum(seats_total) FILTER (WHERE status <> 'cancelled'), 0) AS seats_offered
FROM carpool.trips
WHERE status IN ('published', 'ongoing', 'completed', 'cancelled')
    AND departure_time >= $1::timestamptz AND departure_time < $2::timestamptz
GROUP BY 1
"""
_SEATS = """
SELECT (t.departure_time AT TIME ZONE 'UTC')::date AS day, sum(b.seats) AS seats_sold
FROM carpool.trips t JOIN carpool.bookings b ON b.trip_id = t.id
WHERE t.status IN ('published', 'ongoing', 'completed') AND b.status IN ('paid', 'completed')
    AND t.departure_time >= $1::timestamptz AND t.departure_time < $2::timestamptz
GROUP BY 1
"""
_BOOKINGS = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS requested,
    count(*) FILTER (WHERE status = 'pending') AS pending,
    count(*) FILTER (WHERE status = 'accepted') AS accepted,
    count(*) FILTER (WHERE status = 'paid') AS paid,
    count(*) FILTER (WHERE status = 'completed') AS completed,
    count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    count(paid_at) AS converted
FROM carpool.bookings WHERE created_at >= $1::timestamptz AND created_at < $2::timestamptz GROUP BY 1
"""
_RATINGS = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS ratings, sum(stars) AS stars
FROM carpool.ratings
WHERE created_at >= $1::timestamptz AND created_at < $2::timestamptz AND shown_at IS NOT NULL GROUP BY 1
"""
_ACTIVE = """
SELECT day, count(DISTINCT user_id) AS users, count(DISTINCT user_id) FILTER (WHERE NOT drove) AS passengers,
    count(DISTINCT user_id) FILTER (WHERE drove) AS drivers
FROM (
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, passenger_id AS user_id, false AS drove
    FROM carpool.bookings WHERE created_at >= $1::timestamptz AND created_at < $2::timestamptz
    UNION ALL
    SELECT (departure_time AT TIME ZONE 'UTC')::date, driver_id, true FROM carpool.trips
    WHERE status IN ('published', 'ongoing', 'completed')
        AND departure_time >= $1::timestamptz AND departure_time < $2::timestamptz
) deeds
GROUP BY GROUPING SETS ((day), ())
"""
_COUNTED = {
    _PEOPLE: ("registrations",),
    _TRIPS: ("trips", "trips_completed", "trips_cancelled", "seats_offered"),
    _SEATS: ("seats_sold",),
    _BOOKINGS: ("requested", "pending", "accepted", "paid", "completed", "cancelled", "converted"),
    _RATINGS: ("ratings", "stars"),
}


class PostgresUsageQueries:
    """See UsageQueries."""

    def __init__(self, runner: Reader) -> None:
        self._runner = runner

    async def usage(self, since: datetime, until: datetime) -> Usage:
        """From `since` to before `until`, by days of Abidjan."""
        counts: defaultdict[date, Counts] = defaultdict(Counts)
        for sql, names in _COUNTED.items():
            for row in await self._runner.fetch(sql, since, until):
                counts[row["day"]] += Counts(**{name: int(row[name]) for name in names})
        actives = {row["day"]: _actives(row) for row in await self._runner.fetch(_ACTIVE, since, until)}
        active = actives.pop(None, Actives())
        return Usage(counts=dict(counts), actives=actives, active=active)


def _actives(row: Row) -> Actives:
    return Actives(users=row["users"], passengers=row["passengers"], drivers=row["drivers"])


def _conforms(queries: PostgresUsageQueries) -> UsageQueries:
    return queries
