"""The tables that trips and bookings need, as classes of SQLAlchemy's ORM."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

from flask_sqlalchemy import SQLAlchemy
from geoalchemy2 import Geography, WKBElement
from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, LargeBinary, MetaData
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

PLATFORM = {"schema": "platform"}
Point = Geography("POINT", srid=4326, spatial_index=False)
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    """Rides' schema; what serves all has its own."""

    metadata = MetaData(schema="carpool")


db = SQLAlchemy(model_class=Base)


class User(db.Model):
    """Somebody."""

    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    photo_url: Mapped[str | None]
    is_active: Mapped[bool]
    is_phone_verified: Mapped[bool]
    rating_avg: Mapped[Decimal]
    rating_count: Mapped[int]
    papers: Mapped[list[Paper]] = relationship()

    @property
    def last_initial(self) -> str | None:
        """All that others see of the name."""
        return self.last_name[:1].upper() if self.last_name else None

    @property
    def is_verified(self) -> bool:
        """Whether an identity paper is approved."""
        return any(paper.status == "approved" and paper.doc_type in ("cni", "passport") for paper in self.papers)


class Paper(db.Model):
    """An identity paper."""

    __tablename__ = "kyc_documents"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("carpool.users.id"))
    doc_type: Mapped[str]
    status: Mapped[str]


class Vehicle(db.Model):
    """A car."""

    __tablename__ = "vehicles"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    make: Mapped[str]
    model: Mapped[str]
    color: Mapped[str]
    comfort_level: Mapped[str]
    year: Mapped[int | None]
    verified: Mapped[bool]


class Trip(db.Model):
    """A trip with its stops."""

    __tablename__ = "trips"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    driver_id: Mapped[UUID] = mapped_column(ForeignKey("carpool.users.id"))
    vehicle_id: Mapped[UUID] = mapped_column(ForeignKey("carpool.vehicles.id"))
    origin_point: Mapped[WKBElement] = mapped_column(Point)
    origin_text: Mapped[str]
    destination_point: Mapped[WKBElement] = mapped_column(Point)
    destination_text: Mapped[str]
    departure_time: Mapped[Moment]
    arrival_eta: Mapped[Moment]
    distance_m: Mapped[int]
    price_per_seat: Mapped[Decimal]
    seats_total: Mapped[int]
    seats_available: Mapped[int]
    seats_held: Mapped[list[int]] = mapped_column(ARRAY(INTEGER))
    seats_sold: Mapped[list[int]] = mapped_column(ARRAY(INTEGER))
    luggage_policy: Mapped[str | None]
    rules: Mapped[str | None]
    allow_auto_accept: Mapped[bool]
    women_only: Mapped[bool]
    series_id: Mapped[UUID | None]
    status: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    driver: Mapped[User] = relationship()
    vehicle: Mapped[Vehicle] = relationship()
    stops: Mapped[list[Stop]] = relationship(order_by="Stop.order")

    @property
    def distance_km(self) -> float:
        """As it is shown."""
        return round(self.distance_m / 1000, 1)


class Stop(db.Model):
    """A halt."""

    __tablename__ = "trip_stops"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    trip_id: Mapped[UUID] = mapped_column(ForeignKey("carpool.trips.id"))
    order: Mapped[int]
    point: Mapped[WKBElement] = mapped_column(Point)
    label: Mapped[str]
    pickup_allowed: Mapped[bool]
    dropoff_allowed: Mapped[bool]
    price_from_origin: Mapped[Decimal]
    eta: Mapped[Moment]


class Booking(db.Model):
    """Seats on a trip."""

    __tablename__ = "bookings"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    trip_id: Mapped[UUID] = mapped_column(ForeignKey("carpool.trips.id"))
    passenger_id: Mapped[UUID] = mapped_column(ForeignKey("carpool.users.id"))
    seats: Mapped[int]
    board: Mapped[int]
    alight: Mapped[int]
    pickup_stop_id: Mapped[UUID | None]
    dropoff_stop_id: Mapped[UUID | None]
    pickup_text: Mapped[str]
    dropoff_text: Mapped[str]
    departure_time: Mapped[Moment]
    amount_total: Mapped[Decimal]
    fees: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(default="XOF")
    status: Mapped[str] = mapped_column(default="pending")
    qr_code: Mapped[str]
    hold_expires_at: Mapped[Moment | None]
    paid_at: Mapped[Moment | None]
    checked_in_at: Mapped[Moment | None]
    started_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    cancelled_by: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    cancel_fee: Mapped[Decimal | None]
    cancel_refund: Mapped[Decimal | None]
    asked_at: Mapped[Moment | None]
    contested_at: Mapped[Moment | None]
    is_frozen: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    trip: Mapped[Trip] = relationship()
    passenger: Mapped[User] = relationship()
    events: Mapped[list[BookingEvent]] = relationship(order_by="BookingEvent.seq")


class BookingEvent(db.Model):
    """A line of a booking's history."""

    __tablename__ = "booking_events"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("carpool.bookings.id"))
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    by: Mapped[str]
    by_id: Mapped[UUID | None]
    meta: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[Moment]


class Block(db.Model):
    """Somebody who does not want to ride with somebody."""

    __tablename__ = "blocks"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    blocked_id: Mapped[UUID]


class IdempotencyKey(db.Model):
    """A request that must act once, and its answer."""

    __tablename__ = "idempotency_keys"
    __table_args__ = PLATFORM
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    scope: Mapped[str]
    fingerprint: Mapped[str]
    answer_status: Mapped[int | None]
    answer_body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[Moment]


class OutboxRow(db.Model):
    """An event for somebody who hears of it."""

    __tablename__ = "outbox"
    __table_args__ = PLATFORM
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    event: Mapped[str]
    payload: Mapped[Json]
    subscriber: Mapped[str]
    is_live: Mapped[bool]
    due_at: Mapped[Moment]
    created_at: Mapped[Moment]


class AuditLog(db.Model):
    """Who did what."""

    __tablename__ = "audit_logs"
    __table_args__ = PLATFORM
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    actor_type: Mapped[str]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[UUID]
    meta: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[Moment]
