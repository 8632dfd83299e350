"""What is shown of rides that are followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.carpool.booking import Booking, BookingStage, BookingStatus
from allonova.domain.carpool.location import DriverLocation, Fix
from allonova.domain.carpool.ride_link import RideLink
from allonova.domain.carpool.ride_proof import RideProof
from allonova.domain.carpool.trip import Trip
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.identity.user import User
from allonova.domain.kernel.geo import Point


class RideStatus(StrEnum):
    """How a ride stands, to those who follow it."""

    WAITING = "waiting"
    CHECKED_IN = "checked_in"
    ONGOING = "ongoing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


_STATUS = {
    BookingStage.CHECKED_IN: RideStatus.CHECKED_IN,
    BookingStage.STARTED: RideStatus.ONGOING,
    BookingStage.COMPLETED: RideStatus.COMPLETED,
    BookingStage.CANCELLED: RideStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationView:
    """Where the driver was at an instant: `heading` in degrees from north, `speed` in metres a second. `eta` is when he
    reaches the pickup, and once the passenger is aboard the drop-off; null while nobody has worked it out.
    """

    lat: float
    lon: float
    heading: float | None
    speed: float | None
    at: datetime
    eta: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RideUpdate:
    """How a ride stands."""

    status: RideStatus
    departure_time: datetime
    arrival_eta: datetime
    checked_in_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedVehicle:
    """The car to look out for."""

    make: str
    model: str
    color: str
    plate_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedRide:
    """A ride, to whoever has its link: no names but first ones, and `position` only while it is ongoing."""

    status: RideStatus
    passenger: str | None
    driver: str | None
    vehicle: FollowedVehicle
    pickup: str
    dropoff: str
    departure_time: datetime
    arrival_eta: datetime
    checked_in_at: datetime | None
    started_at: datetime | None
    position: LocationView | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RideShare:
    """A link. The token is shown this once."""

    url: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenView:
    """Where the driver was at an instant."""

    lat: float
    lon: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestView:
    """How near the driver came to a place, and when."""

    distance_m: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RideProofView:
    """What is known of a ride. `fixes` counts the driver's positions from half an hour before departure, or check-in,
    to the end; `distance_m` was driven between start and end.
    """

    booking_id: UUID
    trip_id: UUID
    status: BookingStatus
    departure_time: datetime
    checked_in_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    fixes: int
    first: SeenView | None
    last: SeenView | None
    distance_m: int | None
    pickup: NearestView | None
    dropoff: NearestView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProof:
    """What was kept of a ride that one drove or rode in, when its positions were forgotten."""

    booking_id: UUID
    fixes: int
    first: SeenView
    last: SeenView
    distance_m: int | None
    pickup: NearestView
    dropoff: NearestView


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLocation:
    """Where one was as a driver."""

    trip_id: UUID
    lat: float
    lon: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLink:
    """A link that one has made; its token is not kept."""

    booking_id: UUID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def location_view(fix: Fix, eta: datetime | None) -> LocationView:
    """A position on the wire."""
    return LocationView(lat=fix.point.lat, lon=fix.point.lon, heading=fix.heading, speed=fix.speed, at=fix.at, eta=eta)


def ride_status(booking: Booking) -> RideStatus:
    """How it stands."""
    return _STATUS.get(booking.stage, RideStatus.WAITING)


def ride_update(booking: Booking, trip: Trip) -> RideUpdate:
    """How it stands, with its instants."""
    return RideUpdate(
        status=ride_status(booking),
        departure_time=booking.departure_time,
        arrival_eta=trip.waypoints()[booking.alight].at,
        checked_in_at=booking.checked_in_at,
        started_at=booking.started_at,
        ended_at=booking.ended_at,
    )


def followed_ride(
    link: RideLink, booking: Booking, trip: Trip, vehicle: Vehicle, *, driver: User, passenger: User
) -> FollowedRide:
    """A ride, to whoever has its link."""
    return FollowedRide(
        status=ride_status(booking),
        passenger=passenger.first_name,
        driver=driver.first_name,
        vehicle=FollowedVehicle(
            make=vehicle.make, model=vehicle.model, color=vehicle.color, plate_number=vehicle.plate_number
        ),
        pickup=booking.pickup_text,
        dropoff=booking.dropoff_text,
        departure_time=booking.departure_time,
        arrival_eta=trip.waypoints()[booking.alight].at,
        checked_in_at=booking.checked_in_at,
        started_at=booking.started_at,
        position=None,
        expires_at=link.expires_at,
    )


def _seen(point: Point, at: datetime) -> SeenView:
    return SeenView(lat=point.lat, lon=point.lon, at=at)


def ride_proof_view(booking: Booking, proof: RideProof | None) -> RideProofView:
    """What is known of a ride."""
    return RideProofView(
        booking_id=booking.id,
        trip_id=booking.trip_id,
        status=booking.status,
        departure_time=booking.departure_time,
        checked_in_at=booking.checked_in_at,
        started_at=booking.started_at,
        ended_at=booking.ended_at,
        fixes=0 if proof is None else proof.fixes,
        first=None if proof is None else _seen(proof.first_point, proof.first_at),
        last=None if proof is None else _seen(proof.last_point, proof.last_at),
        distance_m=None if proof is None else proof.distance_m,
        pickup=None if proof is None else NearestView(distance_m=proof.pickup_distance_m, at=proof.pickup_at),
        dropoff=None if proof is None else NearestView(distance_m=proof.dropoff_distance_m, at=proof.dropoff_at),
    )


def own_proof(proof: RideProof) -> OwnProof:
    """A proof, to either side of its ride."""
    return OwnProof(
        booking_id=proof.booking_id,
        fixes=proof.fixes,
        first=_seen(proof.first_point, proof.first_at),
        last=_seen(proof.last_point, proof.last_at),
        distance_m=proof.distance_m,
        pickup=NearestView(distance_m=proof.pickup_distance_m, at=proof.pickup_at),
        dropoff=NearestView(distance_m=proof.dropoff_distance_m, at=proof.dropoff_at),
    )


def own_location(location: DriverLocation) -> OwnLocation:
    """A position, to whose it is."""
    return OwnLocation(trip_id=location.trip_id, lat=location.point.lat, lon=location.point.lon, at=location.created_at)


def own_link(link: RideLink) -> OwnLink:
    """A link, to who made it."""
    return OwnLink(
        booking_id=link.booking_id, created_at=link.created_at, expires_at=link.expires_at, revoked_at=link.revoked_at
    )
