"""Say how it was with the other side of a ride."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import require_side
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.rating_views import OwnRating, own_rating
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import RatingShown
from allonova.domain.carpool.rating import (
    AlreadyRated,
    Rating,
    RatingClosed,
    RideNotCompleted,
    other_side,
    require_ratable,
    to_show,
)
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, ValidationError


async def show_ratings(unit: CarpoolUnit, booking_id: UUID, people: Sequence[UUID], at: datetime) -> list[Rating]:
    """Show what of a booking is to be shown now, and let it count for whom it is about.

    Its sides are locked, in the order of their ids, so that ratings of one person queue and nobody waits in a circle.
    Only then is looked at what was said: of two sides that rate at once the second sees the first.
    """
    users = {id: await unit.users.get(id, lock=True) for id in sorted(people)}
    shown = to_show(await unit.ratings.of_booking(booking_id), at)
    for rating in shown:
        rating.show(at)
        await unit.ratings.save(rating)
        await unit.outbox.put(RatingShown(rating.id))
        user = users[rating.to_user_id]
        user.rate(rating.stars, at)
        await unit.users.save(user)
    return shown


@wired
class RateSide:
    """Rate the other side of a completed booking, once, within a fortnight. Nobody else can read it until both have
    rated or the time is over, so that nobody answers stars with stars.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        ValidationError,
        RideNotCompleted,
        RatingClosed,
        AlreadyRated,
    )

    async def __call__(
        self, *, caller_id: UUID, booking_id: UUID, to_user_id: UUID, stars: int, comment: str | None
    ) -> OwnRating:
        """Raises NotFound for strangers, ValidationError when `to_user_id` is not the other side."""
        now = self.clock.now()
        async with self.begin() as unit:
            booking = await unit.bookings.get(booking_id)
            trip = await unit.trips.get(booking.trip_id)
            by = require_side(caller_id, trip, booking)
            role = other_side(by.party, driver_id=trip.driver_id, passenger_id=booking.passenger_id, named=to_user_id)
            closes_at = require_ratable(booking, now)
            rating = Rating(
                id=self.ids.new(),
                booking_id=booking_id,
                from_user_id=caller_id,
                to_user_id=to_user_id,
                role=role,
                stars=stars,
                comment=comment,
                closes_at=closes_at,
                created_at=now,
                updated_at=now,
            )
            return await self._keep(unit, rating, by)

    async def _keep(self, unit: CarpoolUnit, rating: Rating, by: Actor) -> OwnRating:
        await unit.ratings.add(rating)
        shown = await show_ratings(unit, rating.booking_id, (rating.from_user_id, rating.to_user_id), rating.created_at)
        meta = {"role": rating.role.value, "stars": rating.stars}
        await unit.audit.put(actor=by, action="rating.written", entity="rating", entity_id=rating.id, meta=meta)
        return own_rating(next((each for each in shown if each.id == rating.id), rating))
