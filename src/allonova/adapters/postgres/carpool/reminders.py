"""Who was reminded of which ride."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from allonova.adapters.postgres.carpool.reminder_tables import REMINDERS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.reminder_ports import DueReminder, ReminderQueries
from allonova.domain.carpool.reminder import HOURS_BEFORE, Reminder
from allonova.domain.kernel.machine import Party

_MAPPER = RowMapper(Reminder, REMINDERS)
_NOTE = compile_once(
    insert(REMINDERS)
    .values({name: bindparam(name) for name in _MAPPER.names})
    .on_conflict_do_nothing(index_elements=["trip_id", "user_id", "hours_before"])
    .returning(REMINDERS.c.id)
)
# Of each ride the reminder whose hour has come, unless its seats were sold later.
_DUE = """
WITH windows (hours, opens, closes) AS (
    SELECT hours, make_interval(hours => coalesce(lag(hours) OVER (ORDER BY hours), 0)), make_interval(hours => hours)
    FROM unnest($2::int[]) AS hours
), passengers AS (
    SELECT 'passenger' AS side, b.passenger_id AS user_id, b.trip_id, b.id AS booking_id, w.hours,
        b.pickup_text AS origin, b.dropoff_text AS destination, b.departure_time, b.seats::bigint AS seats
    FROM windows AS w JOIN carpool.bookings AS b
        ON b.departure_time > $1::timestamptz + w.opens AND b.departure_time <= $1::timestamptz + w.closes
    WHERE b.status = 'paid' AND b.started_at IS NULL AND b.paid_at <= b.departure_time - w.closes
), drivers AS (
    SELECT 'driver' AS side, t.driver_id AS user_id, t.id AS trip_id, NULL::uuid AS booking_id, w.hours,
        t.origin_text AS origin, t.destination_text AS destination, t.departure_time, sold.seats
    FROM windows AS w JOIN carpool.trips AS t
        ON t.departure_time > $1::timestamptz + w.opens AND t.departure_time <= $1::timestamptz + w.closes
    CROSS JOIN LATERAL (
        SELECT sum(b.seats) AS seats, min(b.paid_at) AS first_at
        FROM carpool.bookings AS b WHERE b.trip_id = t.id AND b.status = 'paid'
    ) AS sold
    WHERE t.status = 'published' AND sold.first_at <= t.departure_time - w.closes
)
SELECT side, user_id, trip_id, booking_id, hours, origin, destination, departure_time, seats
FROM (SELECT * FROM passengers UNION ALL SELECT * FROM drivers) AS due
WHERE NOT EXISTS (
    SELECT FROM carpool.reminders AS r
    WHERE r.trip_id = due.trip_id AND r.user_id = due.user_id AND r.hours_before = due.hours
)
ORDER BY departure_time, trip_id, user_id LIMIT $3::int
"""


class PostgresReminders:
    """Reminders."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def note(self, reminder: Reminder) -> bool:
        """Keep it. False when he was reminded of this already."""
        return await self._runner.fetchval(_NOTE.sql, *_NOTE.args(**_MAPPER.values(reminder))) is not None


class PostgresReminderQueries:
    """Reads of rides to come."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def due(self, *, now: datetime, limit: int) -> list[DueReminder]:
        """See ReminderQueries."""
        rows = await self._runner.fetch(_DUE, now, list(HOURS_BEFORE), limit)
        return [_due(row) for row in rows]


def _due(row: Row) -> DueReminder:
    return DueReminder(
        side=Party(row["side"]),
        user_id=row["user_id"],
        trip_id=row["trip_id"],
        booking_id=row["booking_id"],
        hours_before=row["hours"],
        origin=row["origin"],
        destination=row["destination"],
        departure_time=row["departure_time"],
        seats=int(row["seats"]),
    )


def _conforms(queries: PostgresReminderQueries) -> ReminderQueries:
    return queries
