"""Ratings, and what is counted of people's rides."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from allonova.adapters.postgres.carpool.blocked import is_blocked
from allonova.adapters.postgres.carpool.rating_tables import RATINGS
from allonova.adapters.postgres.carpool.selects import person_columns, person_reader
from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.lists import Listing, LongListing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf, locked
from allonova.application.carpool.rating_ports import REFUSALS
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.rating_views import (
    DeskRating,
    Figures,
    OwnRating,
    RatingView,
    desk_rating,
    own_rating,
    rating_view,
)
from allonova.application.carpool.views import Person
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.rating import Rating
from allonova.domain.carpool.reliability import RECORD_WINDOW, RESPONSE_WINDOW, DriverRecord

RATING_SHELF = Shelf(RowMapper(Rating, RATINGS), REFUSALS)
_RATING = RATING_SHELF.mapper
_OF_BOOKING = compile_once(
    locked(
        RATING_SHELF.select(RATINGS.c.booking_id == bindparam("booking_id")).order_by(
            RATINGS.c.created_at, RATINGS.c.id
        )
    )
)
# By the rides that he took or drove, which have indexes; in the order of ids: both sides may be erased at once.
_FORGET = """
WITH worded AS (
    SELECT id FROM carpool.ratings
    WHERE booking_id IN (
        SELECT id FROM carpool.bookings WHERE passenger_id = $1::uuid
        UNION ALL
        SELECT b.id FROM carpool.bookings b JOIN carpool.trips t ON t.id = b.trip_id WHERE t.driver_id = $1::uuid
    ) AND comment IS NOT NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE carpool.ratings AS r SET comment = NULL, updated_at = $2::timestamptz, version = r.version + 1
FROM worded WHERE r.id = worded.id
"""

_SOMEBODY = USERS.alias("somebody")
_PERSON = compile_once(
    select(*person_columns("u_", _SOMEBODY)).where(
        _SOMEBODY.c.id == bindparam("user_id", type_=Uuid),
        _SOMEBODY.c.is_active,
        ~is_blocked(_SOMEBODY.c.id, bindparam("viewer_id", type_=Uuid)),
    )
)
# Requests are answered by the driver's word, or expire without it; what the passenger took back was neither.
FIGURES = """
WITH driven AS (
    SELECT b.id, b.trip_id, b.status, b.created_at, b.departure_time, b.paid_at, b.cancelled_by, b.cancel_reason,
           b.is_frozen, b.contested_at
    FROM carpool.trips t JOIN carpool.bookings b ON b.trip_id = t.id
    WHERE t.driver_id = $1::uuid
), asked AS (
    SELECT e.by = 'driver' AS is_answered, extract(epoch FROM e.created_at - d.created_at)::float8 AS after_s
    FROM driven d JOIN carpool.booking_events e ON e.booking_id = d.id
    WHERE d.created_at >= $2::timestamptz AND e.from_status = 'pending'
      AND (e.by = 'driver' OR (e.by = 'system' AND e.meta ->> 'reason' = 'expired'))
), promised AS (
    SELECT d.status = 'completed' AS is_kept,
           (d.cancel_reason = 'driver_no_show' AND NOT d.is_frozen AND d.contested_at IS NULL)
           OR (d.status = 'cancelled' AND d.cancelled_by = 'driver' AND EXISTS (
               SELECT FROM carpool.booking_events e
               WHERE e.booking_id = d.id AND e.to_status = 'cancelled'
                 AND d.departure_time - e.created_at < interval '24 hours'
           )) AS is_broken
    FROM driven d
    WHERE d.paid_at IS NOT NULL AND d.departure_time >= $3::timestamptz
)
SELECT
    (SELECT count(*) FROM carpool.bookings WHERE passenger_id = $1::uuid AND status = 'completed')
    + (SELECT count(DISTINCT trip_id) FROM driven WHERE status = 'completed') AS trips_completed,
    (SELECT count(*) FROM asked WHERE is_answered) AS answered,
    (SELECT count(*) FROM asked WHERE NOT is_answered) AS unanswered,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY after_s) FROM asked WHERE is_answered) AS typical_answer_s,
    (SELECT count(*) FROM promised WHERE is_kept) AS kept,
    (SELECT count(*) FROM promised WHERE is_broken) AS broken
"""
_AUTHOR = USERS.alias("author")
_SHOWN = Listing(
    select(*_RATING.columns("r_"), *person_columns("a_", _AUTHOR))
    .join_from(RATINGS, _AUTHOR, _AUTHOR.c.id == RATINGS.c.from_user_id)
    .where(RATINGS.c.to_user_id == bindparam("user_id"), RATINGS.c.shown_at.is_not(None)),
    {name: RATINGS.c[name] for name in ("id", "stars", "role", "created_at")},
)
_read_shown, _read_author = _RATING.reader("r_"), person_reader("a_")
_WRITTEN = Listing(
    RATING_SHELF.select(RATINGS.c.from_user_id == bindparam("user_id")),
    {name: RATINGS.c[name] for name in ("id", "booking_id", "created_at")},
)
DESK_FIELDS = ("id", "booking_id", "from_user_id", "to_user_id", "stars", "comment_hidden", "created_at")
_DESK = LongListing(select(RATINGS.c.id), {name: RATINGS.c[name] for name in DESK_FIELDS}, shown=RATING_SHELF.select())
_read = _RATING.reader()
OVERDUE = """
SELECT booking_id FROM carpool.ratings
WHERE shown_at IS NULL AND closes_at <= $1::timestamptz
ORDER BY closes_at LIMIT $2::int
"""


class PostgresRatings(PostgresStore[Rating]):
    """Ratings."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, RATING_SHELF)

    async def of_booking(self, booking_id: UUID) -> list[Rating]:
        """What the sides of a booking said of each other, locked, the oldest first."""
        rows = await self._runner.fetch(_OF_BOOKING.sql, *_OF_BOOKING.args(booking_id=booking_id))
        return [await self._entity(row, is_locked=True) for row in rows]

    async def forget(self, user_id: UUID, *, at: datetime) -> None:
        """Words of and about somebody who is erased; their stars stay."""
        await self._runner.execute(_FORGET, user_id, at)


class PostgresRatingQueries:
    """Reads of ratings and of people's public faces."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def person(self, id: UUID, *, viewer_id: UUID) -> Person | None:
        """Somebody whose account is open, unless he and the viewer are parted by a block."""
        row = await self._runner.fetchrow(_PERSON.sql, *_PERSON.args(user_id=id, viewer_id=viewer_id))
        return None if row is None else _read_person(row)

    async def figures(self, user_id: UUID, *, now: datetime) -> Figures:
        """What is counted of somebody's rides."""
        row = await self._runner.fetchrow(FIGURES, user_id, now - RESPONSE_WINDOW, now - RECORD_WINDOW)
        if row is None:
            raise RuntimeError("a count without a row")
        record = DriverRecord(
            answered=row["answered"],
            unanswered=row["unanswered"],
            typical_answer_s=row["typical_answer_s"],
            kept=row["kept"],
            broken=row["broken"],
        )
        return Figures(trips_completed=row["trips_completed"], record=record)

    async def ratings(self, user_id: UUID, query: ListQuery) -> Page[RatingView]:
        """What was said of somebody and is shown; fields: stars, role, created_at."""
        rows, total = await _SHOWN.rows(self._runner, query, user_id=user_id)
        return Page([rating_view(_read_shown(row), _read_author(row)) for row in rows], total)

    async def written(self, user_id: UUID, query: ListQuery) -> Page[OwnRating]:
        """What somebody said of others, shown or not; fields: booking_id, created_at."""
        rows, total = await _WRITTEN.rows(self._runner, query, user_id=user_id)
        return Page([own_rating(_read(row)) for row in rows], total)

    async def desk(self, query: ListQuery) -> Page[DeskRating]:
        """All ratings; fields: booking_id, from_user_id, to_user_id, stars, comment_hidden, created_at."""
        rows, total = await _DESK.rows(self._runner, query)
        return Page([desk_rating(_read(row)) for row in rows], total)

    async def overdue(self, *, now: datetime, limit: int) -> list[UUID]:
        """Bookings whose window has closed over a rating that is not shown, the oldest first."""
        rows = await self._runner.fetch(OVERDUE, now, limit)
        return list(dict.fromkeys(row["booking_id"] for row in rows))


_read_person = person_reader("u_")


def _conforms(queries: PostgresRatingQueries) -> RatingQueries:
    return queries
