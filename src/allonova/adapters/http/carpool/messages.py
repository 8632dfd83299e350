"""What the two sides of a booking write to each other."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import Field, StrictInt, StringConstraints

from allonova.adapters.http.answers import answer, answer_page, spec
from allonova.adapters.http.fields import Body, Instant, Text
from allonova.adapters.http.listing import Listing
from allonova.adapters.http.provide import UserCaller, use
from allonova.adapters.http.routes import api_router
from allonova.application.carpool.chat_views import MessageView, ReadMark
from allonova.application.carpool.grant_message_upload import GrantMessageUpload
from allonova.application.carpool.list_messages import ListMessages
from allonova.application.carpool.read_messages import ReadMessages
from allonova.application.carpool.send_message import MessageDraft, SendMessage
from allonova.application.files.ports import Upload
from allonova.application.kernel.listing import ListQuery
from allonova.domain.carpool.message import CLIENT_ID, MessageType
from allonova.domain.files.upload import MAX_BYTES, FileType, Purpose

router = api_router("Messages", "/bookings/{id}/messages")
MESSAGES = Listing(filters={"created_at": Instant}, ranges=["created_at"], sortable=["created_at"])


class MessageBody(Body):
    """A text, or the `object_key` of an upload for a message. With a `client_id` of one's own it may be sent again
    when no answer came: it is kept once.
    """

    content: Text = Field(examples=["Je suis devant la pharmacie."])
    type: MessageType = MessageType.TEXT
    client_id: Annotated[str, StringConstraints(pattern=CLIENT_ID)] | None = None


class ReadBody(Body):
    """The last message that one has read."""

    up_to: UUID


class MessageUploadBody(Body):
    """A picture to be sent, with its exact size in bytes."""

    content_type: Literal[FileType.JPEG, FileType.PNG, FileType.WEBP]
    size: Annotated[StrictInt, Field(ge=1, le=MAX_BYTES[Purpose.MESSAGE])]


@router.get("", **spec(MessageView, ListMessages.errors, listed=True, parameters=MESSAGES.parameters()))
async def list_messages(
    id: UUID,
    caller: UserCaller,
    query: Annotated[ListQuery, MESSAGES.depends()],
    messages: Annotated[ListMessages, use(ListMessages)],
) -> Response:
    """What the two sides wrote, the oldest first unless said otherwise. Links of pictures work for an hour."""
    return answer_page(await messages(caller_id=caller.user_id, booking_id=id, query=query), query)


@router.post("", **spec(MessageView, SendMessage.errors, status=201))
async def send_message(
    id: UUID, body: MessageBody, caller: UserCaller, send: Annotated[SendMessage, use(SendMessage)]
) -> Response:
    """Write to the other side: from the driver's acceptance until thirty days after the ride."""
    draft = MessageDraft(content=body.content, type=body.type, client_id=body.client_id)
    sent = await send(caller_id=caller.user_id, booking_id=id, draft=draft)
    return answer(sent.message, status=201)


@router.post("/read", **spec(ReadMark, ReadMessages.errors))
async def read_messages(
    id: UUID, body: ReadBody, caller: UserCaller, read: Annotated[ReadMessages, use(ReadMessages)]
) -> Response:
    """One has read all that the other side wrote up to a message."""
    return answer(await read(caller_id=caller.user_id, booking_id=id, up_to=body.up_to))


@router.post("/uploads", **spec(Upload, GrantMessageUpload.errors, status=201))
async def grant_message_upload(
    id: UUID, body: MessageUploadBody, caller: UserCaller, grant: Annotated[GrantMessageUpload, use(GrantMessageUpload)]
) -> Response:
    """Where to send a picture: one `PUT` with exactly these headers. Then its key in a message, within the hour."""
    upload = await grant(caller_id=caller.user_id, booking_id=id, content_type=body.content_type, size=body.size)
    return answer(upload, status=201)
