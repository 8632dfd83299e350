"""How rows become trips, bookings and vehicles, alone or joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Label, func, select

from allonova.adapters.postgres.carpool.tables import (
    BOOKING_EVENTS,
    BOOKINGS,
    TRIP_SERIES,
    TRIP_STOPS,
    TRIPS,
    VEHICLES,
)
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Row
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.series import TripSeries
from allonova.domain.carpool.trip import Stop, Trip
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.kernel.changes import Actor, Change
from allonova.domain.kernel.machine import Party

VEHICLE = RowMapper(Vehicle, VEHICLES)
SERIES = RowMapper(TripSeries, TRIP_SERIES)
STOP = RowMapper(Stop, TRIP_STOPS, beside={"trip_id"})
TRIP = RowMapper(Trip, TRIPS, apart={"stops"})
BOOKING = RowMapper(Booking, BOOKINGS, apart={"changes"})

STOPS_LABEL = "stops"
CHANGES_LABEL = "changes"
_CHANGE = ("from_status", "to_status", "by", "by_id", "created_at", "meta")


def stops_of(trips: FromClause) -> Label[Any]:
    """The stops of each trip, in order, as one column."""
    stops = TRIP_STOPS.alias()
    rows = select(func.row(*(stops.c[name] for name in STOP.names))).where(stops.c.trip_id == trips.c.id)
    return _array(rows.order_by(stops.c.order).correlate(trips).scalar_subquery()).label(STOPS_LABEL)


def changes_of(bookings: FromClause) -> Label[Any]:
    """The history of each booking, in order, as one column."""
    events = BOOKING_EVENTS.alias()
    rows = select(func.row(*(events.c[name] for name in _CHANGE))).where(events.c.booking_id == bookings.c.id)
    return _array(rows.order_by(events.c.seq).correlate(bookings).scalar_subquery()).label(CHANGES_LABEL)


def _array(rows: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.array(rows)


def read_stops(values: Sequence[Sequence[Any]]) -> list[Stop]:
    """The stops of a column made by `stops_of`."""
    return [STOP.read(row) for row in values]


def trip_reader(prefix: str = "") -> Callable[[Row], Trip]:
    """Reads a trip with the stops that `stops_of` brought, if it did."""
    read = TRIP.reader(prefix)

    def read_with_stops(row: Row) -> Trip:
        trip = read(row)
        trip.stops = read_stops(row[STOPS_LABEL])
        return trip

    return read_with_stops


def read_changes(row: Row) -> list[Change]:
    """The history of a row with `changes_of`."""
    return [
        Change(before, after, Actor(Party(by), by_id), at, meta)
        for before, after, by, by_id, at, meta in row[CHANGES_LABEL]
    ]
