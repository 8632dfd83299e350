"""Let a side of a booking send a picture."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.files.grant_upload import GrantUpload
from allonova.application.files.ports import Upload
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.message import ChatBlocked, ChatNotOpen, ChatOver
from allonova.domain.files.upload import FileType, Purpose
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class GrantMessageUpload:
    """Where to send a picture, to whoever may write now."""

    queries: ChatQueries
    grant: GrantUpload
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        ChatNotOpen,
        ChatBlocked,
        ChatOver,
        *GrantUpload.errors,
    )

    async def __call__(self, *, caller_id: UUID, booking_id: UUID, content_type: FileType, size: int) -> Upload:
        """`size` in bytes. Refuses whom SendMessage would refuse now."""
        chat = await self.queries.chat(booking_id)
        if chat is None:
            raise NotFound
        chat.require_open(caller_id, self.clock.now())
        return await self.grant(caller_id=caller_id, purpose=Purpose.MESSAGE, content_type=content_type, size=size)
