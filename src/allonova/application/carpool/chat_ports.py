"""What is asked of the store of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Store
from allonova.domain.carpool.chat import Chat
from allonova.domain.carpool.message import ClientIdTaken, Message
from allonova.domain.kernel.errors import DomainError

REFUSALS: dict[str, type[DomainError]] = {"uq_messages_from_user_id_client_id": ClientIdTaken}


class MessageStore(Store[Message], Protocol):
    """Messages between the two sides of bookings."""

    async def enter(self, booking_id: UUID) -> Chat:
        """The chat of a booking, locked by the booking's row: from here on nobody else writes in it, so that messages
        are shown in the order of their instants. Raises NotFound.
        """

    async def add(self, entity: Message) -> None:
        """Keep a new one in a chat that this unit has locked; its `created_at` is moved behind those that are there.
        Raises ClientIdTaken.
        """

    async def mark_read(self, up_to: Message, *, reader_id: UUID, at: datetime) -> Message | None:
        """What the other side wrote in that chat up to a message was read. The newest that was not before, if any."""

    async def erase(self, user_id: UUID) -> list[str]:
        """Empty all that somebody wrote who is erased; the keys of his pictures, which nothing names any more."""
