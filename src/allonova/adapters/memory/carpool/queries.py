"""The reads of carpooling in memory: comprehensions over the tables, shown by the application's own views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.adapters.memory.carpool.search import found
from allonova.adapters.memory.carpool.tables import (
    BOOKING_EVENTS,
    BOOKINGS,
    KYC_DOCUMENTS,
    PAYMENTS,
    TRIPS,
    VEHICLES,
)
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.store import Rows, stored
from allonova.application.carpool.ports import BookingNews, CarpoolQueries, Contact, Search
from allonova.application.carpool.views import (
    BookingView,
    Hit,
    Person,
    TripView,
    VehicleView,
    booking_view,
    leg_of,
    trip_view,
    vehicle_view,
)
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.booking import Booking, party_of
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import IDENTITY_PAPERS, DocType, KycStatus
from allonova.domain.money.payment import Payment

VEHICLE_FIELDS: Mapping[str, Callable[[Vehicle], Any]] = {"id": lambda v: v.id, "created_at": lambda v: v.created_at}
BOOKING_FIELDS: Mapping[str, Callable[[Booking], Any]] = {
    "id": lambda b: b.id,
    "status": lambda b: b.status,
    "created_at": lambda b: b.created_at,
    "departure_time": lambda b: b.departure_time,
}


class MemoryCarpoolQueries:
    """Reads of what is committed, or of what a unit sees."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def vehicle(self, id: UUID, *, owner_id: UUID) -> VehicleView | None:
        """See CarpoolQueries."""
        vehicle = self._source.rows(VEHICLES).get(id)
        return vehicle_view(vehicle) if vehicle and vehicle.user_id == owner_id else None

    async def vehicles(self, owner_id: UUID, query: ListQuery) -> Page[VehicleView]:
        """See CarpoolQueries."""
        own = [vehicle for vehicle in self._source.rows(VEHICLES).values() if vehicle.user_id == owner_id]
        return listed(own, query, fields=VEHICLE_FIELDS, show=vehicle_view)

    async def approved_papers(self, user_id: UUID) -> list[DocType]:
        """See CarpoolQueries."""
        return sorted(self._approved(user_id))

    async def trip(self, id: UUID, *, viewer_id: UUID | None) -> TripView | None:
        """See CarpoolQueries."""
        trip = self._source.rows(TRIPS).get(id)
        is_hidden = trip is None or (trip.status is TripStatus.DRAFT and trip.driver_id != viewer_id)
        return None if trip is None or is_hidden else self._trip_view(trip)

    async def search(self, search: Search) -> Page[Hit]:
        """See CarpoolQueries."""
        users, vehicles = self._source.rows(USERS), self._source.rows(VEHICLES)
        rides = [(trip, users[trip.driver_id], vehicles[trip.vehicle_id]) for trip in self._trips()]
        return found(rides, search, show=self._trip_view)

    async def booking(self, id: UUID, *, viewer_id: UUID) -> BookingView | None:
        """See CarpoolQueries."""
        booking = self._source.rows(BOOKINGS).get(id)
        if booking is None:
            return None
        driver_id = self._trip_of(booking).driver_id
        side = party_of(viewer_id, driver_id=driver_id, passenger_id=booking.passenger_id)
        return self._booking_view(booking, viewer_id) if side else None

    async def bookings(self, viewer_id: UUID, role: Party, query: ListQuery) -> Page[BookingView]:
        """See CarpoolQueries."""

        def side(booking: Booking) -> UUID:
            return self._trip_of(booking).driver_id if role is Party.DRIVER else booking.passenger_id

        if role not in (Party.DRIVER, Party.PASSENGER):
            raise ValueError(role)
        own = [booking for booking in self._source.rows(BOOKINGS).values() if side(booking) == viewer_id]
        return listed(own, query, fields=BOOKING_FIELDS, show=lambda b: self._booking_view(b, viewer_id))

    async def booking_news(self, id: UUID) -> BookingNews | None:
        """See CarpoolQueries."""
        booking = self._source.rows(BOOKINGS).get(id)
        if booking is None:
            return None
        trip = self._trip_of(booking)
        leg = leg_of(trip, booking.ride)
        return BookingNews(
            driver=self._contact(trip.driver_id),
            passenger=self._contact(booking.passenger_id),
            origin=leg.pickup.label,
            destination=leg.dropoff.label,
            departure_time=booking.departure_time,
            seats=booking.seats,
            amount_total=booking.amount_total,
        )

    async def payment(self, id: UUID, *, payer_id: UUID | None) -> Payment | None:
        """See CarpoolQueries."""
        payment = self._source.rows(PAYMENTS).get(id)
        return stored(payment) if payment and payer_id in (None, payment.user_id) else None

    async def overdue_bookings(self, *, now: datetime, limit: int) -> list[UUID]:
        """See CarpoolQueries."""
        overdue = [booking for booking in self._source.rows(BOOKINGS).values() if booking.is_overdue(now)]
        return [booking.id for booking in sorted(overdue, key=lambda b: (b.created_at, b.id))[:limit]]

    def _trips(self) -> list[Trip]:
        return list(self._source.rows(TRIPS).values())

    def _trip_of(self, booking: Booking) -> Trip:
        return self._source.rows(TRIPS)[booking.trip_id]

    def _approved(self, user_id: UUID) -> set[DocType]:
        papers = self._source.rows(KYC_DOCUMENTS).values()
        return {p.doc_type for p in papers if p.user_id == user_id and p.status is KycStatus.APPROVED}

    def _person(self, user_id: UUID) -> Person:
        return Person(self._source.rows(USERS)[user_id], bool(self._approved(user_id) & IDENTITY_PAPERS))

    def _contact(self, user_id: UUID) -> Contact:
        user = self._source.rows(USERS)[user_id]
        return Contact(user.id, user.phone, user.language)

    def _trip_view(self, trip: Trip) -> TripView:
        return trip_view(trip, self._person(trip.driver_id), self._source.rows(VEHICLES)[trip.vehicle_id])

    def _booking_view(self, booking: Booking, viewer_id: UUID) -> BookingView:
        trip = self._trip_of(booking)
        history = self._source.rows(BOOKING_EVENTS).values()
        return booking_view(
            booking,
            trip,
            self._person(trip.driver_id),
            self._person(booking.passenger_id),
            [row.change for row in history if row.booking_id == booking.id],
            viewer_id,
        )


def _conforms(queries: MemoryCarpoolQueries) -> CarpoolQueries:
    return queries
