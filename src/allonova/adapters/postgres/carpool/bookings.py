"""Bookings and their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.people import ONE_BLOCKS_THE_OTHER
from allonova.adapters.postgres.carpool.rows import BOOKING
from allonova.adapters.postgres.carpool.tables import BOOKINGS
from allonova.adapters.postgres.failures import refusing
from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import Statement, compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.ports import REFUSALS, Asking
from allonova.domain.carpool.booking import LIVE, Booking
from allonova.domain.kernel.changes import Change
from allonova.domain.kernel.errors import NotFound, StaleVersion

BOOKING_SHELF = Shelf(BOOKING, REFUSALS)


# The booking's own statement and what is new of its history, in one round trip, in the order in which the booking wrote
# it: the numbers follow. Answers the version, or nothing when the row has moved on.
_WITH_HISTORY = """
WITH kept AS (<statement>), noted AS (
    INSERT INTO carpool.booking_events (booking_id, from_status, to_status, by, by_id, meta, created_at)
    SELECT <id>::uuid, from_status, to_status, by, by_id, meta, created_at
    FROM kept, unnest(<history>) WITH ORDINALITY AS c (from_status, to_status, by, by_id, meta, created_at, position)
    ORDER BY position
)
SELECT version FROM kept
"""
_HISTORY = ("text", "text", "text", "uuid", "jsonb", "timestamptz")


def _with_history(kept: Statement, own: str, returning: str = "") -> str:
    """`own` names the parameter that is the booking's id."""
    history = ", ".join(f"${number}::{of}[]" for number, of in enumerate(_HISTORY, len(kept.names) + 1))
    parts = {"<statement>": kept.sql + returning, "<id>": f"${kept.names.index(own) + 1}", "<history>": history}
    statement = _WITH_HISTORY
    for name, part in parts.items():
        statement = statement.replace(name, part)
    return statement


_ADD = _with_history(BOOKING_SHELF.add, "id", " RETURNING version")
_SAVE = _with_history(BOOKING_SHELF.save, "row_id")
_UNPAID = """(
    SELECT count(*) FROM carpool.bookings
    WHERE passenger_id = :passenger ::uuid AND created_at >= :since ::timestamptz
      AND (status IN ('pending', 'accepted')
        OR status = 'cancelled' AND cancel_reason = 'expired' AND hold_expires_at IS NOT NULL AND paid_at IS NULL)
)"""
_ASKING = compile_once(
    select(
        text(_UNPAID).bindparams(bindparam("passenger"), bindparam("since")),
        ONE_BLOCKS_THE_OTHER,
        *USER_SHELF.mapper.columns(),
    ).where(USERS.c.id == bindparam("driver"))
)
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
        values = BOOKING_SHELF.add.args(**BOOKING.values(entity))
        with refusing(REFUSALS):
            await self._runner.fetchval(_ADD, *values, *_columns_of(entity.changes))
        entity.changes.clear()

    async def save(self, entity: Booking) -> None:
        """Keep a changed one and what is new of its history. Raises StaleVersion, AlreadyBooked."""
        with refusing(REFUSALS):
            version = await self._runner.fetchval(_SAVE, *self._saved(entity), *_columns_of(entity.changes))
        if version is None:
            raise StaleVersion
        entity.version = version
        entity.changes.clear()

    async def asking(self, passenger_id: UUID, driver_id: UUID, *, since: datetime) -> Asking:
        """See BookingStore. Raises NotFound when there is no such driver."""
        asked = _ASKING.args(driver=driver_id, passenger=passenger_id, since=since, one=passenger_id, other=driver_id)
        row = await self._runner.fetchrow(_ASKING.sql, *asked)
        if row is None:
            raise NotFound
        unpaid, is_blocked, *driver = row
        return Asking(USER_SHELF.mapper.read(driver), is_blocked, unpaid)

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


def _columns_of(changes: Sequence[Change]) -> list[list[object]]:
    return [
        [change.from_status for change in changes],
        [change.to_status for change in changes],
        [change.by.party for change in changes],
        [change.by.id for change in changes],
        [dict(change.meta) for change in changes],
        [change.at for change in changes],
    ]
