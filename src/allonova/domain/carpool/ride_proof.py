"""What the positions of a driver say of somebody's ride, kept when they are forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.location import DriverLocation, driven_m, ride_window
from allonova.domain.carpool.trip import Trip
from allonova.domain.kernel.geo import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class RideProof:
    """A summary of the positions between shortly before the departure and the end of a ride. `distance_m` was driven
    between its start and its end; None for a ride that did not start. Without positions there is none.
    """

    id: UUID
    booking_id: UUID
    fixes: int
    first_point: Point
    first_at: datetime
    last_point: Point
    last_at: datetime
    distance_m: int | None
    pickup_distance_m: int
    pickup_at: datetime
    dropoff_distance_m: int
    dropoff_at: datetime
    created_at: datetime


def prove(
    id: UUID, booking: Booking, trip: Trip, locations: Sequence[DriverLocation], at: datetime
) -> RideProof | None:
    """Sum up a trip's positions, in the order of time, for one of its bookings; None when none of them is of its
    ride.
    """
    window = ride_window(
        booking.departure_time, trip.arrival_eta, checked_in_at=booking.checked_in_at, ended_at=booking.ended_at
    )
    mine = [location for location in locations if window.since <= location.created_at <= window.until]
    if not mine:
        return None
    waypoints = trip.waypoints()
    pickup_m, pickup_at = _nearest(mine, waypoints[booking.board].point)
    dropoff_m, dropoff_at = _nearest(mine, waypoints[booking.alight].point)
    return RideProof(
        id=id,
        booking_id=booking.id,
        fixes=len(mine),
        first_point=mine[0].point,
        first_at=mine[0].created_at,
        last_point=mine[-1].point,
        last_at=mine[-1].created_at,
        distance_m=_ridden_m(booking, mine),
        pickup_distance_m=pickup_m,
        pickup_at=pickup_at,
        dropoff_distance_m=dropoff_m,
        dropoff_at=dropoff_at,
        created_at=at,
    )


def _ridden_m(booking: Booking, locations: Sequence[DriverLocation]) -> int | None:
    started_at = booking.started_at
    if started_at is None:
        return None
    return driven_m([location for location in locations if location.created_at >= started_at])


def _nearest(locations: Sequence[DriverLocation], point: Point) -> tuple[int, datetime]:
    """How near the driver came, in metres, and when first."""
    distance_m, at = min((location.point.distance_m(point), location.created_at) for location in locations)
    return round(distance_m), at
