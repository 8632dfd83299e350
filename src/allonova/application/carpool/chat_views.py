"""What the two sides of a booking see of their messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allonova.application.carpool.views import SharedBooking
from allonova.application.files.ports import FileStore
from allonova.domain.carpool.chat_flags import Flag
from allonova.domain.carpool.message import Message, MessageType

PICTURE_LINK = timedelta(hours=1)  # as long as a frame with it may be shown to who comes back


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message. `content` is the text; of a picture there is a link that works for an hour, `image_url`. Neither is
    there once its writer is erased. `client_id` is what its sender called it. `flags` say what was found in a text
    that was written before the booking was paid: a phone number, a link, talk of paying outside. `read_at` is when the
    other side had read it. What the back office has `removed` shows nothing of itself any more.
    """

    id: UUID
    booking_id: UUID
    from_user_id: UUID
    type: MessageType
    content: str | None
    image_url: str | None
    client_id: str | None
    flags: tuple[Flag, ...]
    read_at: datetime | None
    removed: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMark:
    """Up to which message one has read, and how many of the other side's messages are still unread."""

    up_to: UUID
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesReadView:
    """All that the other side wrote up to the message `up_to` was read, by whom and when."""

    up_to: UUID
    by: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChanged:
    """The booking as both sides see it now, and its version: the higher one is the newer."""

    booking: SharedBooking
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingView:
    """Who is writing at the moment."""

    by: UUID


def message_view(message: Message, files: FileStore, *, viewer_id: UUID | None) -> MessageView:
    """A message to one of the two sides, or to both with None: what it was called is shown to its sender alone, and in
    what both are shown, since he waits for it there.
    """
    is_picture, is_hidden = message.type is MessageType.IMAGE, message.hidden_at is not None
    content = None if is_hidden else message.content
    link = files.link(content, expires=PICTURE_LINK) if is_picture and content else None
    return MessageView(
        id=message.id,
        booking_id=message.booking_id,
        from_user_id=message.from_user_id,
        type=message.type,
        content=None if is_picture else content,
        image_url=link,
        client_id=message.client_id if viewer_id in (None, message.from_user_id) else None,
        flags=() if is_hidden else tuple(Flag(flag) for flag in message.flags),
        read_at=message.read_at,
        removed=is_hidden,
        created_at=message.created_at,
    )
