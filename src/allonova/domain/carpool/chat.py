"""Who may write on a booking, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.message import ChatBlocked, ChatNotOpen, ChatOver
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.errors import NotFound

CHAT_STAYS_OPEN = timedelta(days=30)  # allocar.md, Chat: after the ride


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The conversation of a booking's two sides, as far as writing in it goes. `is_blocked`: one of them blocks the
    other.
    """

    booking_id: UUID
    driver_id: UUID
    passenger_id: UUID
    was_accepted: bool
    was_paid: bool
    ride_ended_at: datetime
    is_blocked: bool

    @classmethod
    def of(cls, booking: Booking, trip: Trip, *, is_blocked: bool) -> Self:
        """That of a booking. A ride that nobody ended is over when the trip should have arrived."""
        return cls(
            booking_id=booking.id,
            driver_id=trip.driver_id,
            passenger_id=booking.passenger_id,
            was_accepted=booking.hold_expires_at is not None or booking.paid_at is not None,
            was_paid=booking.paid_at is not None,
            ride_ended_at=booking.ended_at or trip.arrival_eta,
            is_blocked=is_blocked,
        )

    def has(self, user_id: UUID) -> bool:
        """Whether somebody is one of the two."""
        return user_id in (self.driver_id, self.passenger_id)

    def require_side(self, user_id: UUID) -> None:
        """Raises NotFound for anybody else."""
        if not self.has(user_id):
            raise NotFound

    def require_open(self, user_id: UUID, at: datetime) -> None:
        """Whether one of the two may write.

        Raises:
            NotFound: he is none of the two.
            ChatNotOpen: the booking was never accepted.
            ChatBlocked: one of them blocks the other.
            ChatOver: the ride ended more than thirty days ago.
        """
        self.require_side(user_id)
        if not self.was_accepted:
            raise ChatNotOpen
        if self.is_blocked:
            raise ChatBlocked
        closed_at = self.ride_ended_at + CHAT_STAYS_OPEN
        if at >= closed_at:
            raise ChatOver(closed_at)
