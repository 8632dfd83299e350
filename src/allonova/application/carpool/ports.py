"""What carpooling asks of its stores and of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.carpool.views import BookingView, Hit, TripView, VehicleView
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.application.kernel.ports import Store, Unit
from allonova.domain.carpool.booking import AlreadyBooked, Booking
from allonova.domain.carpool.trip import Reached, Trip, TripsOverlap
from allonova.domain.carpool.vehicle import Comfort, PlateTaken, Vehicle
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import DocType, KycDocument
from allonova.domain.money.journal import Entry
from allonova.domain.money.payment import Payment

REFUSALS: dict[str, type[DomainError]] = {
    "uq_vehicles_plate_number": PlateTaken,
    "uq_bookings_live": AlreadyBooked,
    "ex_trips_driver_time": TripsOverlap,
}
"""The refusal for each unique or exclusion rule, by its name in the database."""


class TripStore(Store[Trip], Protocol):
    """Trips with their stops."""

    async def save_route(self, trip: Trip) -> None:
        """`save`, when the stops, the times, the prices or the status changed: search sees it from the commit on."""

    async def of_booking(self, booking_id: UUID) -> Trip:
        """The trip of a booking, locked: it is the lock over all that concerns its bookings. Raises NotFound."""


class BookingStore(Store[Booking], Protocol):
    """Bookings; `add` and `save` also keep their `changes` as history."""

    async def count_unpaid(self, passenger_id: UUID, *, since: datetime) -> int:
        """Bookings made since then that wait for the driver or for money, or ended for want of money."""

    async def count_live(self, trip_id: UUID) -> int:
        """Bookings of a trip that are pending, accepted or paid."""


class PaymentStore(Store[Payment], Protocol):
    """Payments."""

    async def open_of(self, booking_id: UUID) -> Payment | None:
        """The booking's payment that has not failed nor gone back, if any."""


class Journal(Protocol):
    """The books."""

    async def post(self, entry: Entry) -> None:
        """Append an entry; its kind happens once to its object, again raises AlreadyExists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A provider's event, kept once per provider and event id."""

    id: UUID
    provider: str
    event_id: str
    kind: str
    payment_id: UUID | None
    outcome: str
    received_at: datetime


class WebhookEvents(Protocol):
    """Provider events that were taken in."""

    async def put(self, event: StoredEvent) -> bool:
        """Keep it. False when this event was kept before; waits while another unit keeps the same one."""


class CarpoolUnit(Unit, Protocol):
    """A transaction over trips, bookings and their money."""

    @property
    def users(self) -> Store[User]: ...
    @property
    def papers(self) -> Store[KycDocument]: ...
    @property
    def vehicles(self) -> Store[Vehicle]: ...
    @property
    def trips(self) -> TripStore: ...
    @property
    def bookings(self) -> BookingStore: ...
    @property
    def payments(self) -> PaymentStore: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def webhook_events(self) -> WebhookEvents: ...
    @property
    def reads(self) -> CarpoolQueries:
        """The same queries, seeing this unit's own changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a passenger looks for. Instants bound the departure at the pickup: `earliest ≤ t < latest`."""

    start: Point
    end: Point
    earliest: datetime
    latest: datetime
    radius_m: int
    seats: int = 1
    price_min: int | None = None
    price_max: int | None = None
    comfort: Comfort | None = None
    driver_rating: float | None = None
    viewer_id: UUID | None = None
    sort: tuple[Sort, ...] = ()
    page: int = 1
    page_size: int = 20


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody, and in which language."""

    user_id: UUID
    phone: str | None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingNews:
    """What a message about a booking says."""

    driver: Contact
    passenger: Contact
    origin: str
    destination: str
    departure_time: datetime
    seats: int
    amount_total: int


class CarpoolQueries(Protocol):
    """Reads, one round trip each."""

    async def vehicle(self, id: UUID, *, owner_id: UUID) -> VehicleView | None:
        """One of somebody's vehicles."""

    async def vehicles(self, owner_id: UUID, query: ListQuery) -> Page[VehicleView]:
        """Somebody's vehicles; fields: created_at."""

    async def approved_papers(self, user_id: UUID) -> list[DocType]:
        """Which of somebody's papers are approved."""

    async def trip(self, id: UUID, *, viewer_id: UUID | None) -> TripView | None:
        """A trip, unless it is somebody else's draft."""

    async def search(self, search: Search) -> Page[Hit]:
        """Published trips that match, one hit per trip by its nearest stretch; sort: departure_time, price, distance,
        rating (best first when descending)."""

    async def booking(self, id: UUID, *, viewer_id: UUID) -> BookingView | None:
        """A booking, to one of its two sides."""

    async def bookings(self, viewer_id: UUID, role: Party, query: ListQuery) -> Page[BookingView]:
        """Somebody's bookings as PASSENGER or DRIVER; fields: status, created_at, departure_time."""

    async def booking_news(self, id: UUID) -> BookingNews | None:
        """What to tell the two sides of a booking."""

    async def payment(self, id: UUID, *, payer_id: UUID | None) -> Payment | None:
        """A payment, to its payer; to the service itself with None."""

    async def overdue_bookings(self, *, now: datetime, limit: int) -> list[UUID]:
        """Bookings that waited too long for the driver or for the money, the oldest first."""


class RoutePlanner(Protocol):
    """Roads."""

    async def reach(self, waypoints: Sequence[Point], *, departure: datetime) -> list[Reached]:
        """When a car that leaves the first waypoint then gets to each later one, and after how many metres."""
