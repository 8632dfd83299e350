"""What carpooling tells the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class BookingEvent(Event):
    """Something happened to a booking."""

    booking_id: UUID


@dataclass(frozen=True, slots=True)
class BookingRequested(BookingEvent):
    """A passenger waits for the driver's word."""

    name: ClassVar[str] = "booking.requested"


@dataclass(frozen=True, slots=True)
class BookingAccepted(BookingEvent):
    """The seats are held and the passenger may pay."""

    name: ClassVar[str] = "booking.accepted"


@dataclass(frozen=True, slots=True)
class BookingExpired(BookingEvent):
    """Nobody answered, or no money came."""

    name: ClassVar[str] = "booking.expired"


@dataclass(frozen=True, slots=True)
class BookingPaid(BookingEvent):
    """The money is in escrow."""

    name: ClassVar[str] = "booking.paid"


@dataclass(frozen=True, slots=True)
class BookingCheckedIn(BookingEvent):
    """The driver has read the passenger's code."""

    name: ClassVar[str] = "booking.checked_in"


@dataclass(frozen=True, slots=True)
class BookingStarted(BookingEvent):
    """The passenger is aboard."""

    name: ClassVar[str] = "booking.started"


@dataclass(frozen=True, slots=True)
class BookingCompleted(BookingEvent):
    """The passenger has arrived and the driver has earned it."""

    name: ClassVar[str] = "booking.completed"


@dataclass(frozen=True, slots=True)
class BookingRejected(BookingEvent):
    """The driver said no."""

    name: ClassVar[str] = "booking.rejected"


@dataclass(frozen=True, slots=True)
class BookingCancelled(BookingEvent):
    """A side, or the trip's end, ended it."""

    name: ClassVar[str] = "booking.cancelled"


@dataclass(frozen=True, slots=True)
class TripChanged(BookingEvent):
    """The driver moved the departure or comes in another vehicle; one event for each live booking."""

    name: ClassVar[str] = "booking.trip_changed"


@dataclass(frozen=True, slots=True)
class TripPublished(Event):
    """Search finds the trip, or finds it otherwise than before: it was published, or its route, time, price or seats
    changed since.
    """

    name: ClassVar[str] = "trip.published"
    trip_id: UUID


@dataclass(frozen=True, slots=True)
class AlertMatched(Event):
    """Somebody is to be told of a trip that a search of his finds; one event for each person."""

    name: ClassVar[str] = "alert.matched"
    alert_id: UUID
    trip_id: UUID


@dataclass(frozen=True, slots=True)
class MatchAddressed(Event):
    """A match is to be shown on one of his devices."""

    name: ClassVar[str] = "alert.match_addressed"
    alert_id: UUID
    trip_id: UUID
    device_id: UUID


@dataclass(frozen=True, slots=True)
class PassengerMissing(BookingEvent):
    """The passenger did not come and loses his fee."""

    name: ClassVar[str] = "booking.no_show"


@dataclass(frozen=True, slots=True)
class RideQuestioned(BookingEvent):
    """Nobody checked in, or the passenger saw no driver: the sides are asked, the driver has a day to answer."""

    name: ClassVar[str] = "booking.questioned"


@dataclass(frozen=True, slots=True)
class RideShared(BookingEvent):
    """The passenger lets somebody follow the ride, for the first time."""

    name: ClassVar[str] = "booking.shared"


@dataclass(frozen=True, slots=True)
class RideLinkEnded(Event):
    """A link shows its ride no more: it was taken back, or another one took its place."""

    name: ClassVar[str] = "ride_link.ended"
    link_id: UUID


@dataclass(frozen=True, slots=True)
class RideContested(BookingEvent):
    """The driver says that he was there."""

    name: ClassVar[str] = "booking.contested"


@dataclass(frozen=True, slots=True)
class MessageSent(Event):
    """A side of a booking wrote to the other."""

    name: ClassVar[str] = "message.sent"
    message_id: UUID


@dataclass(frozen=True, slots=True)
class MessageHidden(Event):
    """The back office took a message from the sight of both sides, or gave it back."""

    name: ClassVar[str] = "message.hidden"
    message_id: UUID


@dataclass(frozen=True, slots=True)
class MessagesRead(Event):
    """A side of a booking has read what the other wrote, up to this message."""

    name: ClassVar[str] = "message.read"
    message_id: UUID
    reader_id: UUID


@dataclass(frozen=True, slots=True)
class RatingShown(Event):
    """Both sides have rated, or the window closed: what was said of somebody can be read."""

    name: ClassVar[str] = "rating.shown"
    rating_id: UUID


@dataclass(frozen=True, slots=True)
class DisputeOpened(Event):
    """A side of a booking complains of it."""

    name: ClassVar[str] = "dispute.opened"
    dispute_id: UUID


@dataclass(frozen=True, slots=True)
class DisputeMoved(Event):
    """The back office looks at a dispute, or has decided it: `status` is what it became; the rest stands in it."""

    name: ClassVar[str] = "dispute.moved"
    dispute_id: UUID
    status: str


@dataclass(frozen=True, slots=True)
class TripStopped(Event):
    """The back office called a trip off."""

    name: ClassVar[str] = "trip.stopped"
    trip_id: UUID


@dataclass(frozen=True, slots=True)
class BookingArbitrated(BookingEvent):
    """The back office decided how a booking ended."""

    name: ClassVar[str] = "booking.arbitrated"
