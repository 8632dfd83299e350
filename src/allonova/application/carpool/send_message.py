"""Write to the other side of a booking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from allonova.application.carpool.chat_views import MessageView, message_view
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.files.ports import FilesUnit
from allonova.application.files.upload_desk import UploadDesk, Wanted, lost
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.chat import Chat
from allonova.domain.carpool.chat_flags import flags_of
from allonova.domain.carpool.events import MessageSent
from allonova.domain.carpool.message import (
    ChatBlocked,
    ChatNotOpen,
    ChatOver,
    ClientIdTaken,
    Message,
    MessageType,
    clean_text,
)
from allonova.domain.files.upload import Purpose
from allonova.domain.kernel.errors import DomainError, NotFound, ValidationError

FIELD = "content"


class ChatUnit(CarpoolUnit, FilesUnit, Protocol):
    """A transaction over bookings, their messages and uploads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDraft:
    """What somebody wants to say: a text, or the key of an upload. `client_id` is what he calls it."""

    content: str
    type: MessageType = MessageType.TEXT
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The message as its sender sees it, and whether it came for the first time."""

    message: MessageView
    is_new: bool


@wired
class SendMessage:
    """Write to the other side, from the moment on that the driver has accepted and until thirty days after the ride.

    What comes again with the same `client_id` was kept the first time: it is answered, and nothing else happens, even
    if nothing more may be written by now.
    """

    begin: Begin[ChatUnit]
    clock: Clock
    ids: Ids
    desk: UploadDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        ChatNotOpen,
        ChatBlocked,
        ChatOver,
        ClientIdTaken,
        ValidationError,
    )

    async def __call__(self, *, caller_id: UUID, booking_id: UUID, draft: MessageDraft) -> Sent:
        """Raises ValidationError for a text that is none, or a key of no unused upload of the caller's for a message.
        Raises ClientIdTaken for a `client_id` that another message of his has.
        """
        draft = replace(draft, content=clean_text(draft.content))
        if draft.type is MessageType.IMAGE:
            message, is_new = await self._send_picture(caller_id, booking_id, draft)
        else:
            message, is_new = await self._send_text(caller_id, booking_id, draft)
        return Sent(message_view(message, self.desk.files, viewer_id=caller_id), is_new)

    async def _send_text(self, caller_id: UUID, booking_id: UUID, draft: MessageDraft) -> tuple[Message, bool]:
        text, now = draft.content, self.clock.now()
        async with self.begin() as unit:
            chat, standing = await _enter(unit, caller_id, booking_id, draft)
            if standing is not None:
                return standing, False
            chat.require_open(caller_id, now)
            flags: list[str] = [] if chat.was_paid else sorted(flags_of(text))
            return await self._keep(unit, caller_id, booking_id, draft, content=text, flags=flags, at=now), True

    async def _send_picture(self, caller_id: UUID, booking_id: UUID, draft: MessageDraft) -> tuple[Message, bool]:
        wanted = Wanted(FIELD, draft.content, f"messages/{booking_id}/{self.ids.new()}")
        async with self.begin() as unit:
            chat, standing = await _enter(unit, caller_id, booking_id, draft)
            if standing is not None:
                return standing, False
            chat.require_open(caller_id, self.clock.now())
            claims = await self.desk.claim(unit, user_id=caller_id, purpose=Purpose.MESSAGE, wanted=[wanted])
        await self.desk.copy(claims)
        now = self.clock.now()
        async with self.begin() as unit:
            chat, standing = await _enter(unit, caller_id, booking_id, draft)
            if standing is not None:
                return standing, False
            chat.require_open(caller_id, now)
            is_mine = await self.desk.settle(unit, claims)
            if is_mine:
                key = claims[0].copy_key
                return await self._keep(unit, caller_id, booking_id, draft, content=key, flags=[], at=now), True
        raise lost(claims)

    async def _keep(
        self,
        unit: ChatUnit,
        caller_id: UUID,
        booking_id: UUID,
        draft: MessageDraft,
        *,
        content: str,
        flags: list[str],
        at: datetime,
    ) -> Message:
        message = Message(
            id=self.ids.new(),
            booking_id=booking_id,
            from_user_id=caller_id,
            type=draft.type,
            content=content,
            client_id=draft.client_id,
            flags=flags,
            created_at=at,
        )
        await unit.messages.add(message)
        await unit.outbox.put(MessageSent(message.id))
        return message


async def _enter(unit: ChatUnit, caller_id: UUID, booking_id: UUID, draft: MessageDraft) -> tuple[Chat, Message | None]:
    """The chat, locked, and the message if it was kept before."""
    chat = await unit.messages.enter(booking_id)
    chat.require_side(caller_id)
    if draft.client_id is None:
        return chat, None
    standing = await unit.messages.find(from_user_id=caller_id, client_id=draft.client_id)
    if standing is not None and not standing.says(booking_id, draft.type, draft.content):
        raise ClientIdTaken
    return chat, standing
