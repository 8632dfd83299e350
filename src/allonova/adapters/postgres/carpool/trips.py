"""Trips with their stops and the rides they offer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, ColumnElement, Select, Text, any_, bindparam, literal, or_, select

from allonova.adapters.postgres.carpool.rows import SERIES, STOP, TRIP, read_stops, stops_of
from allonova.adapters.postgres.carpool.tables import BOOKINGS, TRIP_STOPS, TRIPS
from allonova.adapters.postgres.failures import refusing
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf, locked
from allonova.application.carpool.ports import REFUSALS
from allonova.domain.carpool.trip import Stop, Trip, TripStatus
from allonova.domain.kernel.errors import NotFound

_SEEN = TRIPS.alias("seen")


class _TripShelf(Shelf[Trip]):
    def select(self, *where: ColumnElement[bool]) -> Select[Any]:
        """The trip's columns, its stops, and the version that it had when the statement began."""
        seen = select(_SEEN.c.version).where(_SEEN.c.id == TRIPS.c.id).correlate(TRIPS).scalar_subquery()
        return super().select(*where).add_columns(stops_of(TRIPS), seen)


TRIP_SHELF = _TripShelf(TRIP, REFUSALS)
SERIES_SHELF = Shelf(SERIES, {})

_OF_BOOKING = compile_once(
    locked(
        TRIP_SHELF.select(BOOKINGS.c.id == bindparam("booking")).join_from(
            TRIPS, BOOKINGS, BOOKINGS.c.trip_id == TRIPS.c.id
        ),
        TRIPS,
    )
)
_STOPS = compile_once(
    select(*STOP.columns()).where(TRIP_STOPS.c.trip_id == bindparam("trip")).order_by(TRIP_STOPS.c.order)
)

# Rows that stay are updated, not deleted and made again: bookings refer to stops.
_REPLACE_STOPS = """
WITH stops AS (
    SELECT * FROM unnest(
        $2::uuid[], $3::int[], $4::geography[], $5::text[], $6::bool[], $7::bool[], $8::numeric[], $9::int[],
        $10::timestamptz[]
    ) AS s (id, "order", point, label, pickup_allowed, dropoff_allowed, price_from_origin, distance_m, eta)
), gone AS (
    DELETE FROM carpool.trip_stops WHERE trip_id = $1::uuid AND id <> ALL ($2::uuid[])
)
INSERT INTO carpool.trip_stops (
    id, trip_id, "order", point, label, pickup_allowed, dropoff_allowed, price_from_origin, distance_m, eta
)
SELECT id, $1::uuid, "order", point, label, pickup_allowed, dropoff_allowed, price_from_origin, distance_m, eta
FROM stops
ON CONFLICT (id) DO UPDATE SET
    "order" = excluded."order",
    point = excluded.point,
    label = excluded.label,
    pickup_allowed = excluded.pickup_allowed,
    dropoff_allowed = excluded.dropoff_allowed,
    price_from_origin = excluded.price_from_origin,
    distance_m = excluded.distance_m,
    eta = excluded.eta
"""
_REPLACE_LEGS = """
WITH legs AS (
    SELECT * FROM unnest($2::int[], $3::int[], $4::timestamptz[], $5::geography[], $6::geography[], $7::numeric[])
        AS l (board, alight, departure_time, origin, destination, price)
), gone AS (
    DELETE FROM carpool.trip_legs AS t
    WHERE t.trip_id = $1::uuid
      AND NOT EXISTS (SELECT FROM legs WHERE legs.board = t.board AND legs.alight = t.alight)
)
INSERT INTO carpool.trip_legs (trip_id, board, alight, departure_time, origin, destination, price)
SELECT $1::uuid, board, alight, departure_time, origin, destination, price FROM legs
ON CONFLICT (trip_id, board, alight) DO UPDATE SET
    departure_time = excluded.departure_time,
    origin = excluded.origin,
    destination = excluded.destination,
    price = excluded.price
"""
_SEATS_OFFERED = """
SELECT coalesce(max(seats_total), 0) FROM carpool.trips
WHERE vehicle_id = $1::uuid AND status IN ('published', 'ongoing') AND arrival_eta > $2::timestamptz
"""
_WAY = bindparam("is_return", type_=Boolean)
_FOLLOWING = compile_once(
    TRIP_SHELF.select(
        TRIPS.c.series_id == bindparam("series"),
        TRIPS.c.departure_time >= bindparam("since"),
        TRIPS.c.status == any_(literal([TripStatus.DRAFT, TripStatus.PUBLISHED], ARRAY(Text))),
        or_(_WAY.is_(None), TRIPS.c.is_return == _WAY),
    ).order_by(TRIPS.c.departure_time, TRIPS.c.id)
)
_ON_THE_ROAD = compile_once(
    TRIP_SHELF.select(
        TRIPS.c.driver_id == bindparam("driver"),
        TRIPS.c.status == any_(literal([TripStatus.PUBLISHED, TripStatus.ONGOING], ARRAY(Text))),
        TRIPS.c.departure_time < bindparam("before"),
        TRIPS.c.arrival_eta > bindparam("after"),
    )
)
# Nobody shows or changes a trip of his any more: nothing of it is open.
_FORGET_WORDS = """
WITH written AS (
    SELECT id FROM carpool.trips
    WHERE driver_id = $1::uuid AND coalesce(rules, luggage_policy, cancel_reason) IS NOT NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE carpool.trips AS t SET rules = NULL, luggage_policy = NULL, cancel_reason = NULL
FROM written WHERE t.id = written.id
"""
_REMOVE = "DELETE FROM carpool.trips WHERE id = $1::uuid"


class PostgresTrips(PostgresStore[Trip]):
    """Trips."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, TRIP_SHELF)

    async def add(self, entity: Trip) -> None:
        """Keep a new one with its stops. Raises TripsOverlap."""
        await super().add(entity)
        if entity.stops:
            await self._replace_stops(entity)
        if entity.status is TripStatus.PUBLISHED:
            await self._replace_legs(entity)

    async def add_all(self, entities: Sequence[Trip]) -> None:
        """Keep new ones with their stops. Raises TripsOverlap."""
        await super().add_all(entities)
        stops = [_stop_columns(trip) for trip in entities if trip.stops]
        legs = [(trip.id, *_leg_columns(trip)) for trip in entities if trip.status is TripStatus.PUBLISHED]
        if stops:
            with refusing(REFUSALS):
                await self._runner.executemany(_REPLACE_STOPS, stops)
        if legs:
            await self._runner.executemany(_REPLACE_LEGS, legs)

    async def on_the_road(self, driver_id: UUID, *, after: datetime, before: datetime) -> list[Trip]:
        """Somebody's trips, published or under way, of which a part lies between the two instants."""
        args = _ON_THE_ROAD.args(driver=driver_id, after=after, before=before)
        return [await self._entity(row, is_locked=False) for row in await self._runner.fetch(_ON_THE_ROAD.sql, *args)]

    async def following(self, series_id: UUID, *, since: datetime, is_return: bool | None = None) -> list[Trip]:
        """The drafts and published trips of a series that leave from then on, in their order."""
        args = _FOLLOWING.args(series=series_id, since=since, is_return=is_return)
        return [await self._entity(row, is_locked=False) for row in await self._runner.fetch(_FOLLOWING.sql, *args)]

    async def save_route(self, trip: Trip) -> None:
        """`save` with stops and rides. Raises StaleVersion, TripsOverlap."""
        await self.save(trip)
        await self._replace_stops(trip)
        await self._replace_legs(trip)

    async def of_booking(self, booking_id: UUID) -> Trip:
        """The trip of a booking, locked. Raises NotFound."""
        row = await self._runner.fetchrow(_OF_BOOKING.sql, *_OF_BOOKING.args(booking=booking_id))
        if row is None:
            raise NotFound
        return await self._entity(row, is_locked=True)

    async def seats_offered(self, vehicle_id: UUID, *, now: datetime) -> int:
        """The most seats that a trip of a vehicle offers, published or under way, that has yet to arrive; else 0."""
        return int(await self._runner.fetchval(_SEATS_OFFERED, vehicle_id, now))

    async def forget_words(self, driver_id: UUID) -> None:
        """See TripStore."""
        await self._runner.execute(_FORGET_WORDS, driver_id)

    async def remove(self, trip: Trip) -> None:
        """Forget a trip that nobody ever booked; stops and rides go with it."""
        await self._runner.execute(_REMOVE, trip.id)

    async def _entity(self, row: Row, *, is_locked: bool) -> Trip:
        *columns, stops, seen = row
        trip = TRIP.read(columns)
        # A statement that waited for the row's lock brings the row as it is now, but all else as it was before the
        # wait: if the trip has moved on, its stops are read again.
        is_old = is_locked and trip.version != seen
        trip.stops = await self._stops(trip.id) if is_old else read_stops(stops)
        return trip

    async def _stops(self, trip_id: UUID) -> list[Stop]:
        return read_stops([tuple(row) for row in await self._runner.fetch(_STOPS.sql, *_STOPS.args(trip=trip_id))])

    async def _replace_stops(self, trip: Trip) -> None:
        with refusing(REFUSALS):
            await self._runner.execute(_REPLACE_STOPS, *_stop_columns(trip))

    async def _replace_legs(self, trip: Trip) -> None:
        await self._runner.execute(_REPLACE_LEGS, trip.id, *_leg_columns(trip))


def _stop_columns(trip: Trip) -> Sequence[object]:
    return [trip.id, *([getattr(stop, name) for stop in trip.stops] for name in STOP.names)]


def _leg_columns(trip: Trip) -> Sequence[list[object]]:
    """Only what is published can be found."""
    legs = list(trip.legs()) if trip.status is TripStatus.PUBLISHED else []
    return [
        [leg.ride.board for leg in legs],
        [leg.ride.alight for leg in legs],
        [leg.pickup.at for leg in legs],
        [leg.pickup.point for leg in legs],
        [leg.dropoff.point for leg in legs],
        [leg.price for leg in legs],
    ]
