"""Whose booking it is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.domain.carpool.booking import Booking, party_of
from allonova.domain.carpool.dispute import BookingDisputed
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.machine import Party


def require_side(caller_id: UUID, trip: Trip, booking: Booking) -> Actor:
    """The caller as a side of the booking; it does not exist for anybody else."""
    party = party_of(caller_id, driver_id=trip.driver_id, passenger_id=booking.passenger_id)
    if party is None:
        raise NotFound
    return Actor(party, caller_id)


async def lock_booking(unit: CarpoolUnit, booking_id: UUID) -> tuple[Trip, Booking]:
    """A booking and its trip. The trip's row is the lock: whoever changes a booking, its seats or its payments holds
    it, so that all of them queue in one place and never wait for each other in a circle.
    """
    trip = await unit.trips.of_booking(booking_id)
    return trip, await unit.bookings.get(booking_id)


async def require_undisputed(unit: CarpoolUnit, booking: Booking) -> None:
    """Money that the sides argue about goes to nobody; the caller has locked the trip. Raises BookingDisputed."""
    if await unit.disputes.is_disputed(booking.id):
        raise BookingDisputed


async def complete_when_empty(unit: CarpoolUnit, trip: Trip, at: datetime) -> None:
    """A trip that is under way completes with its last live booking, however that one ended."""
    if trip.status is TripStatus.ONGOING and await unit.bookings.count_live(trip.id) == 0:
        trip.complete(Party.SYSTEM, at)
        await unit.trips.save_route(trip)


async def show_booking(unit: CarpoolUnit, booking_id: UUID, viewer_id: UUID) -> BookingView:
    """The booking as this unit leaves it."""
    view = await unit.reads.booking(booking_id, viewer_id=viewer_id)
    if view is None:
        raise NotFound
    return view
