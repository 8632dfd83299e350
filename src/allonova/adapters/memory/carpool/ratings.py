"""Ratings, and what is counted of people's rides, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from statistics import median
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.people import is_blocked, person
from allonova.adapters.memory.carpool.tables import BOOKING_EVENTS, BOOKINGS, TRIPS
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.carpool.rating_ports import REFUSALS
from allonova.application.carpool.rating_queries import RatingQueries
from allonova.application.carpool.rating_views import (
    DeskRating,
    Figures,
    OwnRating,
    RatingView,
    desk_rating,
    own_rating,
    rating_view,
)
from allonova.application.carpool.views import Person
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.rating import MAX_STARS, MIN_STARS, Rating
from allonova.domain.carpool.reliability import (
    RECORD_WINDOW,
    RESPONSE_WINDOW,
    DriverRecord,
    is_broken_late,
    is_unkept,
)
from allonova.domain.kernel.changes import Change
from allonova.domain.kernel.machine import Party

RATINGS = Table(
    name="ratings",
    row=Rating,
    uniques=(Unique("uq_ratings_booking_id_from_user_id", ("booking_id", "from_user_id")),),
    foreigns=(Foreign("booking_id", "bookings"), Foreign("from_user_id", "users"), Foreign("to_user_id", "users")),
    checks=(
        Check("stars", lambda rating: MIN_STARS <= rating.stars <= MAX_STARS),
        Check("others", lambda rating: rating.from_user_id != rating.to_user_id),
    ),
    refusals=REFUSALS,
)
FIELDS: Mapping[str, Callable[[Rating], Any]] = {
    name: attrgetter(name)
    for name in (
        *("id", "booking_id", "from_user_id", "to_user_id"),
        *("stars", "role", "comment_hidden", "created_at"),
    )
}


class MemoryRatings(MemoryStore[Rating]):
    """Ratings."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, RATINGS)

    async def of_booking(self, booking_id: UUID) -> list[Rating]:
        """See RatingStore."""
        found = [rating for rating in self._rows().values() if rating.booking_id == booking_id]
        return [stored(rating) for rating in sorted(found, key=attrgetter("created_at", "id"))]

    async def forget(self, user_id: UUID, *, at: datetime) -> None:
        """See RatingStore."""
        for rating in list(self._rows().values()):
            if user_id in (rating.from_user_id, rating.to_user_id) and rating.comment is not None:
                await self.save(replace(rating, comment=None, updated_at=at))


class MemoryRatingQueries:
    """Reads of ratings and of people's public faces."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def person(self, id: UUID, *, viewer_id: UUID) -> Person | None:
        """See RatingQueries."""
        user = self._source.rows(USERS).get(id)
        if user is None or not user.is_active or is_blocked(self._source, id, viewer_id):
            return None
        return person(self._source, id)

    async def figures(self, user_id: UUID, *, now: datetime) -> Figures:
        """See RatingQueries."""
        bookings = list(self._source.rows(BOOKINGS).values())
        driven = [booking for booking in bookings if self._driver_of(booking) == user_id]
        ridden = sum(b.passenger_id == user_id and b.status is BookingStatus.COMPLETED for b in bookings)
        trips = {booking.trip_id for booking in driven if booking.status is BookingStatus.COMPLETED}
        answers = [self._answer(booking) for booking in driven if booking.created_at >= now - RESPONSE_WINDOW]
        seconds = [after for after in answers if after is not None and after >= 0]
        promised = [b for b in driven if b.paid_at and b.departure_time >= now - RECORD_WINDOW]
        record = DriverRecord(
            answered=len(seconds),
            unanswered=answers.count(-1),
            typical_answer_s=median(seconds) if seconds else None,
            kept=sum(booking.status is BookingStatus.COMPLETED for booking in promised),
            broken=sum(self._is_broken(booking) for booking in promised),
        )
        return Figures(trips_completed=ridden + len(trips), record=record)

    async def ratings(self, user_id: UUID, query: ListQuery) -> Page[RatingView]:
        """See RatingQueries."""
        shown = [each for each in self._rows() if each.to_user_id == user_id and each.shown_at is not None]
        return listed(
            shown,
            query,
            fields=FIELDS,
            show=lambda rating: rating_view(rating, person(self._source, rating.from_user_id)),
        )

    async def written(self, user_id: UUID, query: ListQuery) -> Page[OwnRating]:
        """See RatingQueries."""
        mine = [rating for rating in self._rows() if rating.from_user_id == user_id]
        return listed(mine, query, fields=FIELDS, show=own_rating)

    async def desk(self, query: ListQuery) -> Page[DeskRating]:
        """See RatingQueries."""
        return listed(self._rows(), query, fields=FIELDS, show=desk_rating)

    async def overdue(self, *, now: datetime, limit: int) -> list[UUID]:
        """See RatingQueries."""
        hidden = [rating for rating in self._rows() if rating.shown_at is None and rating.closes_at <= now]
        hidden.sort(key=attrgetter("closes_at"))
        return list(dict.fromkeys(rating.booking_id for rating in hidden[:limit]))

    def _rows(self) -> list[Rating]:
        return list(self._source.rows(RATINGS).values())

    def _driver_of(self, booking: Booking) -> UUID:
        return self._source.rows(TRIPS)[booking.trip_id].driver_id

    def _history(self, booking: Booking) -> Iterator[Change]:
        rows = self._source.rows(BOOKING_EVENTS).values()
        return (row.change for row in rows if row.booking_id == booking.id)

    def _answer(self, booking: Booking) -> float | None:
        """After how many seconds the driver answered; -1 when he never did, None when he had no need to."""
        for change in self._history(booking):
            if change.from_status == BookingStatus.PENDING:
                if change.by.party is Party.DRIVER:
                    return (change.at - booking.created_at).total_seconds()
                if change.by.party is Party.SYSTEM and change.meta.get("reason") == "expired":
                    return -1
        return None

    def _is_broken(self, booking: Booking) -> bool:
        ends = [change.at for change in self._history(booking) if change.to_status == BookingStatus.CANCELLED]
        return is_unkept(booking) or any(is_broken_late(booking, at) for at in ends)


def _conforms(queries: MemoryRatingQueries) -> RatingQueries:
    return queries
