"""Who was reminded of which ride, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from allonova.adapters.memory.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.memory.rules import Check, Foreign, Table, Unique
from allonova.adapters.memory.store import Rows, Transaction
from allonova.application.carpool.reminder_ports import DueReminder, ReminderQueries
from allonova.domain.carpool.booking import Booking, BookingStatus
from allonova.domain.carpool.reminder import Reminder, hours_due
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.kernel.machine import Party

REMINDERS = Table(
    name="reminders",
    row=Reminder,
    uniques=(Unique("uq_reminders_trip_id_user_id_hours_before", ("trip_id", "user_id", "hours_before")),),
    foreigns=(Foreign("trip_id", "trips"), Foreign("user_id", "users")),
    checks=(Check("hours_before", lambda reminder: reminder.hours_before > 0),),
)


class MemoryReminders:
    """Reminders."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def note(self, reminder: Reminder) -> bool:
        """See ReminderStore."""
        rule = REMINDERS.uniques[0]
        rows = self._transaction.rows(REMINDERS).values()
        if any(rule.key_of(row) == rule.key_of(reminder) for row in rows):
            return False
        self._transaction.insert(REMINDERS, reminder)
        return True


class MemoryReminderQueries:
    """Reads of rides to come."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def due(self, *, now: datetime, limit: int) -> list[DueReminder]:
        """See ReminderQueries."""
        found = [*self._passengers(now), *self._drivers(now)]
        reminded = {(row.trip_id, row.user_id, row.hours_before) for row in self._source.rows(REMINDERS).values()}
        due = [one for one in found if (one.trip_id, one.user_id, one.hours_before) not in reminded]
        return sorted(due, key=lambda one: (one.departure_time, one.trip_id, one.user_id))[:limit]

    def _passengers(self, now: datetime) -> Iterator[DueReminder]:
        for booking in self._sold():
            sold_at, leaves_at = booking.paid_at, booking.departure_time
            hours = None if sold_at is None else hours_due(sold_at=sold_at, departure_time=leaves_at, at=now)
            if hours is not None and booking.started_at is None:
                yield DueReminder(
                    side=Party.PASSENGER,
                    user_id=booking.passenger_id,
                    trip_id=booking.trip_id,
                    booking_id=booking.id,
                    hours_before=hours,
                    origin=booking.pickup_text,
                    destination=booking.dropoff_text,
                    departure_time=leaves_at,
                    seats=booking.seats,
                )

    def _drivers(self, now: datetime) -> Iterator[DueReminder]:
        for trip in self._source.rows(TRIPS).values():
            sold = [booking for booking in self._sold() if booking.trip_id == trip.id]
            first = min((booking.paid_at for booking in sold if booking.paid_at is not None), default=None)
            if first is not None and trip.status is TripStatus.PUBLISHED:
                yield from self._driver(trip, sold, first, now)

    def _driver(self, trip: Trip, sold: list[Booking], first: datetime, now: datetime) -> Iterator[DueReminder]:
        hours = hours_due(sold_at=first, departure_time=trip.departure_time, at=now)
        if hours is not None:
            yield DueReminder(
                side=Party.DRIVER,
                user_id=trip.driver_id,
                trip_id=trip.id,
                booking_id=None,
                hours_before=hours,
                origin=trip.origin_text,
                destination=trip.destination_text,
                departure_time=trip.departure_time,
                seats=sum(booking.seats for booking in sold),
            )

    def _sold(self) -> list[Booking]:
        return [row for row in self._source.rows(BOOKINGS).values() if row.status is BookingStatus.PAID]


def _conforms(queries: MemoryReminderQueries) -> ReminderQueries:
    return queries
