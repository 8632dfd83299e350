"""A driver goes the same way on some days of the week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.create_trip import CreateTrip, TripDraft
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.publish_trip import open_trip, require_papers
from allonova.application.carpool.series_views import NewSeries, series_view
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.series import SeriesOverlaps, TripSeries, days_of, require_apart, reversed_stops
from allonova.domain.carpool.trip import StopDraft, Trip, require_future
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, FieldError, ValidationError
from allonova.domain.kernel.machine import Party
from allonova.domain.kernel.road import Reached


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDraft:
    """The way home of the first day; what is None is as on the way out, the stops in the other order."""

    departure_time: datetime
    arrival_eta: datetime | None = None
    price_per_seat: int | None = None
    seats: int | None = None
    stops: Sequence[StopDraft] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDraft:
    """The first trip, and on which days of the week (1 is Monday) it comes back until when."""

    trip: TripDraft
    weekdays: Sequence[int]
    until: date
    exceptions: Sequence[date] = ()
    home: ReturnDraft | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of a series as planned for the day of the draft: every other day is the same, so much later."""

    draft: TripDraft
    reached: Sequence[Reached]
    is_return: bool

    @property
    def field(self) -> str:
        """Where it stands in the body."""
        return "return" if self.is_return else "trip"

    def on(self, later: timedelta) -> tuple[TripDraft, list[Reached]]:
        """The same way so much later."""
        stops = [replace(stop, eta=stop.eta + later if stop.eta else None) for stop in self.draft.stops]
        arrival = self.draft.arrival_eta + later if self.draft.arrival_eta else None
        draft = replace(self.draft, departure_time=self.draft.departure_time + later, arrival_eta=arrival, stops=stops)
        return draft, [Reached(mark.distance_m, mark.at + later) for mark in self.reached]


@wired
class CreateSeries:
    """Offer the whole series or nothing of it. The road is planned once for each way."""

    create: CreateTrip

    errors: ClassVar[tuple[type[DomainError], ...]] = (*CreateTrip.errors, SeriesOverlaps)

    async def __call__(self, *, caller_id: UUID, draft: SeriesDraft) -> NewSeries:
        """Raises SeriesOverlaps with the days on which the driver would be in two places at a time."""
        first = draft.trip.departure_time
        days = days_of(first.date(), weekdays=draft.weekdays, until=draft.until, exceptions=draft.exceptions)
        for day in (days[0], days[-1]):
            require_future(first + (day - first.date()), self.create.clock.now())
        ways = await self._ways(draft)
        series = self._series(caller_id, draft)
        async with self.create.begin() as unit:
            with faults_within("trip"):
                vehicle = await self.create.vehicle(unit, caller_id, ways[0].draft)
            trips = [trip for day in days for trip in self._on(ways, day - first.date(), vehicle, series)]
            await unit.series.add(series)
            await self._offer(unit, trips, publishes=draft.trip.publish)
            await unit.trips.add_all(trips)
            actor, meta = Actor(Party.DRIVER, caller_id), {"trips": len(trips)}
            await unit.audit.put(actor=actor, action="series.created", entity="series", entity_id=series.id, meta=meta)
            return await _shown(unit, series, len(trips))

    async def _ways(self, draft: SeriesDraft) -> list[Way]:
        """Out, and home if he goes home."""
        with faults_within("trip"):
            out, reached = await self.create.planned(draft.trip)
        ways = [Way(out, reached, is_return=False)]
        if draft.home is not None:
            if draft.home.departure_time <= (out.arrival_eta or reached[-1].at):
                raise ValidationError((FieldError("return.departure_time", "not_rising", "after the arrival"),))
            with faults_within("return"):
                ways.append(Way(*await self.create.planned(_way_home(out, draft.home)), is_return=True))
        return ways

    def _series(self, driver_id: UUID, draft: SeriesDraft) -> TripSeries:
        now = self.create.clock.now()
        return TripSeries(
            id=self.create.ids.new(),
            driver_id=driver_id,
            weekdays=sorted(set(draft.weekdays)),
            until=draft.until,
            exceptions=sorted(set(draft.exceptions)),
            has_return=draft.home is not None,
            created_at=now,
            updated_at=now,
        )

    def _on(self, ways: Sequence[Way], later: timedelta, vehicle: Vehicle, series: TripSeries) -> list[Trip]:
        """The trips of a day."""
        made = []
        for way in ways:
            draft, reached = way.on(later)
            with faults_within(way.field):
                trip = self.create.trip(series.driver_id, draft, vehicle, reached)
            trip.series_id, trip.is_return = series.id, way.is_return
            made.append(trip)
        return made

    async def _offer(self, unit: CarpoolUnit, trips: Sequence[Trip], *, publishes: bool) -> None:
        """Open them all, if they shall be; refuse those that would be under way at a time."""
        first, last = trips[0].departure_time, max(trip.arrival_eta for trip in trips)
        standing = await unit.trips.on_the_road(trips[0].driver_id, after=first, before=last) if publishes else []
        require_apart(trips, standing)
        if publishes:
            rules = self.create.rules()
            await require_papers(unit, trips[0].driver_id, rules)
            for trip in trips:
                await open_trip(unit, trip, rules, self.create.clock.now())


@contextmanager
def faults_within(field: str) -> Iterator[None]:
    """Fields that are refused are named as they lie in the body: in this one."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError(tuple(replace(fault, path=f"{field}.{fault.path}") for fault in error.fields)) from error


def _way_home(out: TripDraft, home: ReturnDraft) -> TripDraft:
    """The other way round, with what he says of it."""
    price = out.price_per_seat if home.price_per_seat is None else home.price_per_seat
    mirrored = reversed_stops(out.stops, price=out.price_per_seat, price_back=price)
    return replace(
        out,
        origin=out.destination,
        destination=out.origin,
        departure_time=home.departure_time,
        arrival_eta=home.arrival_eta,
        price_per_seat=price,
        seats=out.seats if home.seats is None else home.seats,
        stops=mirrored if home.stops is None else home.stops,
    )


async def _shown(unit: CarpoolUnit, series: TripSeries, trips: int) -> NewSeries:
    """As this unit leaves it."""
    query = ListQuery(filters=(Filter("series_id", Op.EQ, series.id),), sort=(Sort("departure_time"),), page_size=trips)
    page = await unit.reads.trips(series.driver_id, query)
    return NewSeries(series_id=series.id, series=series_view(series), trips=tuple(page.items))
