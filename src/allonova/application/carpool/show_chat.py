"""What the sockets of a booking are shown of what happened to it."""

from __future__ import annotations

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.chat_views import BookingChanged, MessagesReadView, message_view
from allonova.application.carpool.frames import (
    BOOKING_UPDATED,
    MESSAGE_CREATED,
    MESSAGE_READ,
    MESSAGE_UPDATED,
    booking_channel,
)
from allonova.application.files.ports import FileStore
from allonova.application.kernel.live import Channels
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import BookingEvent, MessageHidden, MessageSent, MessagesRead


@wired
class ShowMessage:
    """Shows MessageSent: to its sender as well, who knows it by the `client_id`."""

    queries: ChatQueries
    files: FileStore
    channels: Channels

    async def __call__(self, event: MessageSent, *, once: str) -> None:
        """The message as it is now."""
        message = await self.queries.message(event.message_id)
        if message is not None:
            view = message_view(message, self.files, viewer_id=None)
            await self.channels.post([booking_channel(message.booking_id)], MESSAGE_CREATED(view), once=once)


@wired
class ShowHiding:
    """Shows MessageHidden."""

    queries: ChatQueries
    files: FileStore
    channels: Channels

    async def __call__(self, event: MessageHidden, *, once: str) -> None:
        """The message as both sides see it now."""
        message = await self.queries.message(event.message_id)
        if message is not None:
            view = message_view(message, self.files, viewer_id=None)
            await self.channels.post([booking_channel(message.booking_id)], MESSAGE_UPDATED(view), once=once)


@wired
class ShowReading:
    """Shows MessagesRead."""

    queries: ChatQueries
    channels: Channels

    async def __call__(self, event: MessagesRead, *, once: str) -> None:
        """Who read it is not its sender."""
        message = await self.queries.message(event.message_id)
        if message is not None and message.read_at is not None:
            view = MessagesReadView(up_to=message.id, by=event.reader_id, at=message.read_at)
            await self.channels.post([booking_channel(message.booking_id)], MESSAGE_READ(view), once=once)


@wired
class ShowBooking:
    """Shows every event after which a booking is not what it was."""

    queries: ChatQueries
    channels: Channels

    async def __call__(self, event: BookingEvent, *, once: str) -> None:
        """As it is now: where two things happened at once, the same may be shown twice."""
        booking = await self.queries.booking(event.booking_id)
        if booking is not None:
            view = BookingChanged(booking=booking, version=booking.version)
            await self.channels.post([booking_channel(booking.id)], BOOKING_UPDATED(view), once=once)
