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
