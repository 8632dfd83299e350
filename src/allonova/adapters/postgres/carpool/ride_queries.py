"""Reads of rides that are followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Label, Select, Uuid, bindparam, case, func, or_, select, union_all

from allonova.adapters.postgres.carpool.ride_tables import DRIVER_LOCATIONS, RIDE_LINKS, RIDE_PROOFS
from allonova.adapters.postgres.carpool.rides import LINK_SHELF, LOCATION, PROOF
from allonova.adapters.postgres.carpool.rows import BOOKING, TRIP, VEHICLE, stops_of
from allonova.adapters.postgres.carpool.selects import (
    BOOKING_ROW,
    DRIVER,
    PASSENGER,
    TRIP_ROW,
    VEHICLE_ROW,
    read_booking,
    read_trip,
    read_vehicle,
)
from allonova.adapters.postgres.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.postgres.identity.stores import USER_SHELF
from allonova.adapters.postgres.runner import Row, Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.application.carpool.ride_queries import (
    Approach,
    Followed,
    LinkedRide,
    RideFacts,
    RideNews,
    RideQueries,
    Rider,
)
from allonova.application.carpool.ride_views import (
    OwnLink,
    OwnLocation,
    OwnProof,
    followed_ride,
    own_link,
    own_location,
    own_proof,
)
from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.location import DriverLocation, Fix
from allonova.domain.carpool.trip import TripStatus

_NOW = bindparam("now", type_=DateTime(timezone=True))
_LINK = RIDE_LINKS.alias("l")
_PROOF = RIDE_PROOFS.alias("proof")
_WORKS = (_LINK.c.booking_id == BOOKING_ROW.c.id) & _LINK.c.revoked_at.is_(None) & (_LINK.c.expires_at > _NOW)
_read_link, _read_proof = LINK_SHELF.mapper.reader("l_"), PROOF.reader("proof_")
_read_driver_user, _read_passenger_user = USER_SHELF.mapper.reader("d_"), USER_SHELF.mapper.reader("p_")


def _positions(*, only_last: bool = False) -> Label[Any]:
    """The positions of each trip of TRIP_ROW, as one column: the oldest first, or the last alone."""
    seen = DRIVER_LOCATIONS.alias()
    rows = select(func.row(*(seen.c[name] for name in LOCATION.names))).where(seen.c.trip_id == TRIP_ROW.c.id)
    rows = rows.order_by(seen.c.created_at.desc()).limit(1) if only_last else rows.order_by(seen.c.created_at)
    found: ColumnElement[Any] = func.array(rows.correlate(TRIP_ROW).scalar_subquery())
    return found.label("positions")


def _read_positions(row: Row) -> list[DriverLocation]:
    return [LOCATION.read(tuple(values)) for values in row["positions"]]


def _last_seen(row: Row) -> Fix | None:
    return next((location.fix for location in _read_positions(row)), None)


def _approach() -> Select[Any]:
    paid = BOOKINGS.alias("paid")
    booking = select(paid.c.id).where(
        paid.c.trip_id == TRIP_ROW.c.id,
        paid.c.passenger_id == bindparam("viewer_id", type_=Uuid),
        paid.c.status == BookingStatus.PAID.value,
    )
    return select(
        *(TRIP_ROW.c[name] for name in ("id", "driver_id", "status", "departure_time", "arrival_eta")),
        booking.correlate(TRIP_ROW).scalar_subquery().label("booking_id"),
        _positions(only_last=True),
    ).where(TRIP_ROW.c.id == bindparam("trip_id"), TRIP_ROW.c.status != TripStatus.DRAFT.value)


_APPROACH = compile_once(_approach())
_FOLLOWED = """
SELECT t.id AS trip_id, t.status, b.id AS booking_id, b.started_at IS NOT NULL AS is_aboard,
    CASE WHEN b.board = 0 THEN t.origin_point ELSE pickup.point END AS pickup,
    coalesce(dropoff.point, t.destination_point) AS dropoff, l.id AS link_id
FROM carpool.trips t
LEFT JOIN carpool.bookings b ON b.trip_id = t.id AND b.status = 'paid'
LEFT JOIN carpool.trip_stops pickup ON pickup.trip_id = t.id AND pickup."order" = b.board
LEFT JOIN carpool.trip_stops dropoff ON dropoff.trip_id = t.id AND dropoff."order" = b.alight
LEFT JOIN carpool.ride_links l ON l.booking_id = b.id AND l.revoked_at IS NULL AND l.expires_at > $2::timestamptz
WHERE t.id = ANY ($1::uuid[])
ORDER BY t.id, b.created_at, b.id
"""
_LINKED = compile_once(
    select(
        *LINK_SHELF.mapper.columns("l_", _LINK),
        *BOOKING.columns("b_", BOOKING_ROW),
        *TRIP.columns("t_", TRIP_ROW),
        stops_of(TRIP_ROW),
        *VEHICLE.columns("v_", VEHICLE_ROW),
        *USER_SHELF.mapper.columns("d_", DRIVER),
        *USER_SHELF.mapper.columns("p_", PASSENGER),
        _positions(only_last=True),
    )
    .select_from(_LINK)
    .join(BOOKING_ROW, _WORKS)
    .join(TRIP_ROW, TRIP_ROW.c.id == BOOKING_ROW.c.trip_id)
    .join(VEHICLE_ROW, VEHICLE_ROW.c.id == TRIP_ROW.c.vehicle_id)
    .join(DRIVER, DRIVER.c.id == TRIP_ROW.c.driver_id)
    .join(PASSENGER, PASSENGER.c.id == BOOKING_ROW.c.passenger_id)
    .where(
        _LINK.c.token_hash == bindparam("token_hash"),  # allow: digest-compare - by an index, and of a hash
        BOOKING_ROW.c.status == BookingStatus.PAID.value,
    )
)
_NEWS = compile_once(
    select(
        *BOOKING.columns("b_", BOOKING_ROW),
        *TRIP.columns("t_", TRIP_ROW),
        stops_of(TRIP_ROW),
        _LINK.c.id.label("link_id"),
    )
    .select_from(BOOKING_ROW)
    .join(TRIP_ROW, TRIP_ROW.c.id == BOOKING_ROW.c.trip_id)
    .outerjoin(_LINK, _WORKS)
    .where(BOOKING_ROW.c.id == bindparam("booking_id"))
)


def _facts() -> Select[Any]:
    """Positions are read only where no summary was kept of them."""
    viewer = bindparam("viewer_id", type_=Uuid)
    is_side = or_(viewer.is_(None), BOOKING_ROW.c.passenger_id == viewer, TRIP_ROW.c.driver_id == viewer)
    positions = _positions().element
    return (
        select(
            *BOOKING.columns("b_", BOOKING_ROW),
            *TRIP.columns("t_", TRIP_ROW),
            stops_of(TRIP_ROW),
            *PROOF.columns("proof_", _PROOF),
            case((_PROOF.c.id.is_(None), positions)).label("positions"),
        )
        .select_from(BOOKING_ROW)
        .join(TRIP_ROW, TRIP_ROW.c.id == BOOKING_ROW.c.trip_id)
        .outerjoin(_PROOF, _PROOF.c.booking_id == BOOKING_ROW.c.id)
        .where(BOOKING_ROW.c.id == bindparam("booking_id"), is_side)
    )


_FACTS = compile_once(_facts())
_FORGETTABLE = """
SELECT DISTINCT trip_id FROM carpool.driver_locations
WHERE (created_at AT TIME ZONE 'UTC')::date <= ($1::timestamptz AT TIME ZONE 'UTC')::date
    AND created_at < $1::timestamptz
ORDER BY trip_id LIMIT $2::int
"""
_LOCATIONS = compile_once(
    select(*LOCATION.columns())
    .where(DRIVER_LOCATIONS.c.driver_id == bindparam("driver_id"))
    .order_by(DRIVER_LOCATIONS.c.created_at, DRIVER_LOCATIONS.c.id)
)
_LINKS = compile_once(
    LINK_SHELF.select(BOOKINGS.c.passenger_id == bindparam("passenger_id"))
    .join_from(RIDE_LINKS, BOOKINGS, BOOKINGS.c.id == RIDE_LINKS.c.booking_id)
    .order_by(RIDE_LINKS.c.created_at, RIDE_LINKS.c.id)
)
# Each side by its own index: for both at once there is none.
_PROOFS = compile_once(
    select(*PROOF.columns())
    .where(
        RIDE_PROOFS.c.booking_id.in_(
            union_all(
                select(BOOKINGS.c.id).where(BOOKINGS.c.passenger_id == bindparam("user_id")),
                select(BOOKINGS.c.id)
                .join_from(BOOKINGS, TRIPS, TRIPS.c.id == BOOKINGS.c.trip_id)
                .where(TRIPS.c.driver_id == bindparam("user_id")),
            )
        )
    )
    .order_by(RIDE_PROOFS.c.created_at, RIDE_PROOFS.c.id)
)


class PostgresRideQueries:
    """One round trip each."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def approach(self, trip_id: UUID, *, viewer_id: UUID) -> Approach | None:
        """A trip, unless it is a draft."""
        row = await self._runner.fetchrow(_APPROACH.sql, *_APPROACH.args(trip_id=trip_id, viewer_id=viewer_id))
        if row is None:
            return None
        return Approach(
            trip_id=row["id"],
            driver_id=row["driver_id"],
            status=TripStatus(row["status"]),
            departure_time=row["departure_time"],
            arrival_eta=row["arrival_eta"],
            booking_id=row["booking_id"],
            seen=_last_seen(row),
        )

    async def followed(self, trip_ids: Sequence[UUID], *, now: datetime) -> list[Followed]:
        """These trips with their paid bookings, in the order of their ids."""
        statuses: dict[UUID, TripStatus] = {}
        riders: dict[UUID, list[Rider]] = {}
        for row in await self._runner.fetch(_FOLLOWED, list(trip_ids), now):
            statuses[row["trip_id"]] = TripStatus(row["status"])
            if row["booking_id"] is not None:
                riders.setdefault(row["trip_id"], []).append(
                    Rider(
                        booking_id=row["booking_id"],
                        is_aboard=row["is_aboard"],
                        pickup=row["pickup"],
                        dropoff=row["dropoff"],
                        link_id=row["link_id"],
                    )
                )
        return [
            Followed(trip_id=trip_id, status=status, riders=tuple(riders.get(trip_id, ())))
            for trip_id, status in statuses.items()
        ]

    async def linked(self, token_hash: str, *, now: datetime) -> LinkedRide | None:
        """What a link shows, while it works."""
        row = await self._runner.fetchrow(_LINKED.sql, *_LINKED.args(token_hash=token_hash, now=now))
        if row is None:
            return None
        link, booking, trip = _read_link(row), read_booking(row), read_trip(row)
        driver, passenger = _read_driver_user(row), _read_passenger_user(row)
        return LinkedRide(
            link_id=link.id,
            trip_id=trip.id,
            booking_id=booking.id,
            ride=followed_ride(link, booking, trip, read_vehicle(row), driver=driver, passenger=passenger),
            seen=_last_seen(row),
        )

    async def news(self, booking_id: UUID, *, now: datetime) -> RideNews | None:
        """A booking for those who follow it."""
        row = await self._runner.fetchrow(_NEWS.sql, *_NEWS.args(booking_id=booking_id, now=now))
        if row is None:
            return None
        return RideNews(booking=read_booking(row), trip=read_trip(row), link_id=row["link_id"])

    async def facts(self, booking_id: UUID, *, viewer_id: UUID | None) -> RideFacts | None:
        """What is known of a ride, to its two sides; to the back office with None."""
        row = await self._runner.fetchrow(_FACTS.sql, *_FACTS.args(booking_id=booking_id, viewer_id=viewer_id))
        if row is None:
            return None
        is_kept = row["proof_id"] is not None
        return RideFacts(
            booking=read_booking(row),
            trip=read_trip(row),
            proof=_read_proof(row) if is_kept else None,
            locations=() if is_kept else tuple(_read_positions(row)),
        )

    async def forgettable(self, *, before: datetime, limit: int) -> list[UUID]:
        """Trips with positions that are older."""
        return [row[0] for row in await self._runner.fetch(_FORGETTABLE, before, limit)]

    async def locations(self, driver_id: UUID) -> list[OwnLocation]:
        """Where somebody was as a driver, the oldest first."""
        rows = await self._runner.fetch(_LOCATIONS.sql, *_LOCATIONS.args(driver_id=driver_id))
        return [own_location(LOCATION.read(tuple(row))) for row in rows]

    async def links(self, passenger_id: UUID) -> list[OwnLink]:
        """The links that somebody has made, the oldest first."""
        rows = await self._runner.fetch(_LINKS.sql, *_LINKS.args(passenger_id=passenger_id))
        return [own_link(LINK_SHELF.mapper.read(tuple(row))) for row in rows]

    async def proofs(self, user_id: UUID) -> list[OwnProof]:
        """What was kept of the rides that somebody drove or rode in, the oldest first."""
        rows = await self._runner.fetch(_PROOFS.sql, *_PROOFS.args(user_id=user_id))
        return [own_proof(PROOF.read(tuple(row))) for row in rows]


def _conforms(queries: PostgresRideQueries) -> RideQueries:
    return queries
