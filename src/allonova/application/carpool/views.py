"""What carpooling shows. Stores bring entities; the functions here make views of them, the same on every adapter."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.domain.carpool.booking import Booking, BookingStatus, short_code
from allonova.domain.carpool.rules import ANSWER_TTL
from allonova.domain.carpool.trip import Leg, Stop, Trip, TripStatus
from allonova.domain.carpool.vehicle import Comfort, Vehicle
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Change
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True)
class Person:
    """A user and whether an identity paper of his is approved."""

    user: User
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicUser:
    """Somebody, to others."""

    id: UUID
    first_name: str | None
    last_initial: str | None
    photo_url: str | None
    rating_avg: float
    rating_count: int
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleView:
    """A vehicle, to its owner. `seats_total` counts the driver's."""

    id: UUID
    make: str
    model: str
    color: str
    plate_number: str
    seats_total: int
    comfort_level: Comfort
    year: int | None
    verified: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TripVehicle:
    """A vehicle, to those who look at a trip: no plate before they ride."""

    id: UUID
    make: str
    model: str
    color: str
    comfort_level: Comfort
    year: int | None
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """A point in WGS84 degrees and what people call it."""

    lat: float
    lon: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopView:
    """A halt; `price_from_origin` in francs."""

    id: UUID
    order: int
    point: Point
    label: str
    pickup_allowed: bool
    dropoff_allowed: bool
    price_from_origin: int
    eta: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TripView:
    """A trip. `seats_available` is what is left unsold on the fullest stretch; price in francs per seat."""

    id: UUID
    driver: PublicUser
    vehicle: TripVehicle
    origin: PlaceView
    destination: PlaceView
    stops: tuple[StopView, ...]
    departure_time: datetime
    arrival_eta: datetime
    distance_km: float
    price_per_seat: int
    seats_total: int
    seats_available: int
    luggage_policy: str | None
    rules: str | None
    allow_auto_accept: bool
    women_only: bool
    series_id: UUID | None
    status: TripStatus
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndView:
    """Where a passenger would board or leave; `distance_km` from the point asked for, if one was; no stop at either
    end.
    """

    point: Point
    label: str
    distance_km: float | None
    stop_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A trip that answers a search, by its nearest stretch."""

    trip: TripView
    pickup: EndView
    dropoff: EndView
    price_per_seat: int
    seats_bookable: int
    departure_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TripSummary:
    """A trip, on a booking."""

    id: UUID
    driver: PublicUser
    origin: PlaceView
    destination: PlaceView
    departure_time: datetime
    arrival_eta: datetime
    status: TripStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Who ended a booking, and why. Francs, once the money of a paid one is settled: what the passenger lost, and what
    went back to him."""

    by: Party
    reason: str | None
    fee: int | None
    refund: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RideQuestion:
    """Did the ride take place? The driver has until `answer_until` to say so; then the passenger gets all back."""

    asked_at: datetime
    answer_until: datetime
    contested_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingEventView:
    """A line of a booking's history."""

    from_status: str | None
    to_status: str
    by: str
    meta: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBooking:
    """A booking as both of its sides see it. Francs."""

    id: UUID
    trip: TripSummary
    passenger: PublicUser
    seats: int
    pickup_stop_id: UUID | None
    dropoff_stop_id: UUID | None
    departure_time: datetime
    amount_total: int
    fees: int
    currency: str
    status: BookingStatus
    hold_expires_at: datetime | None
    checked_in_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    cancellation: Cancellation | None
    question: RideQuestion | None
    events: tuple[BookingEventView, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingView(SharedBooking):
    """A booking, to its two sides. `qr_code` and `checkin_code` are the passenger's alone. Francs."""

    qr_code: str | None
    checkin_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverMissed:
    """A booking whose driver did not come, and the next trips that go the same way."""

    booking: BookingView
    alternatives: tuple[Hit, ...]


def public_user(person: Person) -> PublicUser:
    """Somebody as strangers see him."""
    user = person.user
    return PublicUser(
        id=user.id,
        first_name=user.first_name,
        last_initial=user.last_name[:1].upper() if user.last_name else None,
        photo_url=user.photo_url,
        rating_avg=float(user.rating_avg),
        rating_count=user.rating_count,
        is_verified=person.is_verified,
    )


def vehicle_view(vehicle: Vehicle) -> VehicleView:
    """A vehicle as its owner sees it."""
    return VehicleView(
        id=vehicle.id,
        make=vehicle.make,
        model=vehicle.model,
        color=vehicle.color,
        plate_number=vehicle.plate_number,
        seats_total=vehicle.seats_total,
        comfort_level=vehicle.comfort_level,
        year=vehicle.year,
        verified=vehicle.verified,
        version=vehicle.version,
        created_at=vehicle.created_at,
        updated_at=vehicle.updated_at,
    )


def place_view(point: Point, text: str) -> PlaceView:
    """A place on the wire."""
    return PlaceView(lat=point.lat, lon=point.lon, text=text)


def stop_view(stop: Stop) -> StopView:
    """A stop on the wire."""
    return StopView(
        id=stop.id,
        order=stop.order,
        point=stop.point,
        label=stop.label,
        pickup_allowed=stop.pickup_allowed,
        dropoff_allowed=stop.dropoff_allowed,
        price_from_origin=stop.price_from_origin,
        eta=stop.eta,
    )


def trip_view(trip: Trip, driver: Person, vehicle: Vehicle) -> TripView:
    """A trip as anybody sees it."""
    return TripView(
        id=trip.id,
        driver=public_user(driver),
        vehicle=TripVehicle(
            id=vehicle.id,
            make=vehicle.make,
            model=vehicle.model,
            color=vehicle.color,
            comfort_level=vehicle.comfort_level,
            year=vehicle.year,
            verified=vehicle.verified,
        ),
        origin=place_view(trip.origin_point, trip.origin_text),
        destination=place_view(trip.destination_point, trip.destination_text),
        stops=tuple(stop_view(stop) for stop in trip.stops),
        departure_time=trip.departure_time,
        arrival_eta=trip.arrival_eta,
        distance_km=round(trip.distance_m / 1000, 1),
        price_per_seat=trip.price_per_seat,
        seats_total=trip.seats_total,
        seats_available=trip.seats_available,
        luggage_policy=trip.luggage_policy,
        rules=trip.rules,
        allow_auto_accept=trip.allow_auto_accept,
        women_only=trip.women_only,
        series_id=trip.series_id,
        status=trip.status,
        version=trip.version,
        created_at=trip.created_at,
        updated_at=trip.updated_at,
    )


def hit_view(trip: TripView, leg: Leg, *, bookable: int, pickup_m: float | None, dropoff_m: float | None) -> Hit:
    """A search's hit; distances in metres from the points asked for, None where none was."""
    return Hit(
        trip=trip,
        pickup=_end(leg, at_pickup=True, distance_m=pickup_m),
        dropoff=_end(leg, at_pickup=False, distance_m=dropoff_m),
        price_per_seat=leg.price,
        seats_bookable=bookable,
        departure_time=leg.pickup.at,
    )


def _end(leg: Leg, *, at_pickup: bool, distance_m: float | None) -> EndView:
    waypoint = leg.pickup if at_pickup else leg.dropoff
    return EndView(
        point=waypoint.point,
        label=waypoint.label,
        distance_km=None if distance_m is None else round(distance_m / 1000, 2),
        stop_id=waypoint.stop_id,
    )


def booking_view(
    booking: Booking, trip: Trip, driver: Person, passenger: Person, changes: Sequence[Change], viewer_id: UUID
) -> BookingView:
    """A booking as one of its sides sees it."""
    is_passenger = viewer_id == booking.passenger_id
    return BookingView(
        id=booking.id,
        trip=TripSummary(
            id=trip.id,
            driver=public_user(driver),
            origin=place_view(trip.origin_point, trip.origin_text),
            destination=place_view(trip.destination_point, trip.destination_text),
            departure_time=trip.departure_time,
            arrival_eta=trip.arrival_eta,
            status=trip.status,
        ),
        passenger=public_user(passenger),
        seats=booking.seats,
        pickup_stop_id=booking.pickup_stop_id,
        dropoff_stop_id=booking.dropoff_stop_id,
        departure_time=booking.departure_time,
        amount_total=booking.amount_total,
        fees=booking.fees,
        currency=booking.currency,
        status=booking.status,
        qr_code=booking.qr_code if is_passenger else None,
        checkin_code=short_code(booking.qr_code) if is_passenger else None,
        hold_expires_at=booking.hold_expires_at,
        checked_in_at=booking.checked_in_at,
        started_at=booking.started_at,
        ended_at=booking.ended_at,
        cancellation=cancellation_of(booking),
        question=question_of(booking),
        events=tuple(change_view(change) for change in changes),
        version=booking.version,
        created_at=booking.created_at,
        updated_at=booking.updated_at,
    )


def shared_booking(view: BookingView) -> SharedBooking:
    """The part of it that both sides see."""
    return SharedBooking(**{field.name: getattr(view, field.name) for field in dataclasses.fields(SharedBooking)})


def cancellation_of(booking: Booking) -> Cancellation | None:
    """How it was given up, if it was."""
    if booking.cancelled_by is None:
        return None
    return Cancellation(
        by=booking.cancelled_by,
        reason=booking.cancel_reason,
        fee=booking.cancel_fee,
        refund=booking.cancel_refund,
    )


def question_of(booking: Booking) -> RideQuestion | None:
    """What its sides were asked, if they were."""
    if booking.asked_at is None:
        return None
    return RideQuestion(
        asked_at=booking.asked_at,
        answer_until=booking.asked_at + ANSWER_TTL,
        contested_at=booking.contested_at,
    )


def change_view(change: Change) -> BookingEventView:
    """A line of history: parties, not persons."""
    return BookingEventView(
        from_status=change.from_status,
        to_status=change.to_status,
        by=change.by.party,
        meta=dict(change.meta),
        created_at=change.at,
    )
