"""The reads of carpooling in memory: comprehensions over the tables, shown by the application's own views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from allonova.adapters.memory.carpool.disputes import DISPUTES, is_disputed
from allonova.adapters.memory.carpool.people import is_blocked, person
from allonova.adapters.memory.carpool.search import found
from allonova.adapters.memory.carpool.tables import BOOKING_EVENTS, BOOKINGS, TRIPS, VEHICLES
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.kyc import KYC_DOCUMENTS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.money.tables import JOURNAL_ENTRIES, PAYMENTS, PAYOUTS, REFUNDS, WALLET_TXNS, WALLETS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.carpool.ports import BookingNews, CarpoolQueries, Contact, Found, Search, Written
from allonova.application.carpool.views import (
    BookingView,
    Hit,
    Person,
    TripView,
    VehicleView,
    booking_view,
    trip_view,
    vehicle_view,
)
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.views import WalletTxnView, WalletView, txn_view, wallet_view
from allonova.domain.carpool.booking import LIVE, Booking, BookingStatus, party_of
from allonova.domain.carpool.price_hint import SeatPrice
from allonova.domain.carpool.rules import COMPLETE_AFTER, EMPTY_TRIP_AFTER
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.carpool.women_only import is_open_to
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import DocType, KycStatus
from allonova.domain.money.journal import driver_payable
from allonova.domain.money.payment import Payment
from allonova.domain.money.payout import IN_FLIGHT
from allonova.domain.money.refund import UNFINISHED
from allonova.domain.money.wallet import Wallet, WalletTxn

TOOK_PLACE = (TripStatus.PUBLISHED, TripStatus.ONGOING, TripStatus.COMPLETED)
VEHICLE_FIELDS: Mapping[str, Callable[[Vehicle], Any]] = {"id": lambda v: v.id, "created_at": lambda v: v.created_at}
TRIP_FIELDS: Mapping[str, Callable[[Trip], Any]] = {
    name: attrgetter(name) for name in ("id", "status", "series_id", "departure_time", "created_at")
}
BOOKING_FIELDS: Mapping[str, Callable[[Booking], Any]] = {
    "id": lambda b: b.id,
    "status": lambda b: b.status,
    "created_at": lambda b: b.created_at,
    "departure_time": lambda b: b.departure_time,
}
TXN_FIELDS: Mapping[str, Callable[[WalletTxn], Any]] = {
    name: attrgetter(name) for name in ("id", "type", "source", "status", "created_at")
}


@cache
def _hits() -> TypeAdapter[Hit]:
    return TypeAdapter(Hit)


@cache
def _trip_views() -> TypeAdapter[TripView]:
    return TypeAdapter(TripView)


class MemoryCarpoolQueries:
    """Reads of what is committed, or of what a unit sees."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def vehicle(self, id: UUID, *, owner_id: UUID) -> VehicleView | None:
        """See CarpoolQueries."""
        vehicle = self._source.rows(VEHICLES).get(id)
        is_his = vehicle is not None and vehicle.user_id == owner_id and vehicle.retired_at is None
        return vehicle_view(vehicle) if vehicle and is_his else None

    async def vehicles(self, owner_id: UUID, query: ListQuery) -> Page[VehicleView]:
        """See CarpoolQueries."""
        vehicles = self._source.rows(VEHICLES).values()
        own = [vehicle for vehicle in vehicles if vehicle.user_id == owner_id and vehicle.retired_at is None]
        return listed(own, query, fields=VEHICLE_FIELDS, show=vehicle_view)

    async def approved_papers(self, user_id: UUID) -> list[DocType]:
        """See CarpoolQueries."""
        return sorted(self._approved(user_id))

    async def trip(self, id: UUID, *, viewer_id: UUID | None) -> TripView | None:
        """See CarpoolQueries."""
        trip = self._source.rows(TRIPS).get(id)
        return self._trip_view(trip) if trip and self._is_shown(trip, viewer_id) else None

    async def written_trip(self, id: UUID, *, viewer_id: UUID | None) -> Written | None:
        """See CarpoolQueries."""
        trip = await self.trip(id, viewer_id=viewer_id)
        return None if trip is None else Written(_trip_views().dump_json(trip), trip.version)

    async def trips(self, driver_id: UUID, query: ListQuery) -> Page[TripView]:
        """See CarpoolQueries."""
        own = [trip for trip in self._trips() if trip.driver_id == driver_id]
        return listed(own, query, fields=TRIP_FIELDS, show=self._trip_view)

    async def search(self, search: Search) -> Page[Hit]:
        """See CarpoolQueries."""
        users, vehicles = self._source.rows(USERS), self._source.rows(VEHICLES)
        rides = [
            (trip, users[trip.driver_id], vehicles[trip.vehicle_id])
            for trip in self._trips()
            if self._is_open(trip, search.viewer_id)
        ]
        return found(rides, search, show=self._trip_view)

    async def find(self, search: Search) -> Found:
        """See CarpoolQueries."""
        page = await self.search(search)
        return Found(tuple(_hits().dump_json(hit) for hit in page.items), page.total)

    async def seat_prices(
        self, start: Point, end: Point, *, radius_m: int, since: datetime, until: datetime, limit: int
    ) -> list[SeatPrice]:
        """See CarpoolQueries."""
        lately = [
            trip
            for trip in self._trips()
            if trip.status in TOOK_PLACE
            and since <= trip.departure_time < until
            and max(trip.origin_point.distance_m(start), trip.destination_point.distance_m(end)) <= radius_m
        ]
        lately.sort(key=attrgetter("id"))
        lately.sort(key=attrgetter("departure_time"), reverse=True)
        newest: dict[UUID, Trip] = {}
        for trip in lately[:limit]:
            newest.setdefault(trip.driver_id, trip)
        return [SeatPrice(trip.price_per_seat, trip.distance_m) for _, trip in sorted(newest.items())]

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
        return BookingNews(
            driver=self._contact(trip.driver_id),
            passenger=self._contact(booking.passenger_id),
            trip_id=booking.trip_id,
            origin=booking.pickup_text,
            destination=booking.dropoff_text,
            departure_time=booking.departure_time,
            seats=booking.seats,
            amount_total=booking.amount_total,
            fee=booking.cancel_fee or 0,
            refund=booking.cancel_refund or 0,
            ended_by=booking.cancelled_by,
            hold_expires_at=booking.hold_expires_at,
        )

    async def payment(self, id: UUID, *, payer_id: UUID | None) -> Payment | None:
        """See CarpoolQueries."""
        payment = self._source.rows(PAYMENTS).get(id)
        return stored(payment) if payment and payer_id in (None, payment.user_id) else None

    async def refund_news(self, refund_id: UUID) -> tuple[int, Contact] | None:
        """See CarpoolQueries."""
        refund = self._source.rows(REFUNDS).get(refund_id)
        return None if refund is None else (refund.amount, self._contact(refund.user_id))

    async def payments(self, payer_id: UUID) -> list[Payment]:
        """See CarpoolQueries."""
        mine = [payment for payment in self._source.rows(PAYMENTS).values() if payment.user_id == payer_id]
        return [stored(payment) for payment in sorted(mine, key=attrgetter("created_at", "id"))]

    async def open_matters(self, user_id: UUID) -> list[str]:
        """See CarpoolQueries."""
        bookings = self._source.rows(BOOKINGS).values()
        refunds, payouts = self._source.rows(REFUNDS).values(), self._source.rows(PAYOUTS).values()
        driven = {trip.id: trip.status for trip in self._trips() if trip.driver_id == user_id}
        wallet = self._wallet(user_id)
        found = {
            "booking": any(b.passenger_id == user_id and (b.status in LIVE or b.is_frozen) for b in bookings),
            "trip": any(status in (TripStatus.PUBLISHED, TripStatus.ONGOING) for status in driven.values())
            or any(b.trip_id in driven and b.is_frozen for b in bookings),
            "dispute": any(d.has(user_id) and d.is_open for d in self._source.rows(DISPUTES).values()),
            "refund": any(r.user_id == user_id and r.status in UNFINISHED for r in refunds),
            "payout": self._payable(user_id) > 0
            or any(payout.driver_id == user_id and payout.status in IN_FLIGHT for payout in payouts),
            "wallet": wallet is not None and wallet.balance > 0,
        }
        return [matter for matter, is_open in found.items() if is_open]

    def _is_shown(self, trip: Trip, viewer_id: UUID | None) -> bool:
        if trip.driver_id == viewer_id:
            return True
        is_out = trip.status is not TripStatus.DRAFT
        return is_out and (self._is_open(trip, viewer_id) or self._rides_on(trip, viewer_id))

    def _is_open(self, trip: Trip, viewer_id: UUID | None) -> bool:
        users = self._source.rows(USERS)
        viewer = None if viewer_id is None else users.get(viewer_id)
        is_met = not is_blocked(self._source, viewer_id, trip.driver_id)
        return is_met and is_open_to(trip, users[trip.driver_id], viewer)

    def _rides_on(self, trip: Trip, passenger_id: UUID | None) -> bool:
        bookings = self._source.rows(BOOKINGS).values()
        return any((b.trip_id, b.passenger_id) == (trip.id, passenger_id) and b.status in LIVE for b in bookings)

    def _payable(self, driver_id: UUID) -> int:
        account = driver_payable(driver_id)
        entries = self._source.rows(JOURNAL_ENTRIES).values()
        return sum(posting.amount for entry in entries for posting in entry.postings if posting.account == account)

    async def overdue_bookings(self, *, now: datetime, limit: int) -> list[UUID]:
        """See CarpoolQueries."""
        overdue = [booking for booking in self._source.rows(BOOKINGS).values() if booking.is_overdue(now)]
        return [booking.id for booking in sorted(overdue, key=lambda b: (b.created_at, b.id))[:limit]]

    async def unsettled_rides(self, *, now: datetime, limit: int) -> list[UUID]:
        """See CarpoolQueries."""
        due = [booking for booking in self._source.rows(BOOKINGS).values() if self._is_unsettled(booking, now)]
        return [booking.id for booking in sorted(due, key=lambda b: (b.departure_time, b.id))[:limit]]

    def _is_unsettled(self, booking: Booking, now: datetime) -> bool:
        waits = booking.status is BookingStatus.PAID or booking.is_frozen
        if not waits or now < booking.checkin_closes_at or is_disputed(self._source, booking.id):
            return False
        if booking.is_frozen or (booking.checked_in_at is None and booking.asked_at is not None):
            return booking.is_unanswered(now)
        return booking.checked_in_at is None or now >= self._trip_of(booking).arrival_eta + COMPLETE_AFTER

    async def empty_trips(self, *, now: datetime, limit: int) -> list[UUID]:
        """See CarpoolQueries."""
        busy = {booking.trip_id for booking in self._source.rows(BOOKINGS).values() if booking.status in LIVE}
        over = [
            trip
            for trip in self._trips()
            if trip.status is TripStatus.PUBLISHED
            and now >= trip.arrival_eta + EMPTY_TRIP_AFTER
            and trip.id not in busy
        ]
        return [trip.id for trip in sorted(over, key=lambda t: (t.departure_time, t.id))[:limit]]

    async def wallet(self, owner_id: UUID) -> WalletView:
        """See CarpoolQueries."""
        return wallet_view(self._wallet(owner_id))

    async def wallet_txns(self, owner_id: UUID, query: ListQuery) -> Page[WalletTxnView]:
        """See CarpoolQueries."""
        wallet = self._wallet(owner_id)
        txns = [txn for txn in self._source.rows(WALLET_TXNS).values() if wallet and txn.wallet_id == wallet.id]
        return listed(txns, query, fields=TXN_FIELDS, show=txn_view)

    def _wallet(self, owner_id: UUID) -> Wallet | None:
        return next((w for w in self._source.rows(WALLETS).values() if w.user_id == owner_id), None)

    def _trips(self) -> list[Trip]:
        return list(self._source.rows(TRIPS).values())

    def _trip_of(self, booking: Booking) -> Trip:
        return self._source.rows(TRIPS)[booking.trip_id]

    def _approved(self, user_id: UUID) -> set[DocType]:
        papers = self._source.rows(KYC_DOCUMENTS).values()
        return {p.doc_type for p in papers if p.user_id == user_id and p.status is KycStatus.APPROVED}

    def _person(self, user_id: UUID) -> Person:
        return person(self._source, user_id)

    def _contact(self, user_id: UUID) -> Contact:
        return Contact.of(self._source.rows(USERS)[user_id])

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
