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
class PassengerMissing(BookingEvent):
    """The passenger did not come and loses his fee."""

    name: ClassVar[str] = "booking.no_show"


@dataclass(frozen=True, slots=True)
class RideQuestioned(BookingEvent):
    """Nobody checked in, or the passenger saw no driver: the sides are asked, the driver has a day to answer."""

    name: ClassVar[str] = "booking.questioned"
