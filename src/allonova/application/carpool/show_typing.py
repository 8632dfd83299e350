"""Let the other side see that one is writing."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.chat_views import TypingView
from allonova.application.carpool.frames import TYPING, booking_channel
from allonova.application.kernel.live import Channels, ChannelsDown
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.message import ChatBlocked, ChatNotOpen, ChatOver
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ShowTyping:
    """Worth seeing only now, and nowhere kept."""

    queries: ChatQueries
    channels: Channels
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ChatNotOpen, ChatBlocked, ChatOver, ChannelsDown)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID, socket_id: UUID) -> None:
        """To all who follow the booking but the socket that says so. Refuses whom SendMessage would refuse now."""
        chat = await self.queries.chat(booking_id)
        if chat is None:
            raise NotFound
        chat.require_open(caller_id, self.clock.now())
        await self.channels.tell([booking_channel(booking_id)], TYPING(TypingView(by=caller_id)), but=socket_id)
