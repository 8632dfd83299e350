"""What happens to a booking, and what its two sides write to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from allonova.adapters.ws.routes import Heard, Said, Seat, SocketEdge, SocketRoute, Talk, Visitor
from allonova.application.carpool.enter_chat import EnterChat
from allonova.application.carpool.frames import (
    BOOKING_UPDATED,
    MESSAGE_CREATED,
    MESSAGE_READ,
    MESSAGE_UPDATED,
    TYPING,
    booking_channel,
)
from allonova.application.carpool.read_messages import ReadMessages
from allonova.application.carpool.send_message import MessageDraft, SendMessage
from allonova.application.carpool.show_typing import ShowTyping
from allonova.domain.carpool.message import CLIENT_ID, MAX_LETTERS, MessageType
from allonova.domain.identity.session import Audience
from allonova.domain.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, on a booking."""

    user_id: UUID
    booking_id: UUID


class SaidMessage(Said):
    """A text, or the `object_key` of an upload for a message. `message.created` with the same `client_id` says that it
    is kept; if none came, send it again: it is kept once.
    """

    content: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LETTERS)]
    type: MessageType = MessageType.TEXT
    client_id: Annotated[str, StringConstraints(pattern=CLIENT_ID)]


class SaidRead(Said):
    """The last message that one has read."""

    up_to: UUID


class SaidTyping(Said):
    """One is writing."""


async def _enter(edge: SocketEdge, visitor: Visitor) -> Seat[Side]:
    try:
        booking_id = UUID(visitor.params["id"])
    except ValueError:
        raise NotFound from None
    enter: EnterChat = edge.use[EnterChat]
    await enter(caller_id=visitor.who.user_id, booking_id=booking_id)
    return Seat(channel=booking_channel(booking_id), party=Side(visitor.who.user_id, booking_id))


async def _send(talk: Talk[Side], said: SaidMessage) -> None:
    """The answer is the frame that both sides are shown. What was kept before is shown again to this socket alone."""
    send: SendMessage = talk.edge.use[SendMessage]
    draft = MessageDraft(content=said.content, type=said.type, client_id=said.client_id)
    sent = await send(caller_id=talk.party.user_id, booking_id=talk.party.booking_id, draft=draft)
    if not sent.is_new:
        talk.reply(MESSAGE_CREATED(sent.message))


async def _read(talk: Talk[Side], said: SaidRead) -> None:
    read: ReadMessages = talk.edge.use[ReadMessages]
    await read(caller_id=talk.party.user_id, booking_id=talk.party.booking_id, up_to=said.up_to)


async def _type(talk: Talk[Side], _: SaidTyping) -> None:
    show: ShowTyping = talk.edge.use[ShowTyping]
    await show(caller_id=talk.party.user_id, booking_id=talk.party.booking_id, socket_id=talk.socket_id)


BOOKING = SocketRoute(
    path="/ws/bookings/{id}",
    summary="A booking and its messages, for its two sides",
    audience=Audience.ALLOCAR,
    enter=_enter,
    shows=(MESSAGE_CREATED, MESSAGE_UPDATED, MESSAGE_READ, BOOKING_UPDATED, TYPING),
    hears={
        "message.send": Heard(SaidMessage, hear=_send),
        "message.read": Heard(SaidRead, hear=_read),
        "typing": Heard(SaidTyping, hear=_type),
    },
)
