"""Reads of carpooling."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Text, Uuid, bindparam, cast, select

from allonova.adapters.postgres.carpool.hits import trip_json
from allonova.adapters.postgres.carpool.prices import find_prices
from allonova.adapters.postgres.carpool.rows import VEHICLE
from allonova.adapters.postgres.carpool.search import find_hits, read_hit
from allonova.adapters.postgres.carpool.selects import (
    BOOKING_ROW,
    DRIVER,
    PASSENGER,
    TRIP_ROW,
    bookings,
    read_booking,
    read_driver,
    read_passenger,
    show_booking,
    show_trip,
    trips,
    visible_trip,
)
from allonova.adapters.postgres.carpool.tables import VEHICLES
from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.kyc.tables import KYC_DOCUMENTS
from allonova.adapters.postgres.lists import Listing
from allonova.adapters.postgres.money.stores import PAYMENT_SHELF, TXN, WALLET_SHELF
from allonova.adapters.postgres.money.tables import PAYMENTS, REFUNDS, WALLET_TXNS, WALLETS
from allonova.adapters.postgres.runner import Reader, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.ports import BookingNews, CarpoolQueries, Contact, Found, Search, Written
from allonova.application.carpool.views import BookingView, Hit, TripView, VehicleView, vehicle_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.money.views import WalletTxnView, WalletView, txn_view, wallet_view
from allonova.domain.carpool.price_hint import SeatPrice
from allonova.domain.carpool.rules import (
    ANSWER_TTL,
    CHECKIN_CLOSES,
    COMPLETE_AFTER,
    EMPTY_TRIP_AFTER,
    PENDING_TTL,
)
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import DocType, KycStatus
from allonova.domain.money.payment import Payment

_OWNED = select(*VEHICLE.columns()).where(VEHICLES.c.user_id == bindparam("owner_id"), VEHICLES.c.retired_at.is_(None))
_VEHICLE = compile_once(_OWNED.where(VEHICLES.c.id == bindparam("vehicle_id")))
_VEHICLES = Listing(_OWNED, {"id": VEHICLES.c.id, "created_at": VEHICLES.c.created_at})
_read_vehicle = VEHICLE.reader()

_APPROVED_PAPERS = compile_once(
    select(KYC_DOCUMENTS.c.doc_type)
    .where(KYC_DOCUMENTS.c.user_id == bindparam("user_id"), KYC_DOCUMENTS.c.status == KycStatus.APPROVED.value)
    .distinct()
    .order_by(KYC_DOCUMENTS.c.doc_type)
)

_TRIP = compile_once(visible_trip().with_only_columns(cast(trip_json(), Text).label("trip"), TRIP_ROW.c.version))
_TRIPS = Listing(
    trips().where(TRIP_ROW.c.driver_id == bindparam("driver_id")),
    {name: TRIP_ROW.c[name] for name in ("id", "status", "series_id", "departure_time", "created_at")},
)

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
_REFUND_NEWS = compile_once(
    select(REFUNDS.c.amount, *USER_SHELF.mapper.columns(prefix="u_"))
    .join_from(REFUNDS, USERS, USERS.c.id == REFUNDS.c.user_id)
    .where(REFUNDS.c.id == bindparam("refund_id"))
)
_read_payee = USER_SHELF.mapper.reader("u_")

_PAYMENTS_OF = compile_once(
    PAYMENT_SHELF.select(PAYMENTS.c.user_id == bindparam("payer_id")).order_by(PAYMENTS.c.created_at, PAYMENTS.c.id)
)

_OPEN_MATTERS = """
SELECT array_remove(ARRAY[
    CASE WHEN EXISTS (
        SELECT FROM carpool.bookings
        WHERE passenger_id = $1::uuid AND (status IN ('pending', 'accepted', 'paid') OR is_frozen)
    ) THEN 'booking' END,
    CASE WHEN EXISTS (
        SELECT FROM carpool.trips WHERE driver_id = $1::uuid AND status IN ('published', 'ongoing')
    ) OR EXISTS (
        SELECT FROM carpool.bookings b JOIN carpool.trips t ON t.id = b.trip_id
        WHERE t.driver_id = $1::uuid AND b.is_frozen
    ) THEN 'trip' END,
    CASE WHEN EXISTS (
        SELECT FROM carpool.disputes
        WHERE $1::uuid IN (opened_by, other_id) AND status IN ('open', 'in_review')
    ) THEN 'dispute' END,
    CASE WHEN EXISTS (
        SELECT FROM carpool.refunds
        WHERE user_id = $1::uuid AND status IN ('awaiting_approval', 'pending', 'pending_manual')
    ) THEN 'refund' END,
    CASE WHEN (
        SELECT sum(p.amount) FROM platform.postings p JOIN platform.accounts a ON a.id = p.account_id
        WHERE a.kind = 'driver_payable' AND a.owner = $1::uuid::text
    ) > 0 OR EXISTS (
        SELECT FROM carpool.payouts
        WHERE driver_id = $1::uuid AND status IN ('awaiting_approval', 'scheduled', 'processing')
    ) THEN 'payout' END,
    CASE WHEN EXISTS (SELECT FROM carpool.wallets WHERE user_id = $1::uuid AND balance > 0) THEN 'wallet' END
], NULL)
"""

# The partial index over those who wait brings them in this order.
_OVERDUE = """
SELECT id FROM carpool.bookings
WHERE status IN ('pending', 'accepted') AND (
    status = 'pending' AND (created_at <= $1::timestamptz - $2::interval OR departure_time <= $1::timestamptz)
    OR status = 'accepted' AND hold_expires_at <= $1::timestamptz
)
ORDER BY created_at, id LIMIT $3::int
"""

# The partial index over those whose money waits brings them in this order; the arrival counts once they are aboard.
_UNSETTLED = """
SELECT b.id FROM carpool.bookings b JOIN carpool.trips t ON t.id = b.trip_id
WHERE (b.status = 'paid' OR b.is_frozen) AND b.departure_time <= $1::timestamptz AND CASE
    WHEN b.is_frozen OR b.checked_in_at IS NULL AND b.asked_at IS NOT NULL
        THEN b.contested_at IS NULL AND b.asked_at <= $2::timestamptz
    WHEN b.checked_in_at IS NULL THEN true
    ELSE t.arrival_eta <= $3::timestamptz
END AND NOT EXISTS (
    SELECT FROM carpool.disputes d WHERE d.booking_id = b.id AND d.status IN ('open', 'in_review')
)
ORDER BY b.departure_time, b.id LIMIT $4::int
"""
_EMPTY_TRIPS = """
SELECT t.id FROM carpool.trips t
WHERE t.status = 'published' AND t.departure_time <= $1::timestamptz AND t.arrival_eta <= $1::timestamptz
    AND NOT EXISTS (
        SELECT FROM carpool.bookings b WHERE b.trip_id = t.id AND b.status IN ('pending', 'accepted', 'paid')
    )
ORDER BY t.departure_time, t.id LIMIT $2::int
"""

_WALLET = compile_once(WALLET_SHELF.select(WALLETS.c.user_id == bindparam("owner_id")))
_read_wallet = WALLET_SHELF.mapper.reader()
_WALLET_TXNS = Listing(
    select(*TXN.columns())
    .join_from(WALLET_TXNS, WALLETS, WALLETS.c.id == WALLET_TXNS.c.wallet_id)
    .where(WALLETS.c.user_id == bindparam("owner_id")),
    {name: WALLET_TXNS.c[name] for name in ("id", "type", "source", "status", "created_at")},
)
_read_txn = TXN.reader()


@cache
def _trip_views() -> TypeAdapter[TripView]:
    return TypeAdapter(TripView)


class PostgresCarpoolQueries:
    """One round trip each, on a pool or on a unit's connection; searches may be asked elsewhere."""

    def __init__(self, runner: Runner, *, searching: Reader | None = None) -> None:
        self._runner = runner
        self._searching = searching or runner

    async def vehicle(self, id: UUID, *, owner_id: UUID) -> VehicleView | None:
        """One of somebody's vehicles, unless it is retired."""
        row = await self._runner.fetchrow(_VEHICLE.sql, *_VEHICLE.args(vehicle_id=id, owner_id=owner_id))
        return None if row is None else vehicle_view(_read_vehicle(row))

    async def vehicles(self, owner_id: UUID, query: ListQuery) -> Page[VehicleView]:
        """Somebody's vehicles without the retired ones; fields: created_at."""
        rows, total = await _VEHICLES.rows(self._runner, query, owner_id=owner_id)
        return Page([vehicle_view(_read_vehicle(row)) for row in rows], total)

    async def approved_papers(self, user_id: UUID) -> list[DocType]:
        """Which of somebody's papers are approved."""
        rows = await self._runner.fetch(_APPROVED_PAPERS.sql, *_APPROVED_PAPERS.args(user_id=user_id))
        return [DocType(row[0]) for row in rows]

    async def trip(self, id: UUID, *, viewer_id: UUID | None) -> TripView | None:
        """A trip, unless it is somebody else's draft."""
        written = await self.written_trip(id, viewer_id=viewer_id)
        return None if written is None else _trip_views().validate_json(written.document)

    async def written_trip(self, id: UUID, *, viewer_id: UUID | None) -> Written | None:
        """See CarpoolQueries."""
        row = await self._runner.fetchrow(_TRIP.sql, *_TRIP.args(trip_id=id, viewer_id=viewer_id))
        return None if row is None else Written(row["trip"].encode(), row["version"])

    async def trips(self, driver_id: UUID, query: ListQuery) -> Page[TripView]:
        """Somebody's own trips as driver; fields: status, departure_time, created_at."""
        rows, total = await _TRIPS.rows(self._runner, query, driver_id=driver_id)
        return Page([show_trip(row) for row in rows], total)

    async def search(self, search: Search) -> Page[Hit]:
        """Published trips that match, one hit per trip by its nearest stretch."""
        found = await find_hits(self._searching, search)
        return Page([read_hit(hit) for hit in found.hits], found.total)

    async def find(self, search: Search) -> Found:
        """What `search` brings, as JSON."""
        return await find_hits(self._searching, search)

    async def seat_prices(
        self, start: Point, end: Point, *, radius_m: int, since: datetime, until: datetime, limit: int
    ) -> list[SeatPrice]:
        """What each driver took on his last trip that way."""
        return await find_prices(self._searching, start, end, radius_m=radius_m, since=since, until=until, limit=limit)

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
        return BookingNews(
            driver=Contact.of(read_driver(row).user),
            passenger=Contact.of(read_passenger(row).user),
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
        """A payment, to its payer; to the service itself with None."""
        row = await self._runner.fetchrow(_PAYMENT.sql, *_PAYMENT.args(payment_id=id))
        payment = None if row is None else _read_payment(row)
        return payment if payment is not None and payer_id in (None, payment.user_id) else None

    async def refund_news(self, refund_id: UUID) -> tuple[int, Contact] | None:
        """How much of a payment a refund brings back, and whom to tell."""
        row = await self._runner.fetchrow(_REFUND_NEWS.sql, *_REFUND_NEWS.args(refund_id=refund_id))
        return None if row is None else (int(row["amount"]), Contact.of(_read_payee(row)))

    async def payments(self, payer_id: UUID) -> list[Payment]:
        """All that somebody ever paid, the oldest first."""
        rows = await self._runner.fetch(_PAYMENTS_OF.sql, *_PAYMENTS_OF.args(payer_id=payer_id))
        return [_read_payment(row) for row in rows]

    async def open_matters(self, user_id: UUID) -> list[str]:
        """What still needs somebody: `booking`, `trip`, `dispute`, `refund`, `payout`, `wallet`, in this order."""
        return list(await self._runner.fetchval(_OPEN_MATTERS, user_id))

    async def overdue_bookings(self, *, now: datetime, limit: int) -> list[UUID]:
        """Bookings that waited too long for the driver or for the money, the oldest first."""
        return [row[0] for row in await self._runner.fetch(_OVERDUE, now, PENDING_TTL, limit)]

    async def unsettled_rides(self, *, now: datetime, limit: int) -> list[UUID]:
        """Paid bookings about which `SettleRides` has something to do, the oldest first."""
        ages = (now - CHECKIN_CLOSES, now - ANSWER_TTL, now - COMPLETE_AFTER)
        return [row[0] for row in await self._runner.fetch(_UNSETTLED, *ages, limit)]

    async def empty_trips(self, *, now: datetime, limit: int) -> list[UUID]:
        """Published trips without a live booking that should have arrived long ago."""
        return [row[0] for row in await self._runner.fetch(_EMPTY_TRIPS, now - EMPTY_TRIP_AFTER, limit)]

    async def wallet(self, owner_id: UUID) -> WalletView:
        """Somebody's wallet."""
        row = await self._runner.fetchrow(_WALLET.sql, *_WALLET.args(owner_id=owner_id))
        return wallet_view(None if row is None else _read_wallet(row))

    async def wallet_txns(self, owner_id: UUID, query: ListQuery) -> Page[WalletTxnView]:
        """Lines of somebody's statement; fields: type, source, status, created_at."""
        rows, total = await _WALLET_TXNS.rows(self._runner, query, owner_id=owner_id)
        return Page([txn_view(_read_txn(row)) for row in rows], total)


def _conforms(queries: PostgresCarpoolQueries) -> CarpoolQueries:
    return queries
