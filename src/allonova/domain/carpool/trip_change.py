"""What a driver may still change of a trip, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from allonova.domain.carpool.rules import MAX_SHIFT
from allonova.domain.carpool.trip import Stop, Trip, TripStatus, require_future, require_sound_route
from allonova.domain.kernel.errors import Conflict, FieldError
from allonova.domain.kernel.geo import Place, Point
from allonova.domain.kernel.money import share_of
from allonova.domain.kernel.road import Reached


@dataclass(eq=False)
class TripClosed(Conflict):
    """A trip that is under way or over does not change."""

    status: str


@dataclass(eq=False)
class TripFrozen(Conflict):
    """Somebody holds an accepted or paid booking: what he agreed to stays."""

    fields: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TripChange:
    """What a driver wants otherwise. None leaves a field as it is; an empty text takes it away."""

    origin: Place | None = None
    destination: Place | None = None
    departure_time: datetime | None = None
    arrival_eta: datetime | None = None
    price_per_seat: int | None = None
    seats: int | None = None
    luggage_policy: str | None = None
    rules: str | None = None
    allow_auto_accept: bool | None = None
    women_only: bool | None = None
    vehicle_id: UUID | None = None

    def ends(self, trip: Trip) -> tuple[Place, Place]:
        """Origin and destination, once it is made."""
        return (
            self.origin or Place(trip.origin_point, trip.origin_text),
            self.destination or Place(trip.destination_point, trip.destination_text),
        )


def require_open_to_change(trip: Trip) -> None:
    """Only what has not begun changes."""
    if trip.status not in (TripStatus.DRAFT, TripStatus.PUBLISHED):
        raise TripClosed(trip.status)


def waypoints_after(trip: Trip, change: TripChange) -> tuple[Point, ...]:
    """The points of the route, once the change is made."""
    origin, destination = change.ends(trip)
    return (origin.point, *(stop.point for stop in trip.stops), destination.point)


def moves_ends(trip: Trip, change: TripChange) -> bool:
    """Whether origin or destination become others."""
    return change.ends(trip) != TripChange().ends(trip)


def change_trip(trip: Trip, change: TripChange, reached: Sequence[Reached], at: datetime) -> frozenset[str]:
    """Make the change, with what follows from it: times move together, prices of stops keep their share of the whole.

    Args:
        reached: stops and destination on the new route, when origin or destination change.

    Returns:
        The names of the fields that are others now.

    Raises:
        TripClosed: it has begun.
        TripFrozen: what was promised would not be kept; every field that breaks it.
        ValidationError: the route would be unsound.
    """
    require_open_to_change(trip)
    if trip.is_promised and (faults := tuple(_broken_promises(trip, change))):
        raise TripFrozen(faults)
    before = _shown(trip)
    leaves = change.departure_time or trip.departure_time
    if leaves != trip.departure_time:
        require_future(leaves, at)
    if moves_ends(trip, change):
        _move_ends(trip, change, leaves, reached)
        trip.rerouted_at = at
    else:
        _shift(trip, leaves - trip.departure_time)
    trip.arrival_eta = change.arrival_eta or trip.arrival_eta
    if change.price_per_seat is not None:
        _reprice(trip, change.price_per_seat)
    _set_plain(trip, change)
    require_sound_route(trip)
    changed = frozenset(name for name, value in _shown(trip).items() if value != before[name])
    if "women_only" in changed and trip.women_only:
        trip.rerouted_at = at  # money that comes late for an expired booking buys no seat among women
    if changed:
        trip.updated_at = at
    return changed


def replace_stops(trip: Trip, stops: list[Stop], reached: Sequence[Reached], at: datetime) -> None:
    """Another list of stops; the arrival is later when the road says so.

    Raises:
        TripClosed: it has begun.
        TripFrozen: somebody holds an accepted or paid booking.
        ValidationError: the route would be unsound.
    """
    require_open_to_change(trip)
    if trip.is_promised:
        raise TripFrozen((_frozen("stops"),))
    trip.stops = stops
    trip.seats_held, trip.seats_sold = [0] * (len(stops) + 1), [0] * (len(stops) + 1)
    trip.distance_m, trip.arrival_eta = reached[-1].distance_m, max(trip.arrival_eta, reached[-1].at)
    require_sound_route(trip)
    trip.rerouted_at = trip.updated_at = at


def _broken_promises(trip: Trip, change: TripChange) -> Iterator[FieldError]:
    """allocar.md: route frozen, price may only fall, seats never below what is held, thirty minutes of time."""
    now, then = TripChange().ends(trip), change.ends(trip)
    yield from (_frozen(name) for name, a, b in zip(("origin", "destination"), now, then, strict=True) if a != b)
    agreed = trip.agreed_departure or trip.departure_time
    leaves = change.departure_time or trip.departure_time
    if leaves != trip.departure_time and abs(leaves - agreed) > MAX_SHIFT:
        bounds = f"between {_utc(agreed - MAX_SHIFT)} and {_utc(agreed + MAX_SHIFT)}"
        yield FieldError("departure_time", "out_of_range", bounds)
    if change.arrival_eta not in (None, trip.arrival_eta + (leaves - trip.departure_time)):
        yield FieldError("arrival_eta", "frozen", "moves along with departure_time")
    if change.price_per_seat is not None and change.price_per_seat > trip.price_per_seat:
        yield FieldError("price_per_seat", "may_only_fall", f"at most {trip.price_per_seat}")
    if change.seats is not None and change.seats < trip.seats_promised:
        yield FieldError("seats_available", "promised", f"at least {trip.seats_promised}")
    if change.women_only not in (None, trip.women_only):
        yield _frozen("women_only")


def _frozen(name: str) -> FieldError:
    return FieldError(name, "frozen", "somebody holds an accepted or paid booking")


def _utc(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _move_ends(trip: Trip, change: TripChange, leaves: datetime, reached: Sequence[Reached]) -> None:
    origin, destination = change.ends(trip)
    trip.origin_point, trip.origin_text = origin.point, origin.text
    trip.destination_point, trip.destination_text = destination.point, destination.text
    trip.departure_time, trip.arrival_eta = leaves, reached[-1].at
    trip.distance_m = reached[-1].distance_m
    trip.stops = [
        replace(stop, distance_m=mark.distance_m, eta=mark.at)
        for stop, mark in zip(trip.stops, reached[:-1], strict=True)
    ]


def _shift(trip: Trip, by: timedelta) -> None:
    trip.departure_time, trip.arrival_eta = trip.departure_time + by, trip.arrival_eta + by
    trip.stops = [replace(stop, eta=stop.eta + by) for stop in trip.stops]


def _reprice(trip: Trip, price: int) -> None:
    """No stretch becomes dearer when the whole becomes cheaper."""
    whole = trip.price_per_seat
    trip.price_per_seat = price
    trip.stops = [
        replace(stop, price_from_origin=share_of(price, stop.price_from_origin, whole)) for stop in trip.stops
    ]


def _set_plain(trip: Trip, change: TripChange) -> None:
    if change.seats is not None:
        trip.seats_total, trip.seats_available = change.seats, change.seats - max(trip.seats_sold)
    if change.luggage_policy is not None:
        trip.luggage_policy = change.luggage_policy or None
    if change.rules is not None:
        trip.rules = change.rules or None
    if change.allow_auto_accept is not None:
        trip.allow_auto_accept = change.allow_auto_accept
    if change.women_only is not None:
        trip.women_only = change.women_only
    trip.vehicle_id = change.vehicle_id or trip.vehicle_id


def _shown(trip: Trip) -> dict[str, object]:
    """By the names that drivers know."""
    origin, destination = TripChange().ends(trip)
    return {
        "origin": origin,
        "destination": destination,
        "departure_time": trip.departure_time,
        "arrival_eta": trip.arrival_eta,
        "price_per_seat": trip.price_per_seat,
        "seats_available": trip.seats_total,
        "luggage_policy": trip.luggage_policy,
        "rules": trip.rules,
        "allow_auto_accept": trip.allow_auto_accept,
        "women_only": trip.women_only,
        "vehicle_id": trip.vehicle_id,
    }
