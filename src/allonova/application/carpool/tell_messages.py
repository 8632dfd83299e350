"""Messages about messages: that one waits in a chat, while its reader is away."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.carpool.tell_sides import spelt_instant
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.relay import NotYet
from allonova.application.kernel.wired import wired
from allonova.application.notifications.notice_ports import NoticeUnit
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.carpool.events import MessageSent, MessagesRead
from allonova.domain.carpool.message import Message

WAITING = Template.MESSAGE_WAITING
PATIENCE = timedelta(seconds=60)
"""Whoever has the chat open reads a message within it."""


@wired
class TellWaiting:
    """Hears MessageSent: one notice for a chat, however much is written in it, until it is read. It says that something
    was written, never what.
    """

    begin: Begin[NoticeUnit]
    chats: ChatQueries
    rides: CarpoolQueries
    desk: NoticeDesk
    clock: Clock

    async def __call__(self, event: MessageSent, id: UUID) -> None:
        """Raises NotYet until its reader has had time."""
        message = await self.chats.message(event.message_id)
        if message is None or message.read_at is not None:
            return
        if self.clock.now() < message.created_at + PATIENCE:
            raise NotYet(message.created_at + PATIENCE)
        await self._tell(message, id)

    async def _tell(self, message: Message, id: UUID) -> None:
        chat = await self.chats.chat(message.booking_id)
        news = await self.rides.booking_news(message.booking_id)
        if chat is None or news is None or chat.is_blocked:
            return
        reader_id = chat.passenger_id if message.from_user_id == chat.driver_id else chat.driver_id
        about = {"booking_id": str(message.booking_id)}
        async with self.begin() as unit:
            reader = await unit.users.get(reader_id, lock=True)  # two messages of one minute are told one at a time
            if not reader.is_reachable or await unit.inbox.has_unread(reader_id, WAITING.value, about):
                return
            await self.desk.put(
                unit,
                id=id,
                user_id=reader_id,
                template=WAITING,
                facts={"route": f"{news.origin} - {news.destination}", "when": spelt_instant(news.departure_time)},
                data=about,
            )


@wired
class ForgetWaiting:
    """Hears MessagesRead: that something waits is no news any more, and the next message is."""

    begin: Begin[NoticeUnit]
    chats: ChatQueries
    clock: Clock

    async def __call__(self, event: MessagesRead) -> None:
        """Again is harmless."""
        message = await self.chats.message(event.message_id)
        if message is None:
            return
        about = {"booking_id": str(message.booking_id)}
        async with self.begin() as unit:
            await unit.inbox.read_about(event.reader_id, WAITING.value, about, at=self.clock.now())
