"""Bookings and their history."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, literal
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.rows import BOOKING
from allonova.adapters.postgres.carpool.tables import BOOKINGS
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.ports import REFUSALS
from allonova.domain.carpool.booking import LIVE, Booking

BOOKING_SHELF = Shelf(BOOKING, REFUSALS)

# In the order in which the booking wrote them: the numbers follow.
_ADD_CHANGES = """
INSERT INTO carpool.booking_events (booking_id, from_status, to_status, by, by_id, meta, created_at)
SELECT $1::uuid, from_status, to_status, by, by_id, meta, created_at
FROM unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::jsonb[], $7::timestamptz[])
    WITH ORDINALITY AS c (from_status, to_status, by, by_id, meta, created_at, position)
ORDER BY position
"""
_COUNT_UNPAID = """
SELECT count(*) FROM carpool.bookings
WHERE passenger_id = $1::uuid AND created_at >= $2::timestamptz
  AND (status IN ('pending', 'accepted')
    OR status = 'cancelled' AND cancel_reason = 'expired' AND hold_expires_at IS NOT NULL AND paid_at IS NULL)
"""
_COUNT_LIVE = """
SELECT count(*) FROM carpool.bookings WHERE trip_id = $1::uuid AND status IN ('pending', 'accepted', 'paid')
"""
_SHIFT = """
UPDATE carpool.bookings SET
    departure_time = departure_time + $2::interval,
    hold_expires_at = CASE  -- least() would make an instant of nothing
        WHEN hold_expires_at IS NOT NULL THEN least(hold_expires_at, departure_time + $2::interval)
    END,
    updated_at = $3::timestamptz,
    version = version + 1
WHERE trip_id = $1::uuid AND status IN ('pending', 'accepted', 'paid')
"""
_FORGET_WORDS = """
WITH written AS (
    SELECT id FROM carpool.bookings
    WHERE cancel_reason IS NOT NULL AND (
        (passenger_id = $1::uuid AND cancelled_by = 'passenger')
        OR (
            trip_id = ANY (ARRAY(SELECT id FROM carpool.trips WHERE driver_id = $1::uuid))
            AND cancelled_by = 'driver'
        )
    )
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE carpool.bookings AS b SET cancel_reason = NULL FROM written WHERE b.id = written.id
"""
_HAS_ANY = """
SELECT EXISTS (SELECT FROM carpool.bookings WHERE trip_id = $1::uuid)
"""
_HAS_STARTED = """
SELECT EXISTS (SELECT FROM carpool.bookings WHERE trip_id = $1::uuid AND started_at IS NOT NULL)
"""
_LIVE_OF = compile_once(
    BOOKING_SHELF.select(
        BOOKINGS.c.trip_id == bindparam("trip"), BOOKINGS.c.status == any_(literal(sorted(LIVE), ARRAY(Text)))
    ).order_by(BOOKINGS.c.created_at, BOOKINGS.c.id)
)
_PAID_OF = compile_once(
    BOOKING_SHELF.select(BOOKINGS.c.trip_id == bindparam("trip"), BOOKINGS.c.paid_at.is_not(None)).order_by(
        BOOKINGS.c.created_at, BOOKINGS.c.id
    )
)


class PostgresBookings(PostgresStore[Booking]):
    """Bookings; their `changes` become rows and leave the entity."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, BOOKING_SHELF)

    async def add(self, entity: Booking) -> None:
        """Keep a new one and its history. Raises AlreadyBooked."""
        await super().add(entity)
        await self._add_changes(entity)

    async def save(self, entity: Booking) -> None:
        """Keep a changed one and what is new of its history. Raises StaleVersion, AlreadyBooked."""
        await super().save(entity)
        await self._add_changes(entity)

    async def count_unpaid(self, passenger_id: UUID, *, since: datetime) -> int:
        """Bookings made since then that wait for the driver or for money, or ended for want of money."""
        return int(await self._runner.fetchval(_COUNT_UNPAID, passenger_id, since))

    async def count_live(self, trip_id: UUID) -> int:
        """Bookings of a trip that are pending, accepted or paid."""
        return int(await self._runner.fetchval(_COUNT_LIVE, trip_id))

    async def live_of(self, trip_id: UUID) -> list[Booking]:
        """A trip's bookings that are pending, accepted or paid, in the order in which they came."""
        rows = await self._runner.fetch(_LIVE_OF.sql, *_LIVE_OF.args(trip=trip_id))
        return [await self._entity(row, is_locked=False) for row in rows]

    async def paid_of(self, trip_id: UUID) -> list[Booking]:
        """A trip's bookings that were paid at some time, whatever became of them, in the order in which they came."""
        rows = await self._runner.fetch(_PAID_OF.sql, *_PAID_OF.args(trip=trip_id))
        return [await self._entity(row, is_locked=False) for row in rows]

    async def shift(self, trip_id: UUID, *, by: timedelta, at: datetime) -> None:
        """The live bookings of a trip leave so much later, or earlier; no hold outlives the departure."""
        await self._runner.execute(_SHIFT, trip_id, by, at)

    async def forget_words(self, user_id: UUID) -> None:
        """See BookingStore."""
        await self._runner.execute(_FORGET_WORDS, user_id)

    async def has_any(self, trip_id: UUID) -> bool:
        """Whether anybody ever booked a seat on the trip, whatever became of it."""
        return bool(await self._runner.fetchval(_HAS_ANY, trip_id))

    async def has_started(self, trip_id: UUID) -> bool:
        """Whether the driver started anybody's ride on the trip."""
        return bool(await self._runner.fetchval(_HAS_STARTED, trip_id))

    async def _add_changes(self, booking: Booking) -> None:
        changes = booking.changes
        if not changes:
            return
        await self._runner.execute(
            _ADD_CHANGES,
            booking.id,
            [change.from_status for change in changes],
            [change.to_status for change in changes],
            [change.by.party for change in changes],
            [change.by.id for change in changes],
            [dict(change.meta) for change in changes],
            [change.at for change in changes],
        )
        changes.clear()
