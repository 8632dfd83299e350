"""Follow a booking."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.kernel.wired import wired
from allonova.domain.kernel.errors import DomainError, Forbidden, NotFound


@wired
class EnterChat:
    """Whether somebody may follow what happens to a booking: its two sides may from the request on, and for ever."""

    queries: ChatQueries

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, Forbidden)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID) -> None:
        """Raises NotFound when there is no such booking, Forbidden when it is somebody else's."""
        chat = await self.queries.chat(booking_id)
        if chat is None:
            raise NotFound
        if not chat.has(caller_id):
            raise Forbidden
