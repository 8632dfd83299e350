"""Ask for seats on a trip."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.access import show_booking
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.views import BookingView
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.ports import Begin, Clock, Ids, Secrets
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.booking import (
    AlreadyBooked,
    Booking,
    BookingTooLate,
    OwnTrip,
    TooManyUnpaidBookings,
)
from allonova.domain.carpool.events import BookingAccepted, BookingRequested
from allonova.domain.carpool.rules import UNPAID_LIMIT, UNPAID_WINDOW, RulesNow
from allonova.domain.carpool.seats import NotEnoughSeats
from allonova.domain.carpool.trip import Leg, Trip, TripNotBookable
from allonova.domain.carpool.women_only import is_open_to
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, Forbidden, NotFound, ValidationError
from allonova.domain.kernel.machine import Party


@wired
class CreateBooking:
    """Ask for seats on a trip or on a stretch of it. Pending holds nothing; a driver who accepts automatically has
    said yes already, and the seats are held at once.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    secrets: Secrets
    rules: RulesNow

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        Forbidden,
        OwnTrip,
        TripNotBookable,
        BookingTooLate,
        AlreadyBooked,
        TooManyUnpaidBookings,
        NotEnoughSeats,
        ValidationError,
    )

    async def __call__(
        self,
        *,
        caller_id: UUID,
        trip_id: UUID,
        seats: int,
        pickup_stop_id: UUID | None,
        dropoff_stop_id: UUID | None,
        once: Once[BookingView],
    ) -> BookingView:
        """The stops name the stretch; None stands for origin and destination."""
        now = self.clock.now()
        async with self.begin() as unit:
            await once.claim(unit)
            # Locked first: he asks for one seat after another, which makes the count of the unpaid a limit.
            passenger = await unit.users.get(caller_id, lock=True)
            if not passenger.is_reachable:
                raise Forbidden
            trip = await unit.trips.get(trip_id, lock=True)
            if trip.driver_id == caller_id:
                raise OwnTrip
            asking = await unit.bookings.asking(caller_id, trip.driver_id, since=now - UNPAID_WINDOW)
            if asking.unpaid >= UNPAID_LIMIT:
                raise TooManyUnpaidBookings(UNPAID_LIMIT)
            if asking.is_blocked or not is_open_to(trip, asking.driver, passenger):
                raise NotFound
            trip.require_open()
            leg = trip.leg(pickup_stop_id, dropoff_stop_id)
            if now >= leg.pickup.at:
                raise BookingTooLate
            trip.require_seats(leg.ride, seats)
            booking = self._booking(caller_id, trip, leg, seats, now)
            await self._keep(unit, trip, booking, now)
            view = await show_booking(unit, booking.id, caller_id)
            await once.settle(unit, view)
        return view

    def _booking(self, passenger_id: UUID, trip: Trip, leg: Leg, seats: int, now: datetime) -> Booking:
        amount = seats * leg.price
        return Booking(
            id=self.ids.new(),
            trip_id=trip.id,
            passenger_id=passenger_id,
            seats=seats,
            board=leg.ride.board,
            alight=leg.ride.alight,
            pickup_stop_id=leg.pickup.stop_id,
            dropoff_stop_id=leg.dropoff.stop_id,
            pickup_text=leg.pickup.label,
            dropoff_text=leg.dropoff.label,
            departure_time=leg.pickup.at,
            amount_total=amount,
            fees=self.rules().between(trip.origin_point, trip.destination_point).commission(amount),
            qr_code=self.secrets.token(),
            created_at=now,
            updated_at=now,
        )

    async def _keep(self, unit: CarpoolUnit, trip: Trip, booking: Booking, now: datetime) -> None:
        actor = Actor(Party.PASSENGER, booking.passenger_id)
        booking.request(actor, now)
        if trip.allow_auto_accept and self.rules().allow_auto_accept:
            booking.accept_at_once(now, self.rules().hold)
            trip.hold(booking.ride, booking.seats)
            await unit.trips.save(trip)
            await unit.outbox.put(BookingAccepted(booking.id))
        else:
            await unit.outbox.put(BookingRequested(booking.id))
        await unit.bookings.add(booking)
        await unit.audit.put(actor=actor, action="booking.created", entity="booking", entity_id=booking.id)
