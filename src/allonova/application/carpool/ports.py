"""What carpooling asks of its stores and of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self
from uuid import UUID

from allonova.application.carpool.alert_ports import AlertStore
from allonova.application.carpool.chat_ports import MessageStore
from allonova.application.carpool.desk_ports import ReviewStore, SegmentStore
from allonova.application.carpool.dispute_ports import DisputeStore, EvidenceStore
from allonova.application.carpool.people_ports import BlockStore, ReportStore
from allonova.application.carpool.rating_ports import RatingStore
from allonova.application.carpool.ride_ports import LocationStore, ProofStore, RideLinkStore
from allonova.application.carpool.views import BookingView, Hit, TripView, VehicleView
from allonova.application.identity.ports import IdentityUnit
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.application.kernel.ports import Store
from allonova.application.money.ports import MoneyUnit
from allonova.application.money.views import WalletTxnView, WalletView
from allonova.domain.carpool.booking import AlreadyBooked, Booking
from allonova.domain.carpool.price_hint import SeatPrice
from allonova.domain.carpool.series import TripSeries
from allonova.domain.carpool.trip import Trip, TripsOverlap
from allonova.domain.carpool.vehicle import Comfort, PlateTaken, Vehicle
from allonova.domain.identity.user import User
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Box, Point
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import DocType
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

    async def seats_offered(self, vehicle_id: UUID, *, now: datetime) -> int:
        """The most seats that a trip of a vehicle offers, published or under way, that has yet to arrive; else 0."""

    async def add_all(self, entities: Sequence[Trip]) -> None:
        """Keep new ones with their stops, in few round trips. Raises TripsOverlap."""

    async def on_the_road(self, driver_id: UUID, *, after: datetime, before: datetime) -> list[Trip]:
        """Somebody's trips, published or under way, of which a part lies between the two instants."""

    async def following(self, series_id: UUID, *, since: datetime, is_return: bool | None = None) -> list[Trip]:
        """The drafts and published trips of a series that leave from then on, in order; one way if it is given."""

    async def forget_words(self, driver_id: UUID) -> None:
        """What a driver who is erased wrote on his trips: rules, luggage, why he cancelled. The ways stay."""

    async def remove(self, trip: Trip) -> None:
        """Forget a trip that nobody ever booked, with its stops."""


class VehicleStore(Store[Vehicle], Protocol):
    """Vehicles."""

    async def all_of(self, owner_id: UUID) -> list[Vehicle]:
        """Somebody's vehicles, the retired ones too, the oldest first."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What may stand between a passenger and a driver's seat: who the driver is, whether either blocks the other, and
    how many of the passenger's bookings wait for the driver or for money, or ended for want of money.
    """

    driver: User
    is_blocked: bool
    unpaid: int


class BookingStore(Store[Booking], Protocol):
    """Bookings; `add` and `save` also keep their `changes` as history."""

    async def asking(self, passenger_id: UUID, driver_id: UUID, *, since: datetime) -> Asking:
        """Who asks whom, in one round trip; unpaid are counted that were made since then."""

    async def count_live(self, trip_id: UUID) -> int:
        """Bookings of a trip that are pending, accepted or paid."""

    async def live_of(self, trip_id: UUID) -> list[Booking]:
        """A trip's bookings that are pending, accepted or paid, in the order in which they came."""

    async def shift(self, trip_id: UUID, *, by: timedelta, at: datetime) -> None:
        """The live bookings of a trip leave so much later, or earlier; no hold outlives the departure."""

    async def paid_of(self, trip_id: UUID) -> list[Booking]:
        """A trip's bookings that were paid at some time, whatever became of them, in the order in which they came."""

    async def forget_words(self, user_id: UUID) -> None:
        """Why somebody who is erased cancelled, as passenger or as driver."""

    async def has_any(self, trip_id: UUID) -> bool:
        """Whether anybody ever booked a seat on the trip, whatever became of it."""

    async def has_started(self, trip_id: UUID) -> bool:
        """Whether the driver started anybody's ride on the trip."""


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


class CarpoolUnit(MoneyUnit, Protocol):
    """A transaction over trips, bookings and their money."""

    @property
    def vehicles(self) -> VehicleStore: ...
    @property
    def trips(self) -> TripStore: ...
    @property
    def series(self) -> Store[TripSeries]: ...
    @property
    def bookings(self) -> BookingStore: ...
    @property
    def alerts(self) -> AlertStore: ...
    @property
    def blocks(self) -> BlockStore: ...
    @property
    def reports(self) -> ReportStore: ...
    @property
    def segments(self) -> SegmentStore: ...
    @property
    def reviews(self) -> ReviewStore: ...
    @property
    def locations(self) -> LocationStore: ...
    @property
    def proofs(self) -> ProofStore: ...
    @property
    def ride_links(self) -> RideLinkStore: ...
    @property
    def messages(self) -> MessageStore: ...
    @property
    def ratings(self) -> RatingStore: ...
    @property
    def disputes(self) -> DisputeStore: ...
    @property
    def evidence(self) -> EvidenceStore: ...
    @property
    def webhook_events(self) -> WebhookEvents: ...
    @property
    def reads(self) -> CarpoolQueries:
        """The same queries, seeing this unit's own changes."""


class AccountUnit(CarpoolUnit, IdentityUnit, Protocol):
    """A transaction over an account and all that it did."""


RIDES_IN_AREA = 2_000
"""An area may be a country: a search in one looks at so many of its next rides, so that what it costs has a bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a passenger looks for: pickup and dropoff within `radius_m` of `start` and `end`, and both in `area`, as far
    as they are given; one end without a point needs the area. Instants bound the departure at the pickup:
    `earliest ≤ t < latest`.
    """

    start: Point | None
    end: Point | None
    area: Box | None = None
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

    def __post_init__(self) -> None:
        if self.area is None and None in (self.start, self.end):
            raise ValueError("a search without points needs an area")


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody, and in which language. Phone and e-mail only once they are verified."""

    user_id: UUID
    phone: str | None
    email: str | None
    language: str
    wants_push: bool
    wants_sms: bool
    wants_email: bool

    @classmethod
    def of(cls, user: User) -> Self:
        """Somebody's, with what he wants."""
        return cls(
            user_id=user.id,
            phone=user.phone if user.is_phone_verified else None,
            email=user.email if user.is_email_verified else None,
            language=user.language,
            wants_push=user.notify_push,
            wants_sms=user.notify_sms,
            wants_email=user.notify_email,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingNews:
    """What a message about a booking says. `ended_by` is who gave it up; fee and refund are what came of it."""

    driver: Contact
    passenger: Contact
    trip_id: UUID
    origin: str
    destination: str
    departure_time: datetime
    seats: int
    amount_total: int
    fee: int
    refund: int
    ended_by: Party | None
    hold_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits as the wire has them, one JSON document each; `total` counts all that match."""

    hits: tuple[bytes, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Written:
    """One thing as the wire has it, and which version of it that is."""

    document: bytes
    version: int


class CarpoolQueries(Protocol):
    """Reads, one round trip each."""

    async def vehicle(self, id: UUID, *, owner_id: UUID) -> VehicleView | None:
        """One of somebody's vehicles, unless it is retired."""

    async def vehicles(self, owner_id: UUID, query: ListQuery) -> Page[VehicleView]:
        """Somebody's vehicles without the retired ones; fields: created_at."""

    async def approved_papers(self, user_id: UUID) -> list[DocType]:
        """Which of somebody's papers are approved."""

    async def trip(self, id: UUID, *, viewer_id: UUID | None) -> TripView | None:
        """A trip, unless it is somebody else's draft."""

    async def written_trip(self, id: UUID, *, viewer_id: UUID | None) -> Written | None:
        """The same, as JSON: what is asked for most often."""

    async def trips(self, driver_id: UUID, query: ListQuery) -> Page[TripView]:
        """Somebody's own trips as driver; fields: status, departure_time, created_at."""

    async def find(self, search: Search) -> Found:
        """What `search` brings, as JSON: most of it is only passed on."""

    async def search(self, search: Search) -> Page[Hit]:
        """Published trips that match, one hit per trip by its nearest stretch, the dearest of those that are equally
        near; sort: departure_time, price, distance, rating (best first when descending)."""

    async def seat_prices(
        self, start: Point, end: Point, *, radius_m: int, since: datetime, until: datetime, limit: int
    ) -> Sequence[SeatPrice]:
        """What each driver took on his last trip from near one point to near the other that departed in that time and
        was not called off; of the last `limit` trips.
        """

    async def booking(self, id: UUID, *, viewer_id: UUID) -> BookingView | None:
        """A booking, to one of its two sides."""

    async def bookings(self, viewer_id: UUID, role: Party, query: ListQuery) -> Page[BookingView]:
        """Somebody's bookings as PASSENGER or DRIVER; fields: status, created_at, departure_time."""

    async def booking_news(self, id: UUID) -> BookingNews | None:
        """What to tell the two sides of a booking."""

    async def payment(self, id: UUID, *, payer_id: UUID | None) -> Payment | None:
        """A payment, to its payer; to the service itself with None."""

    async def refund_news(self, refund_id: UUID) -> tuple[int, Contact] | None:
        """How much of a payment a refund brings back, and whom to tell."""

    async def payments(self, payer_id: UUID) -> list[Payment]:
        """All that somebody ever paid, the oldest first."""

    async def open_matters(self, user_id: UUID) -> list[str]:
        """What still needs somebody: `booking`, `trip`, `dispute`, `refund`, `payout`, `wallet`, in this order."""

    async def overdue_bookings(self, *, now: datetime, limit: int) -> list[UUID]:
        """Bookings that waited too long for the driver or for the money, the oldest first."""

    async def unsettled_rides(self, *, now: datetime, limit: int) -> list[UUID]:
        """Paid bookings about which `SettleRides` has something to do, the oldest first: a ride that nobody ended, a
        passenger who did not check in, a question that the driver did not answer. Not while one is disputed."""

    async def empty_trips(self, *, now: datetime, limit: int) -> list[UUID]:
        """Published trips without a live booking that should have arrived long ago."""

    async def wallet(self, owner_id: UUID) -> WalletView:
        """Somebody's wallet."""

    async def wallet_txns(self, owner_id: UUID, query: ListQuery) -> Page[WalletTxnView]:
        """Lines of somebody's statement; fields: type, source, status, created_at."""


class SearchCache(Protocol):
    """What searches found lately. It forgets at will, and a cache that is down knows nothing."""

    async def ask(self, search: Search, *, now: datetime) -> Found | None:
        """The page kept for a search, unless its time is over."""

    async def count(self, search: Search, *, now: datetime) -> None:
        """Somebody has asked it."""

    async def keep(self, search: Search, found: Found, *, until: datetime) -> None:
        """Keep what it found, until then."""

    async def forget(self, *viewer_ids: UUID) -> None:
        """What was kept for these people says too much, or too little, by now."""

    async def most_asked(self, *, now: datetime, limit: int) -> Sequence[Search]:
        """The searches that were counted most, and more than once, in the last ten minutes; the most asked first."""
