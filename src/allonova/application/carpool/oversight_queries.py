"""Trips and bookings as the back office looks for them."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.carpool.oversight_views import (
    DeskBookingDetail,
    DeskBookingView,
    DeskTripDetail,
    DeskTripView,
)
from allonova.application.kernel.listing import ListQuery, Page


class OversightQueries(Protocol):
    """Reads outside a transaction, two round trips each at most."""

    async def trips(self, query: ListQuery) -> Page[DeskTripView]:
        """Fields: id, status, driver_id, vehicle_id, women_only, departure_time, created_at."""

    async def trip(self, id: UUID) -> DeskTripDetail | None:
        """A trip with its bookings."""

    async def bookings(self, query: ListQuery) -> Page[DeskBookingView]:
        """Fields: id, status, trip_id, passenger_id, departure_time, created_at. The conditions `driver_ids` (one of
        some) and `contested` (whether money waits for a decision between the two sides, or not) take tuples.
        """

    async def booking(self, id: UUID) -> DeskBookingDetail | None:
        """A booking with its history and payments."""
