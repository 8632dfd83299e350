"""What the report on usage reads, in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from uuid import UUID

from allonova.adapters.memory.carpool.ratings import RATINGS
from allonova.adapters.memory.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.store import Rows
from allonova.application.carpool.usage_queries import Usage, UsageQueries
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.carpool.usage import Actives, Counts

SOLD = (BookingStatus.PAID, BookingStatus.COMPLETED)

type Deed = tuple[date, UUID, bool]
"""On which day somebody booked, or drove."""


class MemoryUsageQueries:
    """See UsageQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def usage(self, since: datetime, until: datetime) -> Usage:
        """See UsageQueries."""
        counts: defaultdict[date, Counts] = defaultdict(Counts)
        for at, counted in self._counted():
            if since <= at < until:
                counts[at.date()] += counted
        deeds = [(at.date(), who, drove) for at, who, drove in self._deeds() if since <= at < until]
        days = {day for day, _, _ in deeds}
        return Usage(
            counts=dict(counts),
            actives={day: _actives(deed for deed in deeds if deed[0] == day) for day in days},
            active=_actives(deeds),
        )

    def _counted(self) -> Iterator[tuple[datetime, Counts]]:
        for user in self._source.rows(USERS).values():
            yield user.created_at, Counts(registrations=1)
        for trip in self._source.rows(TRIPS).values():
            if trip.status is not TripStatus.DRAFT:
                yield trip.departure_time, self._of_trip(trip)
        for booking in self._source.rows(BOOKINGS).values():
            standing = Counts(requested=1, converted=int(booking.paid_at is not None))
            yield booking.created_at, standing + Counts(**{booking.status.value: 1})
        for rating in self._source.rows(RATINGS).values():
            if rating.shown_at is not None:
                yield rating.created_at, Counts(ratings=1, stars=rating.stars)

    def _of_trip(self, trip: Trip) -> Counts:
        if trip.status is TripStatus.CANCELLED:
            return Counts(trips=1, trips_cancelled=1)
        bookings = [row for row in self._source.rows(BOOKINGS).values() if row.trip_id == trip.id]
        return Counts(
            trips=1,
            trips_completed=int(trip.status is TripStatus.COMPLETED),
            seats_offered=trip.seats_total,
            seats_sold=sum(booking.seats for booking in bookings if booking.status in SOLD),
        )

    def _deeds(self) -> Iterator[tuple[datetime, UUID, bool]]:
        for booking in self._source.rows(BOOKINGS).values():
            yield booking.created_at, booking.passenger_id, False
        for trip in self._source.rows(TRIPS).values():
            if trip.status not in (TripStatus.DRAFT, TripStatus.CANCELLED):
                yield trip.departure_time, trip.driver_id, True


def _actives(deeds: Iterable[Deed]) -> Actives:
    known = list(deeds)
    return Actives(
        users=len({who for _, who, _ in known}),
        passengers=len({who for _, who, drove in known if not drove}),
        drivers=len({who for _, who, drove in known if drove}),
    )


def _conforms(queries: MemoryUsageQueries) -> UsageQueries:
    return queries
