"""Trips and bookings as the back office looks for them, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.tables import BOOKING_EVENTS, BOOKINGS, TRIPS, VEHICLES
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.money.tables import PAYMENTS
from allonova.adapters.memory.store import Rows
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
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.trip import Trip


def _fields(*names: str) -> Mapping[str, Callable[[Any], Any]]:
    return {name: attrgetter(name) for name in names}


TRIP_FIELDS = _fields("id", "status", "driver_id", "vehicle_id", "women_only", "departure_time", "created_at")
BOOKING_FIELDS = _fields("id", "status", "trip_id", "passenger_id", "departure_time", "created_at")
OLDEST_FIRST = attrgetter("created_at", "id")


class MemoryOversightQueries:
    """See OversightQueries."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def trips(self, query: ListQuery) -> Page[DeskTripView]:
        """See OversightQueries."""
        return listed(self._source.rows(TRIPS).values(), query, fields=TRIP_FIELDS, show=self._trip_view)

    async def trip(self, id: UUID) -> DeskTripDetail | None:
        """See OversightQueries."""
        trip, users = self._source.rows(TRIPS).get(id), self._source.rows(USERS)
        if trip is None:
            return None
        bookings = [booking for booking in self._source.rows(BOOKINGS).values() if booking.trip_id == id]
        return desk_trip_detail(
            trip,
            users[trip.driver_id],
            self._source.rows(VEHICLES)[trip.vehicle_id],
            [(booking, users[booking.passenger_id]) for booking in sorted(bookings, key=OLDEST_FIRST)],
        )

    async def bookings(self, query: ListQuery) -> Page[DeskBookingView]:
        """See OversightQueries."""
        trips = self._source.rows(TRIPS)
        conditions: Mapping[str, Callable[[Booking, Any], bool]] = {
            "driver_ids": lambda booking, drivers: trips[booking.trip_id].driver_id in drivers,
            "contested": lambda booking, wanted: booking.is_contested in wanted,
        }
        rows = self._source.rows(BOOKINGS).values()
        return listed(rows, query, fields=BOOKING_FIELDS, show=self._booking_view, conditions=conditions)

    async def booking(self, id: UUID) -> DeskBookingDetail | None:
        """See OversightQueries."""
        booking = self._source.rows(BOOKINGS).get(id)
        if booking is None:
            return None
        history = [row.change for row in self._source.rows(BOOKING_EVENTS).values() if row.booking_id == id]
        payments = [payment for payment in self._source.rows(PAYMENTS).values() if payment.booking_id == id]
        return desk_booking_detail(self._booking_view(booking), history, sorted(payments, key=OLDEST_FIRST))

    def _trip_view(self, trip: Trip) -> DeskTripView:
        return desk_trip_view(
            trip, self._source.rows(USERS)[trip.driver_id], self._source.rows(VEHICLES)[trip.vehicle_id]
        )

    def _booking_view(self, booking: Booking) -> DeskBookingView:
        trip, users = self._source.rows(TRIPS)[booking.trip_id], self._source.rows(USERS)
        return desk_booking_view(booking, trip, users[trip.driver_id], users[booking.passenger_id])


def _conforms(queries: MemoryOversightQueries) -> OversightQueries:
    return queries
