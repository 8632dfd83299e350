"""Trips and bookings as the back office looks for them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import Boolean, Uuid, and_, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.rows import BOOKING, read_changes
from allonova.adapters.postgres.carpool.selects import (
    BOOKING_ROW,
    PASSENGER,
    TRIP_ROW,
    bookings,
    person_columns,
    read_booking,
    read_driver,
    read_passenger,
    read_trip,
    read_vehicle,
    trips,
)
from allonova.adapters.postgres.carpool.tables import TRIPS
from allonova.adapters.postgres.lists import Condition, LongListing
from allonova.adapters.postgres.money.stores import PAYMENT_SHELF
from allonova.adapters.postgres.money.tables import PAYMENTS
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.oversight_queries import OversightQueries
from allonova.application.carpool.oversight_views import (
    DeskBookingDetail,
    DeskBookingView,
    DeskTripDetail,
    DeskTripView,
    desk_booking_detail,
    desk_booking_view,
    desk_trip_detail,
    desk_trip_view,
)
from allonova.application.kernel.listing import Filter, ListQuery, Op, Page

_TRIP_FIELDS = {
    name: TRIP_ROW.c[name]
    for name in ("id", "status", "driver_id", "vehicle_id", "women_only", "departure_time", "created_at")
}
_TRIPS = LongListing(select(TRIP_ROW.c.id), _TRIP_FIELDS, shown=trips())
_TRIP = compile_once(trips().where(TRIP_ROW.c.id == bindparam("trip")))
_SEATS = compile_once(
    select(*BOOKING.columns("b_", BOOKING_ROW), *person_columns("p_", PASSENGER))
    .join_from(BOOKING_ROW, PASSENGER, PASSENGER.c.id == BOOKING_ROW.c.passenger_id)
    .where(BOOKING_ROW.c.trip_id == bindparam("trip"))
    .order_by(BOOKING_ROW.c.created_at, BOOKING_ROW.c.id)
)

_CONTESTED = and_(BOOKING_ROW.c.is_frozen, BOOKING_ROW.c.contested_at.is_not(None))
_BOOKING_FIELDS = {
    name: BOOKING_ROW.c[name] for name in ("id", "status", "trip_id", "passenger_id", "departure_time", "created_at")
}
# Written as the partial index has it: what it is compared with is no parameter.
_BOOKINGS = LongListing(
    select(BOOKING_ROW.c.id),
    _BOOKING_FIELDS,
    shown=bookings(),
    conditions={
        "driver_ids": Condition(
            lambda drivers: BOOKING_ROW.c.trip_id.in_(select(TRIPS.c.id).where(TRIPS.c.driver_id == any_(drivers))),
            ARRAY(Uuid),
            value=list,
        ),
        "is_contested": Condition(lambda _: _CONTESTED, Boolean()),
        "is_uncontested": Condition(lambda _: ~_CONTESTED, Boolean()),
    },
)
_BOOKING = compile_once(bookings().where(BOOKING_ROW.c.id == bindparam("booking")))
_PAYMENTS = compile_once(
    PAYMENT_SHELF.select(PAYMENTS.c.booking_id == bindparam("booking")).order_by(PAYMENTS.c.created_at, PAYMENTS.c.id)
)
_read_payment = PAYMENT_SHELF.mapper.reader()


class PostgresOversightQueries:
    """See OversightQueries."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def trips(self, query: ListQuery) -> Page[DeskTripView]:
        """All trips."""
        rows, total = await _TRIPS.rows(self._runner, query)
        return Page([desk_trip_view(read_trip(row), read_driver(row).user, read_vehicle(row)) for row in rows], total)

    async def trip(self, id: UUID) -> DeskTripDetail | None:
        """A trip with its bookings."""
        row = await self._runner.fetchrow(_TRIP.sql, *_TRIP.args(trip=id))
        if row is None:
            return None
        seats = await self._runner.fetch(_SEATS.sql, *_SEATS.args(trip=id))
        taken = [(read_booking(seat), read_passenger(seat).user) for seat in seats]
        return desk_trip_detail(read_trip(row), read_driver(row).user, read_vehicle(row), taken)

    async def bookings(self, query: ListQuery) -> Page[DeskBookingView]:
        """All bookings; whose trip it is and whether it is contested are conditions of their own."""
        rows, total = await _BOOKINGS.rows(self._runner, _with_conditions(query))
        return Page([_booking_view(row) for row in rows], total)

    async def booking(self, id: UUID) -> DeskBookingDetail | None:
        """A booking with its history and payments."""
        row = await self._runner.fetchrow(_BOOKING.sql, *_BOOKING.args(booking=id))
        if row is None:
            return None
        payments = await self._runner.fetch(_PAYMENTS.sql, *_PAYMENTS.args(booking=id))
        return desk_booking_detail(_booking_view(row), read_changes(row), [_read_payment(each) for each in payments])


def _with_conditions(query: ListQuery) -> ListQuery:
    """`contested` as the one of its two conditions that it asks for, or as none when it asks for both."""
    filters: list[Filter] = []
    for each in query.filters:
        if each.field != "contested":
            filters.append(each)
        elif each.value in ((True,), (False,)):
            filters.append(Filter("is_contested" if each.value == (True,) else "is_uncontested", Op.EQ, True))
    return replace(query, filters=tuple(filters))


def _booking_view(row: Row) -> DeskBookingView:
    return desk_booking_view(read_booking(row), read_trip(row), read_driver(row).user, read_passenger(row).user)


def _conforms(queries: PostgresOversightQueries) -> OversightQueries:
    return queries
