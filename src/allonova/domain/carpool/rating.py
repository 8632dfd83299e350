"""What the two sides of a ride say of each other afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.rules import RATING_WINDOW
from allonova.domain.kernel.errors import Conflict, FieldError, ValidationError
from allonova.domain.kernel.machine import Party

MIN_STARS, MAX_STARS = 1, 5  # seeds/allocar.txt, ratings
MAX_COMMENT = 1000


class RatedAs(StrEnum):
    """As what somebody was on the ride that he is rated for."""

    DRIVER = "driver"
    PASSENGER = "passenger"


@dataclass(eq=False)
class AlreadyRated(Conflict):
    """A side rates the other once for a booking."""


@dataclass(eq=False)
class RideNotCompleted(Conflict):
    """Only who rode together can rate each other."""

    status: str


@dataclass(eq=False)
class RatingClosed(Conflict):
    """The fortnight after the ride is over."""

    closed_at: datetime


@dataclass(slots=True, kw_only=True)
class Rating:
    """Stars (1 to 5) and words of one side of a completed booking for the other; one each way, and never of oneself.

    Nobody but its writer sees it until `shown_at`: until both sides have rated, or until `closes_at`, when nobody can
    any more. From then on its stars count for whom it is about. The back office may hide the words; the stars stay.
    """

    id: UUID
    booking_id: UUID
    from_user_id: UUID
    to_user_id: UUID
    role: RatedAs
    stars: int
    comment: str | None = None
    closes_at: datetime
    shown_at: datetime | None = None
    comment_hidden: bool = False
    hidden_reason: str | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def show(self, at: datetime) -> None:
        """From now on it can be read, and counts."""
        self.shown_at = self.updated_at = at

    def moderate(self, *, comment_hidden: bool, reason: str, at: datetime) -> bool:
        """Hide its words, or let them be read again. False when nothing changes by that."""
        if self.comment_hidden is comment_hidden:
            return False
        self.comment_hidden, self.hidden_reason, self.updated_at = comment_hidden, reason, at
        return True

    @property
    def public_comment(self) -> str | None:
        """The words, unless they were hidden."""
        return None if self.comment_hidden else self.comment


def closing_time(booking: Booking) -> datetime:
    """Until when the sides of a completed booking may rate each other. Raises RideNotCompleted for another."""
    if booking.status is not BookingStatus.COMPLETED or booking.ended_at is None:
        raise RideNotCompleted(booking.status)
    return booking.ended_at + RATING_WINDOW


def require_ratable(booking: Booking, at: datetime) -> datetime:
    """Refuse a rating that comes too early or too late; returns until when it is not.

    Raises:
        RideNotCompleted: they have not arrived, or never left.
        RatingClosed: the window is over.
    """
    closes_at = closing_time(booking)
    if at >= closes_at:
        raise RatingClosed(closes_at)
    return closes_at


def other_side(by: Party, *, driver_id: UUID, passenger_id: UUID, named: UUID) -> RatedAs:
    """As what the other side of a booking is rated by this one.

    Raises:
        ValidationError: `named` is not the other side.
    """
    role, other = (RatedAs.PASSENGER, passenger_id) if by is Party.DRIVER else (RatedAs.DRIVER, driver_id)
    if named != other:
        raise ValidationError((FieldError("to_user_id", "unknown", "not the other side of this booking"),))
    return role


def to_show(ratings: Iterable[Rating], at: datetime) -> list[Rating]:
    """Which hidden ratings of one booking are to be shown now: all, once both sides have rated or nobody can."""
    known = list(ratings)
    hidden = [rating for rating in known if rating.shown_at is None]
    return hidden if len(known) > 1 else [rating for rating in hidden if at >= rating.closes_at]
