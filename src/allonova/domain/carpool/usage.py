"""How much the platform is used, in the figures that whoever runs it asks for."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(slots=True, kw_only=True)
class Counts:
    """Of a day or a period; docs/decisions/0080 says what each counts.

    By their registration: `registrations`. By the trip's departure: `trips` that were offered, those `trips_completed`
    and `trips_cancelled`, `seats_offered` and `seats_sold` on those that were not cancelled. By the booking's making:
    `requested`, and how they stand now: `pending`, `accepted`, `paid`, `completed`, `cancelled`; `converted` were paid
    at some time. By the rating's making, of those that are shown: `ratings`, `stars` in all.
    """

    registrations: int = 0
    trips: int = 0
    trips_completed: int = 0
    trips_cancelled: int = 0
    seats_offered: int = 0
    seats_sold: int = 0
    requested: int = 0
    pending: int = 0
    accepted: int = 0
    paid: int = 0
    completed: int = 0
    cancelled: int = 0
    converted: int = 0
    ratings: int = 0
    stars: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in COUNTS})


COUNTS = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actives:
    """How many different people booked, or drove; who did both is one of `users`."""

    users: int = 0
    passengers: int = 0
    drivers: int = 0


def share(part: int, whole: int) -> float | None:
    """A share of a whole, to four digits; of nothing there is none."""
    return round(part / whole, 4) if whole else None
