"""What is asked of the reads of messages."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.carpool.views import SharedBooking
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.chat import Chat
from allonova.domain.carpool.message import Message


class ChatQueries(Protocol):
    """Reads of messages, one round trip each."""

    async def chat(self, booking_id: UUID) -> Chat | None:
        """Who may write on a booking."""

    async def message(self, id: UUID) -> Message | None:
        """A message."""

    async def messages(self, booking_id: UUID, viewer_id: UUID, query: ListQuery) -> Page[Message]:
        """What was written on a booking, to one of its sides; nothing to others. Fields: created_at."""

    async def written(self, user_id: UUID, query: ListQuery) -> Page[Message]:
        """All that somebody wrote, wherever; fields: created_at."""

    async def unread(self, booking_id: UUID, reader_id: UUID) -> int:
        """How many of the other side's messages one has not read."""

    async def booking(self, id: UUID) -> SharedBooking | None:
        """A booking as both of its sides see it."""
