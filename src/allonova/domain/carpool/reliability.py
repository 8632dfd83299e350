"""How far somebody's word as a driver goes: whether he answers, and whether he drives what he promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.rules import PENALTY_WINDOW
from allonova.domain.kernel.machine import Party

RESPONSE_WINDOW = timedelta(days=90)  # requests made since then count (docs/decisions/0078)
RECORD_WINDOW = timedelta(days=365)  # rides that were to leave since then count
ENOUGH = 5  # fewer say nothing about anybody
DEMOTION = timedelta(days=30)  # money.md: a late cancellation lowers the search rank for so long


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRecord:
    """What is counted of a driver: requests that he answered and that expired without his word, half of his answers
    within `typical_answer_s` seconds; paid bookings that he kept to the end and that he broke.
    """

    answered: int
    unanswered: int
    typical_answer_s: float | None
    kept: int
    broken: int

    @property
    def response_rate(self) -> float | None:
        """Share of the requests that he answered; None where there are too few to tell."""
        return _share(self.answered, self.answered + self.unanswered)

    @property
    def response_minutes(self) -> int | None:
        """Half of his answers came within so many minutes; None where there is no rate."""
        if self.response_rate is None or self.typical_answer_s is None:
            return None
        return max(1, int(self.typical_answer_s / 60 + 0.5))

    @property
    def cancellation_rate(self) -> float | None:
        """Share of the paid bookings that he broke; None where there are too few to tell."""
        return _share(self.broken, self.kept + self.broken)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 2) if whole >= ENOUGH else None


def is_broken_late(booking: Booking, cancelled_at: datetime) -> bool:
    """Whether the driver gave up what was paid, less than a day before the departure."""
    if booking.status is not BookingStatus.CANCELLED or booking.paid_at is None:
        return False
    return booking.cancelled_by is Party.DRIVER and booking.departure_time - cancelled_at < PENALTY_WINDOW


def is_unkept(booking: Booking) -> bool:
    """Whether a passenger says that no driver came, and the driver let the time for his word pass."""
    is_over = booking.cancel_reason == "driver_no_show" and not booking.is_frozen
    return is_over and booking.contested_at is None
