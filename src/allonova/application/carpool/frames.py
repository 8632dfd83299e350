"""What sockets of carpooling are shown."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from allonova.application.carpool.chat_views import BookingChanged, MessagesReadView, MessageView, TypingView
from allonova.application.carpool.ride_views import LocationView, RideUpdate
from allonova.application.kernel.live import FrameKind

MESSAGE_CREATED: Final = FrameKind("message.created", MessageView)
MESSAGE_UPDATED: Final = FrameKind("message.updated", MessageView)
MESSAGE_READ: Final = FrameKind("message.read", MessagesReadView)
BOOKING_UPDATED: Final = FrameKind("booking.updated", BookingChanged)
TYPING: Final = FrameKind("typing", TypingView, is_kept=False)
LOCATION: Final = FrameKind("location", LocationView, is_kept=False)
RIDE_UPDATED: Final = FrameKind("ride.updated", RideUpdate)


def booking_channel(booking_id: UUID) -> str:
    """Where the two sides of a booking hear of it."""
    return f"booking:{booking_id}"


def ride_channel(booking_id: UUID) -> str:
    """Where a passenger follows his driver."""
    return f"ride:{booking_id}"


def link_channel(link_id: UUID) -> str:
    """Where whoever has a link follows the ride."""
    return f"link:{link_id}"


def drive_channel(trip_id: UUID) -> str:
    """Where a driver says where he is. Nothing is shown there."""
    return f"drive:{trip_id}"
