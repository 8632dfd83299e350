"""Messages between the two sides of bookings, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.people import is_blocked
from allonova.adapters.memory.carpool.queries import MemoryCarpoolQueries
from allonova.adapters.memory.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.carpool.chat_ports import REFUSALS
from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.views import SharedBooking, shared_booking
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.chat import Chat
from allonova.domain.carpool.chat_flags import Flag
from allonova.domain.carpool.message import MAX_LETTERS, Message, MessageType
from allonova.domain.kernel.errors import NotFound

LEAST = timedelta(microseconds=1)
FIELDS: Mapping[str, Callable[[Message], Any]] = {name: attrgetter(name) for name in ("id", "created_at")}

MESSAGES = Table(
    name="messages",
    row=Message,
    uniques=(
        Unique("uq_messages_booking_id_created_at", ("booking_id", "created_at")),
        Unique("uq_messages_from_user_id_client_id", ("from_user_id", "client_id")),
    ),
    foreigns=(Foreign("booking_id", "bookings"), Foreign("from_user_id", "users")),
    checks=(
        Check("content", lambda message: message.content is None or 1 <= len(message.content) <= MAX_LETTERS),
        Check("flags", lambda message: set(Flag).issuperset(message.flags)),
    ),
    refusals=REFUSALS,
)


def _chat(source: Rows, booking_id: UUID) -> Chat | None:
    booking = source.rows(BOOKINGS).get(booking_id)
    if booking is None:
        return None
    trip = source.rows(TRIPS)[booking.trip_id]
    return Chat.of(booking, trip, is_blocked=is_blocked(source, trip.driver_id, booking.passenger_id))


class MemoryMessages(MemoryStore[Message]):
    """Messages."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, MESSAGES)

    async def enter(self, booking_id: UUID) -> Chat:
        """See MessageStore."""
        chat = _chat(self._transaction, booking_id)
        if chat is None:
            raise NotFound
        return chat

    async def add(self, entity: Message) -> None:
        """See MessageStore."""
        others = [message.created_at for message in self._of(entity.booking_id)]
        entity.created_at = max(entity.created_at, max(others) + LEAST) if others else entity.created_at
        await super().add(entity)

    async def mark_read(self, up_to: Message, *, reader_id: UUID, at: datetime) -> Message | None:
        """See MessageStore."""
        due = [
            message
            for message in self._of(up_to.booking_id)
            if message.from_user_id != reader_id and message.read_at is None and message.created_at <= up_to.created_at
        ]
        for message in due:
            self._put(replace(message, read_at=at))
        newest = max(due, key=attrgetter("created_at"), default=None)
        return None if newest is None else await self.get(newest.id)

    async def erase(self, user_id: UUID) -> list[str]:
        """See MessageStore."""
        written = [message for message in self._rows().values() if message.from_user_id == user_id]
        for message in written:
            self._put(replace(message, content=None, client_id=None, flags=[]))
        return [message.content for message in written if message.type is MessageType.IMAGE and message.content]

    def _of(self, booking_id: UUID) -> Iterable[Message]:
        return [message for message in self._rows().values() if message.booking_id == booking_id]

    def _put(self, message: Message) -> None:
        self._transaction.put(MESSAGES, replace(message, version=message.version + 1))


class MemoryChatQueries:
    """Reads of messages."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def chat(self, booking_id: UUID) -> Chat | None:
        """See ChatQueries."""
        return _chat(self._source, booking_id)

    async def message(self, id: UUID) -> Message | None:
        """See ChatQueries."""
        message = self._source.rows(MESSAGES).get(id)
        return None if message is None else stored(message)

    async def messages(self, booking_id: UUID, viewer_id: UUID, query: ListQuery) -> Page[Message]:
        """See ChatQueries."""
        chat = _chat(self._source, booking_id)
        is_his = chat is not None and chat.has(viewer_id)
        return self._listed(lambda message: is_his and message.booking_id == booking_id, query)

    async def written(self, user_id: UUID, query: ListQuery) -> Page[Message]:
        """See ChatQueries."""
        return self._listed(lambda message: message.from_user_id == user_id, query)

    async def unread(self, booking_id: UUID, reader_id: UUID) -> int:
        """See ChatQueries."""
        messages = self._source.rows(MESSAGES).values()
        return sum(m.booking_id == booking_id and m.from_user_id != reader_id and m.read_at is None for m in messages)

    async def booking(self, id: UUID) -> SharedBooking | None:
        """See ChatQueries."""
        chat = _chat(self._source, id)
        view = await MemoryCarpoolQueries(self._source).booking(id, viewer_id=chat.driver_id) if chat else None
        return None if view is None else shared_booking(view)

    def _listed(self, holds: Callable[[Message], bool], query: ListQuery) -> Page[Message]:
        found = [message for message in self._source.rows(MESSAGES).values() if holds(message)]
        return listed(found, query, fields=FIELDS, show=stored)


def _conforms(queries: MemoryChatQueries) -> ChatQueries:
    return queries
