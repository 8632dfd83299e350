"""Say how far one has read."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.chat_views import ReadMark
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import MessagesRead
from allonova.domain.kernel.errors import DomainError, FieldError, NotFound, ValidationError


@wired
class ReadMessages:
    """Mark what the other side wrote up to a message as read. An earlier message, or the same again, changes nothing.
    Reading needs no open chat: who may not write any more may still read.
    """

    begin: Begin[CarpoolUnit]
    queries: ChatQueries
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ValidationError)

    async def __call__(self, *, caller_id: UUID, booking_id: UUID, up_to: UUID) -> ReadMark:
        """Raises ValidationError when there is no such message on this booking."""
        chat = await self.queries.chat(booking_id)
        if chat is None:
            raise NotFound
        chat.require_side(caller_id)
        async with self.begin() as unit:
            last = await unit.messages.find(id=up_to, booking_id=booking_id)
            if last is None:
                raise ValidationError((FieldError("up_to", "unknown", "no message of this booking"),))
            newest = await unit.messages.mark_read(last, reader_id=caller_id, at=self.clock.now())
            if newest is not None:
                await unit.outbox.put(MessagesRead(newest.id, caller_id))
        return ReadMark(up_to=up_to, unread=await self.queries.unread(booking_id, caller_id))
