"""A driver's trip: its route, its price and its seats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from allonova.domain.carpool.rules import MAX_AHEAD, MAX_STOPS, Corridor
from allonova.domain.carpool.seats import NotEnoughSeats, Ride, left, shifted
from allonova.domain.kernel.errors import Conflict, FieldError, NotFound, ValidationError
from allonova.domain.kernel.geo import Place, Point
from allonova.domain.kernel.machine import Machine, Party, step
from allonova.domain.kernel.money import share_of
from allonova.domain.kernel.road import Reached


class TripStatus(StrEnum):
    """Of a trip."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ONGOING = "ongoing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class TripAction(StrEnum):
    """What happens to a trip."""

    PUBLISH = "publish"
    START = "start"
    COMPLETE = "complete"
    CANCEL = "cancel"


class StopCategory(StrEnum):
    """Why the back office called a trip off."""

    SAFETY = "safety"
    FRAUD = "fraud"
    DUPLICATE = "duplicate"
    OTHER = "other"


S, A = TripStatus, TripAction

TRIP = Machine[TripStatus, TripAction](
    "trip",
    S.DRAFT,
    {
        (S.DRAFT, A.PUBLISH): step(S.PUBLISHED, Party.DRIVER),
        (S.PUBLISHED, A.START): step(S.ONGOING, Party.DRIVER),
        (S.ONGOING, A.START): step(S.ONGOING, Party.DRIVER),
        (S.ONGOING, A.COMPLETE): step(S.COMPLETED, Party.DRIVER, Party.SYSTEM, Party.ADMIN),
        (S.PUBLISHED, A.COMPLETE): step(S.COMPLETED, Party.SYSTEM),
        (S.DRAFT, A.CANCEL): step(S.CANCELLED, Party.DRIVER, Party.ADMIN),
        (S.PUBLISHED, A.CANCEL): step(S.CANCELLED, Party.DRIVER, Party.ADMIN),
    },
)


@dataclass(eq=False)
class TripsOverlap(Conflict):
    """The driver has another published trip at that time."""


@dataclass(eq=False)
class TripNotBookable(Conflict):
    """The trip takes no bookings now."""

    status: str


@dataclass(eq=False)
class TripHasPaidBookings(Conflict):
    """Somebody has paid for a seat: the trip can be cancelled, not deleted."""


@dataclass(slots=True, kw_only=True)
class Stop:
    """A halt between origin and destination. `order` counts from 1; francs and metres are from the origin."""

    id: UUID
    order: int
    point: Point
    label: str
    pickup_allowed: bool = True
    dropoff_allowed: bool = True
    price_from_origin: int
    distance_m: int
    eta: datetime


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Origin (order 0), stop or destination, all alike."""

    order: int
    point: Point
    label: str
    at: datetime
    price_from_origin: int
    boards: bool
    alights: bool
    stop_id: UUID | None


@dataclass(frozen=True, slots=True)
class Leg:
    """A ride that somebody could book: from one waypoint to a later one, with its price per seat."""

    ride: Ride
    pickup: Waypoint
    dropoff: Waypoint

    @property
    def price(self) -> int:
        """Francs per seat."""
        return self.dropoff.price_from_origin - self.pickup.price_from_origin


@dataclass(slots=True, kw_only=True)
class Trip:
    """Invariants: prices rise strictly along the waypoints; per stretch held + sold never exceeds `seats_total`.

    `seats_held` (accepted) and `seats_sold` (paid) have one count per stretch; `seats_available` is what is left
    unsold on the fullest. `agreed_departure` is the departure at the first acceptance of those that stand;
    `rerouted_at` is when origin, destination or stops last changed, or it became one for women alone. `series_id`
    is the series that it was made with, as the way out or home (`is_return`).
    """

    id: UUID
    driver_id: UUID
    vehicle_id: UUID
    origin_point: Point
    origin_text: str
    destination_point: Point
    destination_text: str
    departure_time: datetime
    arrival_eta: datetime
    distance_m: int
    price_per_seat: int
    seats_total: int
    seats_available: int
    seats_held: list[int]
    seats_sold: list[int]
    luggage_policy: str | None = None
    rules: str | None = None
    allow_auto_accept: bool = False
    status: TripStatus = TripStatus.DRAFT
    agreed_departure: datetime | None = None
    rerouted_at: datetime | None = None
    cancel_reason: str | None = None
    women_only: bool = False
    stopped_for: StopCategory | None = None
    series_id: UUID | None = None
    is_return: bool = False
    stops: list[Stop] = field(default_factory=list)
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def publish(self, by: Party, at: datetime) -> None:
        """Open it for search and booking."""
        status = TRIP.go(self.status, TripAction.PUBLISH, by)
        require_future(self.departure_time, at)
        self.status, self.updated_at = status, at

    def start(self, by: Party, at: datetime) -> None:
        """The first passenger is aboard; the next ones change nothing."""
        self._go(TripAction.START, by, at)

    def complete(self, by: Party, at: datetime) -> None:
        """Everybody has arrived."""
        self._go(TripAction.COMPLETE, by, at)

    def cancel(self, by: Party, at: datetime, reason: str | None = None) -> None:
        """It does not take place."""
        self._go(TripAction.CANCEL, by, at)
        self.cancel_reason = reason

    def stop(self, category: StopCategory, reason: str, at: datetime) -> None:
        """The back office calls it off; `reason` is for the back office alone."""
        self.cancel(Party.ADMIN, at, reason)
        self.stopped_for = category

    def _go(self, action: TripAction, by: Party, at: datetime) -> None:
        self.status = TRIP.go(self.status, action, by)
        self.updated_at = at

    def waypoints(self) -> list[Waypoint]:
        """Origin, stops, destination."""
        origin = Waypoint(0, self.origin_point, self.origin_text, self.departure_time, 0, True, False, None)
        halts = [
            Waypoint(s.order, s.point, s.label, s.eta, s.price_from_origin, s.pickup_allowed, s.dropoff_allowed, s.id)
            for s in self.stops
        ]
        last, price = len(self.stops) + 1, self.price_per_seat
        end = Waypoint(last, self.destination_point, self.destination_text, self.arrival_eta, price, False, True, None)
        return [origin, *halts, end]

    def leaves_at(self, ride: Ride) -> datetime:
        """When the ride begins."""
        return self.waypoints()[ride.board].at

    def was_rerouted_since(self, at: datetime) -> bool:
        """Whether rides are others than those of that instant."""
        return self.rerouted_at is not None and self.rerouted_at >= at

    def legs(self) -> Iterator[Leg]:
        """Every ride that the stops allow."""
        points = self.waypoints()
        for pickup in points:
            for dropoff in points[pickup.order + 1 :]:
                if pickup.boards and dropoff.alights:
                    yield Leg(Ride(pickup.order, dropoff.order), pickup, dropoff)

    def leg(self, pickup_stop_id: UUID | None, dropoff_stop_id: UUID | None) -> Leg:
        """The ride between two stops; None stands for origin and destination.

        Raises:
            ValidationError: a stop is not on this trip, not for that, or not later than the other.
        """
        orders = {stop.id: stop.order for stop in self.stops}
        board = 0 if pickup_stop_id is None else orders.get(pickup_stop_id, -1)
        alight = len(self.stops) + 1 if dropoff_stop_id is None else orders.get(dropoff_stop_id, -1)
        for leg in self.legs():
            if leg.ride == Ride(board, alight):
                return leg
        path = "pickup_stop_id" if pickup_stop_id is not None else "dropoff_stop_id"
        raise ValidationError((FieldError(path, "not_a_stretch", "no such stretch on this trip"),))

    @property
    def seats_promised(self) -> int:
        """Seats held and sold on the fullest stretch."""
        return max(held + sold for held, sold in zip(self.seats_held, self.seats_sold, strict=True))

    @property
    def is_promised(self) -> bool:
        """Whether somebody holds an accepted or paid booking."""
        return self.seats_promised > 0

    def bookable(self, ride: Ride) -> int:
        """Seats neither held nor sold on the fullest stretch of the ride."""
        return left(self.seats_total, (self.seats_held, self.seats_sold), ride)

    def require_seats(self, ride: Ride, seats: int) -> None:
        """Refuse more than is bookable."""
        available = self.bookable(ride)
        if seats > available:
            raise NotEnoughSeats(available=available, requested=seats)

    def hold(self, ride: Ride, seats: int) -> None:
        """Accepted: nobody else may book them while the money is awaited."""
        self.require_seats(ride, seats)
        if not self.is_promised:
            self.agreed_departure = self.departure_time
        self.seats_held = shifted(self.seats_held, ride, seats)

    def release(self, ride: Ride, seats: int) -> None:
        """The hold ends without money."""
        self.seats_held = shifted(self.seats_held, ride, -seats)

    def sell(self, ride: Ride, seats: int) -> None:
        """Paid: from held to sold. `seats_available` falls here."""
        self.seats_held = shifted(self.seats_held, ride, -seats)
        self.seats_sold = shifted(self.seats_sold, ride, seats)
        self.seats_available = self.seats_total - max(self.seats_sold)

    def unsell(self, ride: Ride, seats: int) -> None:
        """A paid passenger does not come: his seats are free again."""
        self.seats_sold = shifted(self.seats_sold, ride, -seats)
        self.seats_available = self.seats_total - max(self.seats_sold)

    def require_open(self) -> None:
        """Refuse new bookings unless it is published."""
        if self.status is not TripStatus.PUBLISHED:
            raise NotFound if self.status is TripStatus.DRAFT else TripNotBookable(self.status)

    def require_unsold(self) -> None:
        """Refuse when somebody has paid, or has ridden already."""
        if any(self.seats_sold):
            raise TripHasPaidBookings

    def require_running(self) -> None:
        """Refuse to promise seats on a trip that is over."""
        if self.status not in (TripStatus.PUBLISHED, TripStatus.ONGOING):
            raise TripNotBookable(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopDraft:
    """A stop as the driver gives it: what is None, or a label that is empty, is worked out."""

    order: int
    point: Point
    label: str
    pickup_allowed: bool = True
    dropoff_allowed: bool = True
    price_from_origin: int | None = None
    eta: datetime | None = None


def plan_stops(ids: Sequence[UUID], drafts: Sequence[StopDraft], reached: Sequence[Reached], price: int) -> list[Stop]:
    """The stops of a trip whose whole price is `price` francs; prices left out follow the distance.

    Args:
        ids: one per draft.
        reached: one per draft, then one for the destination.

    Raises:
        ValidationError: orders with gaps, times or prices that do not rise.
    """
    whole_m = max(1, reached[-1].distance_m)
    stops = []
    for stop_id, draft, mark in zip(ids, drafts, reached, strict=False):
        given = draft.price_from_origin
        stops.append(
            Stop(
                id=stop_id,
                order=draft.order,
                point=draft.point,
                label=draft.label,
                pickup_allowed=draft.pickup_allowed,
                dropoff_allowed=draft.dropoff_allowed,
                price_from_origin=share_of(price, mark.distance_m, whole_m) if given is None else given,
                distance_m=mark.distance_m,
                eta=draft.eta or mark.at,
            )
        )
    return stops


def require_sound_route(trip: Trip) -> None:
    """Check what the waypoints must satisfy together."""
    faults = []
    if len(trip.stops) > MAX_STOPS:
        faults.append(FieldError("stops", "too_many", f"at most {MAX_STOPS} stops"))
    points = trip.waypoints()
    for index, (before, here) in enumerate(pairwise(points)):
        is_end = index == len(trip.stops)
        if not is_end and here.order != index + 1:
            faults.append(FieldError(f"stops.{index}.order", "not_contiguous", f"must be {index + 1}"))
        if here.price_from_origin <= before.price_from_origin:
            path = "price_per_seat" if is_end else f"stops.{index}.price_from_origin"
            faults.append(FieldError(path, "not_rising", "prices must rise from stop to stop"))
        if here.at <= before.at:
            faults.append(FieldError("arrival_eta" if is_end else f"stops.{index}.eta", "not_rising", "must be later"))
    if faults:
        raise ValidationError(tuple(faults))


def require_future(departure: datetime, now: datetime) -> None:
    """A departure lies in the future, at most 180 days."""
    if not now < departure <= now + MAX_AHEAD:
        raise ValidationError((FieldError("departure_time", "out_of_range", "in the future, at most 180 days"),))


def require_fair_price(trip: Trip, corridors: Sequence[Corridor]) -> None:
    """A price within its corridor's floor and ceiling."""
    for corridor in corridors:
        if corridor.covers(trip.origin_point, trip.destination_point) and not (
            corridor.floor <= trip.price_per_seat <= corridor.ceiling
        ):
            bounds = f"between {corridor.floor} and {corridor.ceiling}"
            raise ValidationError((FieldError("price_per_seat", "out_of_corridor", bounds),))


def new_trip(
    *,
    id: UUID,
    driver_id: UUID,
    vehicle_id: UUID,
    origin: Place,
    destination: Place,
    departure_time: datetime,
    arrival_eta: datetime,
    distance_m: int,
    price_per_seat: int,
    seats: int,
    stops: list[Stop],
    at: datetime,
) -> Trip:
    """A draft with all its seats free."""
    return Trip(
        id=id,
        driver_id=driver_id,
        vehicle_id=vehicle_id,
        origin_point=origin.point,
        origin_text=origin.text,
        destination_point=destination.point,
        destination_text=destination.text,
        departure_time=departure_time,
        arrival_eta=arrival_eta,
        distance_m=distance_m,
        price_per_seat=price_per_seat,
        seats_total=seats,
        seats_available=seats,
        seats_held=[0] * (len(stops) + 1),
        seats_sold=[0] * (len(stops) + 1),
        stops=stops,
        created_at=at,
        updated_at=at,
    )
