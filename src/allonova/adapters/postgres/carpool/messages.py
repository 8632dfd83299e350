"""Messages between the two sides of bookings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Select, Uuid, bindparam, func, insert, or_, select, text

from allonova.adapters.postgres.carpool.blocked import is_blocked
from allonova.adapters.postgres.carpool.message_tables import MESSAGES
from allonova.adapters.postgres.carpool.selects import BOOKING_ROW, TRIP_ROW, bookings, read_trip, show_booking
from allonova.adapters.postgres.failures import refusing
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf, locked
from allonova.application.carpool.chat_ports import REFUSALS
from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.views import SharedBooking, shared_booking
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.chat import Chat
from allonova.domain.carpool.message import Message
from allonova.domain.kernel.errors import NotFound

MESSAGE_SHELF = Shelf(RowMapper(Message, MESSAGES), REFUSALS)
_read = MESSAGE_SHELF.mapper.reader()


def _chat() -> Select[tuple[object, ...]]:
    """Who may write on `booking_id`."""
    return (
        select(
            BOOKING_ROW.c.id.label("booking_id"),
            TRIP_ROW.c.driver_id,
            BOOKING_ROW.c.passenger_id,
            or_(BOOKING_ROW.c.hold_expires_at.is_not(None), BOOKING_ROW.c.paid_at.is_not(None)).label("was_accepted"),
            BOOKING_ROW.c.paid_at.is_not(None).label("was_paid"),
            func.coalesce(BOOKING_ROW.c.ended_at, TRIP_ROW.c.arrival_eta).label("ride_ended_at"),
            is_blocked(TRIP_ROW.c.driver_id, BOOKING_ROW.c.passenger_id).label("is_blocked"),
        )
        .join_from(BOOKING_ROW, TRIP_ROW, TRIP_ROW.c.id == BOOKING_ROW.c.trip_id)
        .where(BOOKING_ROW.c.id == bindparam("booking_id", type_=Uuid))
    )


def _read_chat(row: Row) -> Chat:
    return Chat(
        booking_id=row["booking_id"],
        driver_id=row["driver_id"],
        passenger_id=row["passenger_id"],
        was_accepted=row["was_accepted"],
        was_paid=row["was_paid"],
        ride_ended_at=row["ride_ended_at"],
        is_blocked=row["is_blocked"],
    )


_CHAT = compile_once(_chat())
_ENTER = compile_once(locked(_chat(), BOOKING_ROW))

_NEWEST = (
    select(func.max(MESSAGES.c.created_at) + text("interval '1 microsecond'"))
    .where(MESSAGES.c.booking_id == bindparam("booking_id", type_=Uuid))
    .scalar_subquery()
)
_COLUMNS: dict[str, Any] = {name: bindparam(name) for name in MESSAGE_SHELF.mapper.names}
_ADD = compile_once(
    insert(MESSAGES)
    .values(_COLUMNS | {"created_at": func.greatest(bindparam("created_at", type_=DateTime(timezone=True)), _NEWEST)})
    .returning(MESSAGES.c.created_at)
)
# In the order in which whoever erases an account locks them, too.
_MARK_READ = """
WITH unread AS (
    SELECT id FROM carpool.messages
    WHERE booking_id = $1::uuid AND from_user_id <> $2::uuid AND created_at <= $3::timestamptz AND read_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
), marked AS (
    UPDATE carpool.messages AS m SET read_at = $4::timestamptz, version = m.version + 1
    FROM unread WHERE m.id = unread.id
    RETURNING m.*
)
SELECT id, booking_id, from_user_id, type, content, client_id, flags, read_at, hidden_at, version, created_at
FROM marked ORDER BY created_at DESC LIMIT 1
"""
_ERASE = """
WITH written AS (
    SELECT id, type, content FROM carpool.messages WHERE from_user_id = $1::uuid ORDER BY id FOR NO KEY UPDATE
), emptied AS (
    UPDATE carpool.messages AS m SET content = NULL, client_id = NULL, flags = '{}', version = m.version + 1
    FROM written WHERE m.id = written.id
)
SELECT content FROM written WHERE type = 'image' AND content IS NOT NULL
"""

_MESSAGE = compile_once(MESSAGE_SHELF.select(MESSAGES.c.id == bindparam("message_id", type_=Uuid)))
_VIEWER = bindparam("viewer_id", type_=Uuid)
_FIELDS = {"id": MESSAGES.c.id, "created_at": MESSAGES.c.created_at}
_OF_BOOKING = Listing(
    select(*MESSAGE_SHELF.mapper.columns())
    .join_from(MESSAGES, BOOKING_ROW, BOOKING_ROW.c.id == MESSAGES.c.booking_id)
    .join(TRIP_ROW, TRIP_ROW.c.id == BOOKING_ROW.c.trip_id)
    .where(
        MESSAGES.c.booking_id == bindparam("booking_id", type_=Uuid),
        or_(BOOKING_ROW.c.passenger_id == _VIEWER, TRIP_ROW.c.driver_id == _VIEWER),
    ),
    _FIELDS,
)
_WRITTEN = Listing(MESSAGE_SHELF.select(MESSAGES.c.from_user_id == bindparam("user_id")), _FIELDS)
_UNREAD = """
SELECT count(*) FROM carpool.messages WHERE booking_id = $1::uuid AND from_user_id <> $2::uuid AND read_at IS NULL
"""
_BOOKING = compile_once(bookings().where(BOOKING_ROW.c.id == bindparam("booking_id")))


class PostgresMessages(PostgresStore[Message]):
    """Messages; the booking's row is the lock of its chat."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, MESSAGE_SHELF)

    async def enter(self, booking_id: UUID) -> Chat:
        """The chat of a booking, locked. Raises NotFound."""
        row = await self._runner.fetchrow(_ENTER.sql, *_ENTER.args(booking_id=booking_id))
        if row is None:
            raise NotFound
        return _read_chat(row)

    async def add(self, entity: Message) -> None:
        """Keep a new one behind those that are there. Raises ClientIdTaken."""
        with refusing(REFUSALS):
            entity.created_at = await self._runner.fetchval(_ADD.sql, *_ADD.args(**MESSAGE_SHELF.mapper.values(entity)))

    async def mark_read(self, up_to: Message, *, reader_id: UUID, at: datetime) -> Message | None:
        """What the other side wrote up to a message was read; the newest that was not before, if any."""
        row = await self._runner.fetchrow(_MARK_READ, up_to.booking_id, reader_id, up_to.created_at, at)
        return None if row is None else _read(row)

    async def erase(self, user_id: UUID) -> list[str]:
        """Empty all that somebody wrote; the keys of his pictures."""
        return [row[0] for row in await self._runner.fetch(_ERASE, user_id)]


class PostgresChatQueries:
    """Reads of messages."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def chat(self, booking_id: UUID) -> Chat | None:
        """Who may write on a booking."""
        row = await self._runner.fetchrow(_CHAT.sql, *_CHAT.args(booking_id=booking_id))
        return None if row is None else _read_chat(row)

    async def message(self, id: UUID) -> Message | None:
        """A message."""
        row = await self._runner.fetchrow(_MESSAGE.sql, *_MESSAGE.args(message_id=id))
        return None if row is None else _read(row)

    async def messages(self, booking_id: UUID, viewer_id: UUID, query: ListQuery) -> Page[Message]:
        """What was written on a booking, to one of its sides; nothing to others. Fields: created_at."""
        rows, total = await _OF_BOOKING.rows(self._runner, query, booking_id=booking_id, viewer_id=viewer_id)
        return Page([_read(row) for row in rows], total)

    async def written(self, user_id: UUID, query: ListQuery) -> Page[Message]:
        """All that somebody wrote, wherever; fields: created_at."""
        rows, total = await _WRITTEN.rows(self._runner, query, user_id=user_id)
        return Page([_read(row) for row in rows], total)

    async def unread(self, booking_id: UUID, reader_id: UUID) -> int:
        """How many of the other side's messages one has not read."""
        return int(await self._runner.fetchval(_UNREAD, booking_id, reader_id))

    async def booking(self, id: UUID) -> SharedBooking | None:
        """A booking as both of its sides see it."""
        row = await self._runner.fetchrow(_BOOKING.sql, *_BOOKING.args(booking_id=id))
        return None if row is None else shared_booking(show_booking(row, read_trip(row).driver_id))


def _conforms(queries: PostgresChatQueries) -> ChatQueries:
    return queries
