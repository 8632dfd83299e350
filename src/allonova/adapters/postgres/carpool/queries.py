"""Reads of carpooling."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from allonova.adapters.postgres.carpool.rows import VEHICLE
from allonova.adapters.postgres.carpool.search import find_hits
from allonova.adapters.postgres.carpool.selects import (
    BOOKING_ROW,
    DRIVER,
    PASSENGER,
    TRIP_ROW,
    bookings,
    read_booking,
    read_driver,
    read_passenger,
    read_trip,
    show_booking,
    show_trip,
    visible_trip,
)
from allonova.adapters.postgres.carpool.tables import VEHICLES
from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.money.stores import PAYMENT_SHELF
from allonova.adapters.postgres.money.tables import PAYMENTS
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.ports import BookingNews, CarpoolQueries, Contact, Search
from allonova.application.carpool.views import BookingView, Hit, Person, TripView, VehicleView, leg_of, vehicle_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.carpool.rules import PENDING_TTL
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import DocType, KycStatus
from allonova.domain.money.payment import Payment

_OWNED = select(*VEHICLE.columns()).where(VEHICLES.c.user_id == bindparam("owner_id"))
_VEHICLE = compile_once(_OWNED.where(VEHICLES.c.id == bindparam("vehicle_id")))
_VEHICLES = Listing(_OWNED, {"id": VEHICLES.c.id, "created_at": VEHICLES.c.created_at})
_read_vehicle = VEHICLE.reader()

_APPROVED_PAPERS = compile_once(
    select(KYC_DOCUMENTS.c.doc_type)
    .where(KYC_DOCUMENTS.c.user_id == bindparam("user_id"), KYC_DOCUMENTS.c.status == KycStatus.APPROVED.value)
    .distinct()
    .order_by(KYC_DOCUMENTS.c.doc_type)
)

_TRIP = compile_once(visible_trip())

_IS_PASSENGER = PASSENGER.c.id == bindparam("viewer_id", type_=Uuid)
_IS_DRIVER = DRIVER.c.id == bindparam("viewer_id", type_=Uuid)
_BOOKING = compile_once(bookings().where(BOOKING_ROW.c.id == bindparam("booking_id"), _IS_PASSENGER | _IS_DRIVER))
_NEWS = compile_once(bookings().where(BOOKING_ROW.c.id == bindparam("booking_id")))
_BOOKING_FIELDS = {
    "id": BOOKING_ROW.c.id,
    "status": BOOKING_ROW.c.status,
    "created_at": BOOKING_ROW.c.created_at,
    "departure_time": BOOKING_ROW.c.departure_time,
}
_BOOKINGS_AS = {
    Party.PASSENGER: Listing(bookings().where(BOOKING_ROW.c.passenger_id == bindparam("viewer_id")), _BOOKING_FIELDS),
    Party.DRIVER: Listing(bookings().where(TRIP_ROW.c.driver_id == bindparam("viewer_id")), _BOOKING_FIELDS),
}

_PAYMENT = compile_once(PAYMENT_SHELF.select(PAYMENTS.c.id == bindparam("payment_id")))
_read_payment = PAYMENT_SHELF.mapper.reader()

# The partial index over those who wait brings them in this order.
_OVERDUE = """
SELECT id FROM carpool.bookings
WHERE status IN ('pending', 'accepted') AND (
    status = 'pending' AND (created_at <= $1::timestamptz - $2::interval OR departure_time <= $1::timestamptz)
    OR status = 'accepted' AND hold_expires_at <= $1::timestamptz
)
ORDER BY created_at, id LIMIT $3::int
"""


class PostgresCarpoolQueries:
    """One round trip each, on a pool or on a unit's connection."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def vehicle(self, id: UUID, *, owner_id: UUID) -> VehicleView | None:
        """One of somebody's vehicles."""
        row = await self._runner.fetchrow(_VEHICLE.sql, *_VEHICLE.args(vehicle_id=id, owner_id=owner_id))
        return None if row is None else vehicle_view(_read_vehicle(row))

    async def vehicles(self, owner_id: UUID, query: ListQuery) -> Page[VehicleView]:
        """Somebody's vehicles; fields: created_at."""
        rows, total = await _VEHICLES.rows(self._runner, query, owner_id=owner_id)
        return Page([vehicle_view(_read_vehicle(row)) for row in rows], total)

    async def approved_papers(self, user_id: UUID) -> list[DocType]:
        """Which of somebody's papers are approved."""
        rows = await self._runner.fetch(_APPROVED_PAPERS.sql, *_APPROVED_PAPERS.args(user_id=user_id))
        return [DocType(row[0]) for row in rows]

    async def trip(self, id: UUID, *, viewer_id: UUID | None) -> TripView | None:
        """A trip, unless it is somebody else's draft."""
        row = await self._runner.fetchrow(_TRIP.sql, *_TRIP.args(trip_id=id, viewer_id=viewer_id))
        return None if row is None else show_trip(row)

    async def search(self, search: Search) -> Page[Hit]:
        """Published trips that match, one hit per trip by its nearest stretch."""
        return await find_hits(self._runner, search)

    async def booking(self, id: UUID, *, viewer_id: UUID) -> BookingView | None:
        """A booking, to one of its two sides."""
        row = await self._runner.fetchrow(_BOOKING.sql, *_BOOKING.args(booking_id=id, viewer_id=viewer_id))
        return None if row is None else show_booking(row, viewer_id)

    async def bookings(self, viewer_id: UUID, role: Party, query: ListQuery) -> Page[BookingView]:
        """Somebody's bookings as PASSENGER or DRIVER; fields: status, created_at, departure_time."""
        if role not in _BOOKINGS_AS:
            raise ValueError(role)
        rows, total = await _BOOKINGS_AS[role].rows(self._runner, query, viewer_id=viewer_id)
        return Page([show_booking(row, viewer_id) for row in rows], total)

    async def booking_news(self, id: UUID) -> BookingNews | None:
        """What to tell the two sides of a booking."""
        row = await self._runner.fetchrow(_NEWS.sql, *_NEWS.args(booking_id=id))
        if row is None:
            return None
        booking = read_booking(row)
        leg = leg_of(read_trip(row), booking.ride)
        return BookingNews(
            driver=_contact(read_driver(row)),
            passenger=_contact(read_passenger(row)),
            origin=leg.pickup.label,
            destination=leg.dropoff.label,
            departure_time=booking.departure_time,
            seats=booking.seats,
            amount_total=booking.amount_total,
        )

    async def payment(self, id: UUID, *, payer_id: UUID | None) -> Payment | None:
        """A payment, to its payer; to the service itself with None."""
        row = await self._runner.fetchrow(_PAYMENT.sql, *_PAYMENT.args(payment_id=id))
        payment = None if row is None else _read_payment(row)
        return payment if payment is not None and payer_id in (None, payment.user_id) else None

    async def overdue_bookings(self, *, now: datetime, limit: int) -> list[UUID]:
        """Bookings that waited too long for the driver or for the money, the oldest first."""
        return [row[0] for row in await self._runner.fetch(_OVERDUE, now, PENDING_TTL, limit)]


def _contact(person: Person) -> Contact:
    return Contact(person.user.id, person.user.phone, person.user.language)


def _conforms(queries: PostgresCarpoolQueries) -> CarpoolQueries:
    return queries
