"""What a driver wants otherwise of all trips of a series that follow one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.cancel_trip import CancelTrip
from allonova.application.carpool.change_trip import ChangeTrip
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.publish_trip import PublishTrip
from allonova.application.carpool.series_views import SeriesChanged, TripKept
from allonova.application.carpool.views import TripView
from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.series import NothingFollows, TripSeries
from allonova.domain.carpool.trip import Trip
from allonova.domain.carpool.trip_change import TripChange
from allonova.domain.kernel.errors import DomainError, FieldError, NotFound, ProviderUnavailable, ValidationError


@wired
class Followers:
    """Walks through the trips of a series that follow one, each in its own transaction: one that may not change, since
    somebody was promised otherwise, stays as it is, is named, and stops none of the others.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock

    async def of(
        self, driver_id: UUID, series_id: UUID, from_trip_id: UUID | None, *, both_ways: bool
    ) -> tuple[Trip | None, list[Trip]]:
        """The trip from which on, if one is named, and those to come, itself included.

        Raises:
            NotFound: not a series of his.
            ValidationError: the trip is none of this series.
            NothingFollows: all have left, or none is left.
        """
        async with self.begin() as unit:
            series = await unit.series.get(series_id)
            if series.driver_id != driver_id:
                raise NotFound
            anchor = None if from_trip_id is None else await _in_series(unit, series, from_trip_id)
            since = self.clock.now() if anchor is None else max(anchor.departure_time, self.clock.now())
            way = None if anchor is None or both_ways else anchor.is_return
            found = await unit.trips.following(series_id, since=since, is_return=way)
        if not found:
            raise NothingFollows
        return anchor, found

    async def each(
        self, series_id: UUID, trips: Sequence[Trip], do: Callable[[Trip], Awaitable[TripView]]
    ) -> SeriesChanged:
        """Do it to each of them."""
        changed: list[TripView] = []
        kept: list[TripKept] = []
        for trip in trips:
            try:
                changed.append(await do(trip))
            except ProviderUnavailable:
                raise
            except DomainError as refusal:
                kept.append(TripKept(trip_id=trip.id, departure_time=trip.departure_time, code=refusal.code))
        return SeriesChanged(series_id=series_id, changed=tuple(changed), kept=tuple(kept))


async def _in_series(unit: CarpoolUnit, series: TripSeries, trip_id: UUID) -> Trip:
    trip = await unit.trips.find(id=trip_id, series_id=series.id)
    if trip is None:
        raise ValidationError((FieldError("from_trip_id", "unknown", "not a trip of this series"),))
    return trip


@wired
class ChangeSeries:
    """Change all that follow a trip on its way, out or home. A new time moves each by as much as that trip."""

    followers: Followers
    change: ChangeTrip

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, NothingFollows, ValidationError)

    async def __call__(
        self, *, caller_id: UUID, series_id: UUID, from_trip_id: UUID, change: TripChange
    ) -> SeriesChanged:
        """Only its driver may."""
        anchor, trips = await self.followers.of(caller_id, series_id, from_trip_id, both_ways=False)

        async def change_one(trip: Trip) -> TripView:
            own = change if anchor is None else _so_much_later(change, anchor, trip)
            return await self.change(caller_id=caller_id, trip_id=trip.id, change=own, version=None)

        return await self.followers.each(series_id, _in_safe_order(trips, anchor, change), change_one)


def _so_much_later(change: TripChange, anchor: Trip, trip: Trip) -> TripChange:
    """What the anchor's change is to a trip of another day."""
    later = trip.departure_time - anchor.departure_time
    return replace(
        change,
        departure_time=change.departure_time + later if change.departure_time else None,
        arrival_eta=change.arrival_eta + later if change.arrival_eta else None,
    )


def _in_safe_order(trips: Sequence[Trip], anchor: Trip | None, change: TripChange) -> Sequence[Trip]:
    """Those that move on first make room for those behind them."""
    moves_on = (
        anchor is not None and change.departure_time is not None and change.departure_time > anchor.departure_time
    )
    return trips[::-1] if moves_on else trips


@wired
class CancelSeries:
    """Call off all that follow, out and home: each as if it were called off alone, with what that costs."""

    followers: Followers
    cancel: CancelTrip

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, NothingFollows, ValidationError)

    async def __call__(
        self, *, caller_id: UUID, series_id: UUID, from_trip_id: UUID | None, reason: str | None
    ) -> SeriesChanged:
        """From a trip on, or all that are to come."""
        _, trips = await self.followers.of(caller_id, series_id, from_trip_id, both_ways=True)

        async def cancel_one(trip: Trip) -> TripView:
            return await self.cancel(caller_id=caller_id, trip_id=trip.id, reason=reason, version=None)

        return await self.followers.each(series_id, trips, cancel_one)


@wired
class PublishSeries:
    """Open all drafts that follow for search and booking."""

    followers: Followers
    publish: PublishTrip

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, NothingFollows, ValidationError)

    async def __call__(self, *, caller_id: UUID, series_id: UUID, from_trip_id: UUID | None) -> SeriesChanged:
        """From a trip on, or all that are to come."""
        _, trips = await self.followers.of(caller_id, series_id, from_trip_id, both_ways=True)

        async def publish_one(trip: Trip) -> TripView:
            return await self.publish(caller_id=caller_id, trip_id=trip.id)

        return await self.followers.each(series_id, trips, publish_one)
