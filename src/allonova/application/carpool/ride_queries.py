"""What is asked of the reads of rides that are followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.carpool.ride_views import FollowedRide, OwnLink, OwnLocation, OwnProof
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.location import DriverLocation, Fix
from allonova.domain.carpool.ride_proof import RideProof
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.kernel.geo import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """A trip, to somebody who wants to follow its driver, or is him. `booking_id` is his paid booking, `seen` where the
    driver was seen last.
    """

    trip_id: UUID
    driver_id: UUID
    status: TripStatus
    departure_time: datetime
    arrival_eta: datetime
    booking_id: UUID | None
    seen: Fix | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider:
    """A passenger who has paid: where he gets in and out, and the link by which others follow him, if there is one."""

    booking_id: UUID
    is_aboard: bool
    pickup: Point
    dropoff: Point
    link_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A trip and who rides in it."""

    trip_id: UUID
    status: TripStatus
    riders: tuple[Rider, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedRide:
    """What a link shows, without a position; `seen` is where the driver was seen last."""

    link_id: UUID
    trip_id: UUID
    booking_id: UUID
    ride: FollowedRide
    seen: Fix | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RideNews:
    """A booking with its trip, and the link by which others follow it, if there is one."""

    booking: Booking
    trip: Trip
    link_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RideFacts:
    """What a proof is made of: what was kept of it, else the trip's positions, the oldest first."""

    booking: Booking
    trip: Trip
    proof: RideProof | None
    locations: tuple[DriverLocation, ...]


class RideQueries(Protocol):
    """Reads of rides that are followed, one round trip each."""

    async def approach(self, trip_id: UUID, *, viewer_id: UUID) -> Approach | None:
        """A trip, unless it is a draft."""

    async def followed(self, trip_ids: Sequence[UUID], *, now: datetime) -> list[Followed]:
        """These trips with their paid bookings, in the order of their ids; links that have ended are not there."""

    async def linked(self, token_hash: str, *, now: datetime) -> LinkedRide | None:
        """What a link shows, while it works."""

    async def news(self, booking_id: UUID, *, now: datetime) -> RideNews | None:
        """A booking for those who follow it."""

    async def facts(self, booking_id: UUID, *, viewer_id: UUID | None) -> RideFacts | None:
        """What is known of a ride, to its two sides; to the back office with None."""

    async def forgettable(self, *, before: datetime, limit: int) -> list[UUID]:
        """Trips with positions that are older."""

    async def locations(self, driver_id: UUID) -> list[OwnLocation]:
        """Where somebody was as a driver, the oldest first."""

    async def links(self, passenger_id: UUID) -> list[OwnLink]:
        """The links that somebody has made, the oldest first."""

    async def proofs(self, user_id: UUID) -> list[OwnProof]:
        """What was kept of the rides that somebody drove or rode in, the oldest first."""
