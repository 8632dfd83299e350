"""The stores of carpooling and its money that do more than keep rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.carpool.alerts import forget_trip
from allonova.adapters.memory.carpool.people import is_blocked
from allonova.adapters.memory.carpool.rides import forget_way
from allonova.adapters.memory.carpool.tables import (
    BOOKING_EVENTS,
    BOOKINGS,
    TRIP_STOPS,
    TRIPS,
    VEHICLES,
    WEBHOOK_EVENTS,
    HistoryRow,
    StopRow,
)
from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.rules import ForeignKeyMissing
from allonova.adapters.memory.store import MemoryStore, Transaction, stored, through_json
from allonova.application.carpool.ports import Asking, StoredEvent
from allonova.domain.carpool.booking import LIVE, Booking, BookingStatus
from allonova.domain.carpool.trip import Stop, Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.kernel.changes import Change
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.machine import Party


class MemoryTrips(MemoryStore[Trip]):
    """Trips with their stops."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, TRIPS)

    async def add(self, entity: Trip) -> None:
        """See Store."""
        await super().add(entity)
        self._keep_stops(entity.id, [], entity.stops)

    async def add_all(self, entities: Sequence[Trip]) -> None:
        """See TripStore."""
        for entity in entities:
            await self.add(entity)

    async def on_the_road(self, driver_id: UUID, *, after: datetime, before: datetime) -> list[Trip]:
        """See TripStore."""
        on_the_road = (TripStatus.PUBLISHED, TripStatus.ONGOING)
        return [
            stored(trip)
            for trip in self._rows().values()
            if trip.driver_id == driver_id
            and trip.status in on_the_road
            and trip.departure_time < before
            and trip.arrival_eta > after
        ]

    async def following(self, series_id: UUID, *, since: datetime, is_return: bool | None = None) -> list[Trip]:
        """See TripStore."""
        to_come = (TripStatus.DRAFT, TripStatus.PUBLISHED)
        found = [
            trip
            for trip in self._rows().values()
            if trip.series_id == series_id
            and trip.departure_time >= since
            and trip.status in to_come
            and is_return in (None, trip.is_return)
        ]
        return [stored(trip) for trip in sorted(found, key=attrgetter("departure_time", "id"))]

    async def save(self, entity: Trip) -> None:
        """See Store. Raises RuntimeError for a change that search would never hear of."""
        standing = self._rows().get(entity.id)
        if standing is not None and _route(standing) != _route(entity):
            raise RuntimeError("the route changed: save_route")
        await super().save(entity)

    async def save_route(self, trip: Trip) -> None:
        """See TripStore."""
        standing = self._rows().get(trip.id)
        await super().save(trip)
        self._keep_stops(trip.id, standing.stops if standing else [], trip.stops)

    async def of_booking(self, booking_id: UUID) -> Trip:
        """See TripStore."""
        booking = self._transaction.rows(BOOKINGS).get(booking_id)
        if booking is None:
            raise NotFound
        return await self.get(booking.trip_id, lock=True)

    async def seats_offered(self, vehicle_id: UUID, *, now: datetime) -> int:
        """See TripStore."""
        on_the_road = (TripStatus.PUBLISHED, TripStatus.ONGOING)
        offers = (
            trip.seats_total
            for trip in self._rows().values()
            if trip.vehicle_id == vehicle_id and trip.status in on_the_road and trip.arrival_eta > now
        )
        return max(offers, default=0)

    async def forget_words(self, driver_id: UUID) -> None:
        """See TripStore."""
        for trip in [trip for trip in self._rows().values() if trip.driver_id == driver_id]:
            empty = dataclasses.replace(trip, rules=None, luggage_policy=None, cancel_reason=None)
            self._transaction.put(TRIPS, empty)

    async def remove(self, trip: Trip) -> None:
        """See TripStore."""
        if any(booking.trip_id == trip.id for booking in self._transaction.rows(BOOKINGS).values()):
            raise self._transaction.broken(ForeignKeyMissing("a booking names the trip"))
        for stop in trip.stops:
            self._transaction.remove(TRIP_STOPS, stop.id)
        forget_trip(self._transaction, trip.id)
        forget_way(self._transaction, trip.id)
        self._transaction.remove(TRIPS, trip.id)

    def _keep_stops(self, trip_id: UUID, before: Sequence[Stop], after: Sequence[Stop]) -> None:
        gone = {stop.id for stop in before} - {stop.id for stop in after}
        for stop in before:
            self._transaction.remove(TRIP_STOPS, stop.id)
        for stop in after:
            self._transaction.insert(TRIP_STOPS, StopRow(id=stop.id, trip_id=trip_id, order=stop.order))
        self._forget_stops(gone)

    def _forget_stops(self, gone: Collection[UUID]) -> None:
        """Bookings keep what was agreed in words; their stops are set null, as the foreign keys say."""
        for booking in list(self._transaction.rows(BOOKINGS).values()):
            if {booking.pickup_stop_id, booking.dropoff_stop_id} & set(gone):
                self._transaction.put(
                    BOOKINGS,
                    dataclasses.replace(
                        booking,
                        pickup_stop_id=None if booking.pickup_stop_id in gone else booking.pickup_stop_id,
                        dropoff_stop_id=None if booking.dropoff_stop_id in gone else booking.dropoff_stop_id,
                    ),
                )


def _route(trip: Trip) -> tuple[object, ...]:
    return trip.stops, trip.departure_time, trip.arrival_eta, trip.price_per_seat, trip.status


class MemoryVehicles(MemoryStore[Vehicle]):
    """Vehicles."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, VEHICLES)

    async def all_of(self, owner_id: UUID) -> list[Vehicle]:
        """See VehicleStore."""
        owned = [vehicle for vehicle in self._rows().values() if vehicle.user_id == owner_id]
        return [stored(vehicle) for vehicle in sorted(owned, key=attrgetter("created_at", "id"))]


class MemoryBookings(MemoryStore[Booking]):
    """Bookings and their history."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, BOOKINGS)

    async def add(self, entity: Booking) -> None:
        """See BookingStore."""
        changes = _taken_from(entity)
        await super().add(entity)
        self._write_history(entity.id, changes)

    async def save(self, entity: Booking) -> None:
        """See BookingStore."""
        changes = _taken_from(entity)
        await super().save(entity)
        self._write_history(entity.id, changes)

    async def asking(self, passenger_id: UUID, driver_id: UUID, *, since: datetime) -> Asking:
        """See BookingStore."""
        waiting = (BookingStatus.PENDING, BookingStatus.ACCEPTED)
        unpaid = sum(
            booking.created_at >= since and (booking.status in waiting or booking.was_left_unpaid)
            for booking in self._rows().values()
            if booking.passenger_id == passenger_id
        )
        driver = self._transaction.rows(USERS).get(driver_id)
        if driver is None:
            raise NotFound
        return Asking(stored(driver), is_blocked(self._transaction, passenger_id, driver_id), unpaid)

    async def count_live(self, trip_id: UUID) -> int:
        """See BookingStore."""
        return sum(booking.trip_id == trip_id and booking.status in LIVE for booking in self._rows().values())

    async def live_of(self, trip_id: UUID) -> list[Booking]:
        """See BookingStore."""
        live = [booking for booking in self._rows().values() if booking.trip_id == trip_id and booking.status in LIVE]
        return [stored(booking) for booking in sorted(live, key=attrgetter("created_at", "id"))]

    async def paid_of(self, trip_id: UUID) -> list[Booking]:
        """See BookingStore."""
        paid = [booking for booking in self._rows().values() if booking.trip_id == trip_id and booking.paid_at]
        return [stored(booking) for booking in sorted(paid, key=attrgetter("created_at", "id"))]

    async def shift(self, trip_id: UUID, *, by: timedelta, at: datetime) -> None:
        """See BookingStore."""
        for booking in await self.live_of(trip_id):
            booking.departure_time += by
            if booking.hold_expires_at is not None:
                booking.hold_expires_at = min(booking.hold_expires_at, booking.departure_time)
            booking.updated_at = at
            await self.save(booking)

    async def forget_words(self, user_id: UUID) -> None:
        """See BookingStore."""
        trips = self._transaction.rows(TRIPS)
        for one in [one for one in self._rows().values() if one.cancel_reason is not None]:
            sides = {Party.PASSENGER: one.passenger_id, Party.DRIVER: trips[one.trip_id].driver_id}
            if one.cancelled_by is not None and sides.get(one.cancelled_by) == user_id:
                self._transaction.put(BOOKINGS, dataclasses.replace(one, cancel_reason=None))

    async def has_any(self, trip_id: UUID) -> bool:
        """See BookingStore."""
        return any(booking.trip_id == trip_id for booking in self._rows().values())

    async def has_started(self, trip_id: UUID) -> bool:
        """See BookingStore."""
        return any(booking.trip_id == trip_id and booking.started_at for booking in self._rows().values())

    def _write_history(self, booking_id: UUID, changes: Sequence[Change]) -> None:
        written = sum(row.booking_id == booking_id for row in self._transaction.rows(BOOKING_EVENTS).values())
        for number, change in enumerate(changes, written):
            plain = Change(change.from_status, change.to_status, change.by, change.at, through_json(change.meta))
            row = HistoryRow(booking_id=booking_id, number=number, change=plain)
            self._transaction.insert(BOOKING_EVENTS, row)


def _taken_from(booking: Booking) -> list[Change]:
    """Its changes, which the store now answers for."""
    changes, booking.changes = booking.changes, []
    return changes


class MemoryWebhookEvents:
    """Provider events that were taken in. Nobody waits: units are serial."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put(self, event: StoredEvent) -> bool:
        """See WebhookEvents."""
        known = self._transaction.rows(WEBHOOK_EVENTS).values()
        if any((row.provider, row.event_id) == (event.provider, event.event_id) for row in known):
            return False
        self._transaction.insert(WEBHOOK_EVENTS, event)
        return True
