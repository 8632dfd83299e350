"""Seats, kept per stretch between consecutive stops, so that passengers of different stretches can share one.

A trip with n stops has n + 1 stretches; a ride from waypoint `board` to waypoint `alight` (origin 0, destination
n + 1) takes the stretches `board … alight - 1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from allonova.domain.kernel.errors import BookingConflict


@dataclass(eq=False)
class NotEnoughSeats(BookingConflict):
    """Fewer seats are left on the fullest stretch of the ride than were asked for."""

    available: int
    requested: int


@dataclass(frozen=True, slots=True)
class Ride:
    """From one waypoint to a later one, by their order on the trip."""

    board: int
    alight: int

    @property
    def stretches(self) -> range:
        """Indexes of the stretches it takes."""
        return range(self.board, self.alight)


def left(total: int, taken: Sequence[Sequence[int]], ride: Ride) -> int:
    """Seats free on the fullest stretch of the ride; `taken` are counts per stretch."""
    return min(total - sum(counts[i] for counts in taken) for i in ride.stretches)


def shifted(counts: Sequence[int], ride: Ride, seats: int) -> list[int]:
    """The counts with `seats` more (or fewer) on each stretch of the ride."""
    return [count + seats if i in ride.stretches else count for i, count in enumerate(counts)]
