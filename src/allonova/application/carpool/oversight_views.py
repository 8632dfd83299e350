"""Trips and bookings as the back office sees them: with whom to call, and where the money is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.application.carpool.payment_queries import DeskPaymentView, desk_payment_view
from allonova.application.carpool.views import (
    BookingEventView,
    Cancellation,
    PlaceView,
    RideQuestion,
    StopView,
    cancellation_of,
    change_view,
    place_view,
    question_of,
    stop_view,
)
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.trip import StopCategory, Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Change
from allonova.domain.money.payment import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPerson:
    """Somebody whom the back office may have to call."""

    id: UUID
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskVehicle:
    """A trip's vehicle with its plate."""

    id: UUID
    make: str
    model: str
    color: str
    plate_number: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTripView:
    """A trip. Francs; `cancel_reason` is the driver's, or what the back office noted for itself when it called it off:
    then `stopped_for` is what the driver was told.
    """

    id: UUID
    driver: DeskPerson
    vehicle: DeskVehicle
    origin: PlaceView
    destination: PlaceView
    departure_time: datetime
    arrival_eta: datetime
    distance_km: float
    price_per_seat: int
    seats_total: int
    seats_available: int
    women_only: bool
    status: TripStatus
    cancel_reason: str | None
    stopped_for: StopCategory | None
    series_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSeat:
    """A booking, on a trip's page. Francs; `in_escrow` is what is kept until its ride has ended or been decided."""

    id: UUID
    passenger: DeskPerson
    seats: int
    pickup: str
    dropoff: str
    status: BookingStatus
    amount_total: int
    in_escrow: int
    checked_in_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTripDetail(DeskTripView):
    """A trip with all that hangs on it; `in_escrow` of all its bookings together, which come in the order of their
    asking.
    """

    stops: tuple[StopView, ...]
    luggage_policy: str | None
    rules: str | None
    allow_auto_accept: bool
    in_escrow: int
    bookings: tuple[DeskSeat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBookingTrip:
    """A trip, on a booking."""

    id: UUID
    driver: DeskPerson
    origin: PlaceView
    destination: PlaceView
    departure_time: datetime
    arrival_eta: datetime
    status: TripStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBookingView:
    """A booking. Francs; `is_contested`: the driver says that he was there, and the money waits for a decision."""

    id: UUID
    trip: DeskBookingTrip
    passenger: DeskPerson
    seats: int
    pickup: str
    dropoff: str
    departure_time: datetime
    amount_total: int
    fees: int
    currency: str
    in_escrow: int
    status: BookingStatus
    is_contested: bool
    hold_expires_at: datetime | None
    paid_at: datetime | None
    checked_in_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    cancellation: Cancellation | None
    question: RideQuestion | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBookingDetail(DeskBookingView):
    """A booking with its history and all that was tried to pay it, the oldest first."""

    events: tuple[BookingEventView, ...]
    payments: tuple[DeskPaymentView, ...]


def desk_person(user: User) -> DeskPerson:
    """Somebody, to the back office."""
    return DeskPerson(
        id=user.id,
        first_name=user.first_name,
        last_name=user.last_name,
        phone=user.phone,
        email=user.email,
        is_active=user.is_active,
    )


def desk_trip_view(trip: Trip, driver: User, vehicle: Vehicle) -> DeskTripView:
    """A trip, on a list."""
    return DeskTripView(**_trip(trip, driver, vehicle))


def desk_trip_detail(
    trip: Trip, driver: User, vehicle: Vehicle, bookings: Sequence[tuple[Booking, User]]
) -> DeskTripDetail:
    """A trip with its bookings and who made them."""
    return DeskTripDetail(
        **_trip(trip, driver, vehicle),
        stops=tuple(stop_view(stop) for stop in trip.stops),
        luggage_policy=trip.luggage_policy,
        rules=trip.rules,
        allow_auto_accept=trip.allow_auto_accept,
        in_escrow=sum(booking.in_escrow for booking, _ in bookings),
        bookings=tuple(_seat(booking, passenger) for booking, passenger in bookings),
    )


def desk_booking_view(booking: Booking, trip: Trip, driver: User, passenger: User) -> DeskBookingView:
    """A booking, on a list."""
    return DeskBookingView(
        id=booking.id,
        trip=_trip_of(trip, driver),
        passenger=desk_person(passenger),
        seats=booking.seats,
        pickup=booking.pickup_text,
        dropoff=booking.dropoff_text,
        departure_time=booking.departure_time,
        amount_total=booking.amount_total,
        fees=booking.fees,
        currency=booking.currency,
        in_escrow=booking.in_escrow,
        status=booking.status,
        is_contested=booking.is_contested,
        hold_expires_at=booking.hold_expires_at,
        paid_at=booking.paid_at,
        checked_in_at=booking.checked_in_at,
        started_at=booking.started_at,
        ended_at=booking.ended_at,
        cancellation=cancellation_of(booking),
        question=question_of(booking),
        version=booking.version,
        created_at=booking.created_at,
        updated_at=booking.updated_at,
    )


def desk_booking_detail(
    view: DeskBookingView, changes: Sequence[Change], payments: Sequence[Payment]
) -> DeskBookingDetail:
    """A booking with what it went through."""
    shown = {field.name: getattr(view, field.name) for field in dataclasses.fields(DeskBookingView)}
    return DeskBookingDetail(
        **shown,
        events=tuple(change_view(change) for change in changes),
        payments=tuple(desk_payment_view(payment) for payment in payments),
    )


def _trip(trip: Trip, driver: User, vehicle: Vehicle) -> Mapping[str, Any]:
    as_it_is = ("id", "departure_time", "arrival_eta", "price_per_seat", "seats_total", "seats_available", "women_only")
    as_it_ended = ("status", "cancel_reason", "stopped_for", "series_id", "version", "created_at", "updated_at")
    of_vehicle = ("id", "make", "model", "color", "plate_number", "verified")
    return {
        **{name: getattr(trip, name) for name in (*as_it_is, *as_it_ended)},
        "driver": desk_person(driver),
        "vehicle": DeskVehicle(**{name: getattr(vehicle, name) for name in of_vehicle}),
        "origin": place_view(trip.origin_point, trip.origin_text),
        "destination": place_view(trip.destination_point, trip.destination_text),
        "distance_km": round(trip.distance_m / 1000, 1),
    }


def _trip_of(trip: Trip, driver: User) -> DeskBookingTrip:
    return DeskBookingTrip(
        id=trip.id,
        driver=desk_person(driver),
        origin=place_view(trip.origin_point, trip.origin_text),
        destination=place_view(trip.destination_point, trip.destination_text),
        departure_time=trip.departure_time,
        arrival_eta=trip.arrival_eta,
        status=trip.status,
    )


def _seat(booking: Booking, passenger: User) -> DeskSeat:
    return DeskSeat(
        id=booking.id,
        passenger=desk_person(passenger),
        seats=booking.seats,
        pickup=booking.pickup_text,
        dropoff=booking.dropoff_text,
        status=booking.status,
        amount_total=booking.amount_total,
        in_escrow=booking.in_escrow,
        checked_in_at=booking.checked_in_at,
        started_at=booking.started_at,
        ended_at=booking.ended_at,
        created_at=booking.created_at,
    )
