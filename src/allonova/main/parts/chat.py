"""Messages between the two sides of a booking, and what both are shown of it."""

from __future__ import annotations

from allonova.application.carpool.chat_queries import ChatQueries
from allonova.application.carpool.enter_chat import EnterChat
from allonova.application.carpool.grant_message_upload import GrantMessageUpload
from allonova.application.carpool.list_messages import ListMessages
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.read_messages import ReadMessages
from allonova.application.carpool.send_message import ChatUnit, SendMessage
from allonova.application.carpool.show_chat import ShowBooking, ShowHiding, ShowMessage, ShowReading
from allonova.application.carpool.show_typing import ShowTyping
from allonova.application.files.grant_upload import GrantUpload
from allonova.application.files.upload_desk import UploadDesk
from allonova.application.kernel.ports import Begin
from allonova.domain.carpool.events import (
    BookingAccepted,
    BookingCancelled,
    BookingCheckedIn,
    BookingCompleted,
    BookingExpired,
    BookingPaid,
    BookingRejected,
    BookingStarted,
    MessageHidden,
    MessageSent,
    MessagesRead,
    PassengerMissing,
    RideContested,
    RideQuestioned,
    TripChanged,
)
from allonova.domain.kernel.events import Event
from allonova.main.parts import Outside, Part, Platform

HEARD: dict[type[Event], tuple[str, ...]] = {}
_BOOKING = ("show_booking",)
SHOWN: dict[type[Event], tuple[str, ...]] = {
    MessageSent: ("show_message",),
    MessageHidden: ("show_hiding",),
    MessagesRead: ("show_reading",),
    BookingAccepted: _BOOKING,
    BookingRejected: _BOOKING,
    BookingExpired: _BOOKING,
    BookingPaid: _BOOKING,
    BookingCheckedIn: _BOOKING,
    BookingStarted: _BOOKING,
    BookingCompleted: _BOOKING,
    BookingCancelled: _BOOKING,
    PassengerMissing: _BOOKING,
    RideQuestioned: _BOOKING,
    RideContested: _BOOKING,
    TripChanged: _BOOKING,
}
EVERY_S: dict[str, int] = {}


def build(platform: Platform, outside: Outside) -> Part:
    """Chats on their adapters."""
    begin: Begin[CarpoolUnit] = platform.begin
    chat_begin: Begin[ChatUnit] = platform.begin
    clock, ids, files = platform.clock, outside.ids, outside.files
    queries, channels = platform.chats, platform.channels
    uploads = UploadDesk(platform.begin, clock, files, outside.cleaner)
    grant = GrantUpload(platform.begin, clock, ids, files)
    return Part(
        use={
            ChatQueries: queries,
            EnterChat: EnterChat(queries),
            ListMessages: ListMessages(queries, files),
            SendMessage: SendMessage(chat_begin, clock, ids, uploads),
            ReadMessages: ReadMessages(begin, queries, clock),
            GrantMessageUpload: GrantMessageUpload(queries, grant, clock),
            ShowTyping: ShowTyping(queries, channels, clock),
        },
        showers={
            "show_message": ShowMessage(queries, files, channels),
            "show_hiding": ShowHiding(queries, files, channels),
            "show_reading": ShowReading(queries, channels),
            "show_booking": ShowBooking(queries, channels),
        },
    )
