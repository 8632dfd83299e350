"""The tables of carpooling, with the rules of their PostgreSQL namesakes."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.rules import Check, Exclusion, Foreign, Table, Unique
from allonova.application.carpool.ports import REFUSALS, StoredEvent
from allonova.domain.carpool.booking import LIVE, Booking
from allonova.domain.carpool.series import TripSeries
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.carpool.vehicle import Vehicle
from allonova.domain.kernel.changes import Change
from allonova.domain.kernel.money import CURRENCY, MAX_AMOUNT_XOF


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRow:
    """A stop as a row of its own; the trip keeps the whole of it."""

    id: UUID
    trip_id: UUID
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """A line of a booking's history, the `number`-th."""

    booking_id: UUID
    number: int
    change: Change


def _on_the_road(trip: Trip) -> bool:
    return trip.status in (TripStatus.PUBLISHED, TripStatus.ONGOING)


def _same_driver_same_time(one: Trip, other: Trip) -> bool:
    meet = one.departure_time < other.arrival_eta and other.departure_time < one.arrival_eta
    return one.driver_id == other.driver_id and _on_the_road(one) and _on_the_road(other) and meet


def _no_stretch_oversold(trip: Trip) -> bool:
    if not 0 < len(trip.seats_held) == len(trip.seats_sold):
        return False
    pairs = zip(trip.seats_held, trip.seats_sold, strict=True)
    return all(held >= 0 and sold >= 0 and held + sold <= trip.seats_total for held, sold in pairs)


VEHICLES = Table(
    name="vehicles",
    row=Vehicle,
    uniques=(Unique("uq_vehicles_plate_number", ("plate_number",), where=lambda vehicle: vehicle.retired_at is None),),
    foreigns=(Foreign("user_id", "users"),),
    refusals=REFUSALS,
)
TRIP_SERIES = Table(
    name="trip_series",
    row=TripSeries,
    foreigns=(Foreign("driver_id", "users"),),
    checks=(Check("weekdays", lambda series: bool(series.weekdays) and set(series.weekdays) <= set(range(1, 8))),),
)
TRIPS = Table(
    name="trips",
    row=Trip,
    exclusions=(
        Exclusion("ex_trips_driver_time", ("driver_id", "departure_time", "arrival_eta"), _same_driver_same_time),
    ),
    money=("price_per_seat",),
    foreigns=(
        Foreign("driver_id", "users"),
        Foreign("vehicle_id", "vehicles"),
        Foreign("series_id", "trip_series"),
    ),
    checks=(
        Check("times", lambda trip: trip.departure_time < trip.arrival_eta),
        Check("seats", _no_stretch_oversold),
        Check("seats_available", lambda trip: 0 <= trip.seats_available <= trip.seats_total),
        Check("stops' prices", lambda trip: all(0 <= s.price_from_origin <= MAX_AMOUNT_XOF for s in trip.stops)),
    ),
    refusals=REFUSALS,
)
TRIP_STOPS = Table(
    name="trip_stops",
    row=StopRow,
    uniques=(Unique("uq_trip_stops_trip_id_order", ("trip_id", "order")),),
    foreigns=(Foreign("trip_id", "trips"),),
)
BOOKINGS = Table(
    name="bookings",
    row=Booking,
    uniques=(Unique("uq_bookings_live", ("trip_id", "passenger_id"), where=lambda booking: booking.status in LIVE),),
    foreigns=(
        Foreign("trip_id", "trips"),
        Foreign("passenger_id", "users"),
        Foreign("pickup_stop_id", "trip_stops"),
        Foreign("dropoff_stop_id", "trip_stops"),
    ),
    money=("amount_total", "fees", "cancel_fee", "cancel_refund"),
    checks=(
        Check("seats", lambda booking: booking.seats > 0),
        Check("ride", lambda booking: 0 <= booking.board < booking.alight),
        Check("fees_within", lambda booking: booking.fees <= booking.amount_total),
        Check("currency", lambda booking: booking.currency == CURRENCY),
    ),
    refusals=REFUSALS,
)
BOOKING_EVENTS = Table(
    name="booking_events",
    row=HistoryRow,
    key=attrgetter("booking_id", "number"),
    foreigns=(Foreign("booking_id", "bookings"),),
)
WEBHOOK_EVENTS = Table(
    name="webhook_events",
    row=StoredEvent,
    uniques=(Unique("uq_webhook_events_event", ("provider", "event_id")),),
    foreigns=(Foreign("payment_id", "payments"),),
)
