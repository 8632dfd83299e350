"""Trips: one by its id, and those that go from near one place to near another on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import request
from flask_jwt_extended import get_jwt_identity, jwt_required
from flask_limiter.util import get_remote_address
from flask_smorest import Blueprint, abort
from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from benchmarks.rivals.limits import PER_MINUTE, limiter
from benchmarks.rivals.models import Stop, Trip, User, db
from benchmarks.rivals.schemas import TripOut, envelope

RADIUS_M = 25_000
PAGE_SIZE = 20
WHOLE = (
    joinedload(Trip.driver).selectinload(User.papers),
    joinedload(Trip.vehicle),
    selectinload(Trip.stops),
)

blueprint = Blueprint("trips", __name__)


@blueprint.route("/api/v1/trips/<uuid:id>")
@jwt_required()
@limiter.limit(PER_MINUTE, key_func=get_jwt_identity)
@blueprint.response(200, envelope(TripOut))
def get_trip(id: UUID) -> dict[str, Any]:
    """A trip, unless it is somebody else's draft."""
    return read_trip(id, UUID(get_jwt_identity()))


@blueprint.route("/naked/api/v1/trips/<uuid:id>")
@limiter.exempt
@blueprint.response(200, envelope(TripOut))
def get_naked_trip(id: UUID) -> dict[str, Any]:
    """The same for anybody, without a trace."""
    return read_trip(id, None)


def read_trip(id: UUID, caller: UUID | None) -> dict[str, Any]:
    """With driver, vehicle and stops."""
    trip = db.session.get(Trip, id, options=WHOLE)
    if trip is None or (trip.status == "draft" and trip.driver_id != caller):
        abort(404)
    return {"data": trip, "meta": {"request_id": request.headers.get("X-Request-ID", "")}}


@blueprint.route("/api/v1/trips/search")
@limiter.limit(PER_MINUTE, key_func=get_remote_address)
@blueprint.response(200, envelope(TripOut, many=True))
def search_trips() -> dict[str, Any]:
    """A page of trips, the soonest first, and how many there are."""
    start, end = (place(request.args[name]) for name in ("from", "to"))
    day = datetime.combine(date.fromisoformat(request.args["date"]), time(), UTC)
    found = db.paginate(
        matching(start, end, max(day, datetime.now(UTC)), day + timedelta(days=1), seats=1),
        page=1,
        per_page=PAGE_SIZE,
    )
    return {"data": found.items, "meta": {"total": found.total}}


def place(text: str) -> str:
    """`lat,lon` as PostGIS reads a point."""
    lat, lon = map(float, text.split(","))
    return f"SRID=4326;POINT({lon} {lat})"


def matching(start: str, end: str, earliest: datetime, latest: datetime, *, seats: int) -> Select[Any]:
    """Trips that pass near both in this order. Each place is looked for by the GiST index of its own column, the time
    by a third index; what they find is joined.
    """
    leaving = Trip.departure_time.label("at"), Trip.departure_time >= earliest, Trip.departure_time < latest
    halting = Stop.eta.label("at"), Stop.eta >= earliest, Stop.eta < latest
    pickups = union_all(
        select(Trip.id.label("trip_id"), literal(0).label("order"), leaving[0]).where(
            near(Trip.origin_point, start), *leaving[1:]
        ),
        select(Stop.trip_id, Stop.order, halting[0]).where(near(Stop.point, start), *halting[1:]),
    ).subquery("pickups")
    dropoffs = union_all(
        select(Trip.id.label("trip_id"), literal(1_000).label("order")).where(near(Trip.destination_point, end)),
        select(Stop.trip_id, Stop.order).where(near(Stop.point, end)),
    ).subquery("dropoffs")
    ways = (
        select(pickups.c.trip_id, func.min(pickups.c.at).label("at"))
        .join(dropoffs, (dropoffs.c.trip_id == pickups.c.trip_id) & (pickups.c.order < dropoffs.c.order))
        .group_by(pickups.c.trip_id)
        .subquery("ways")
    )
    return (
        select(Trip)
        .join(ways, ways.c.trip_id == Trip.id)
        .join(Trip.driver)
        .options(contains_eager(Trip.driver).selectinload(User.papers), *WHOLE[1:])
        .where(Trip.status == "published", Trip.seats_available >= seats, User.is_active, ~Trip.women_only)
        .order_by(ways.c.at, Trip.id)
    )


def near(column: Any, point: str) -> ColumnElement[bool]:
    """Within the usual distance, on the sphere, as ours measures."""
    return func.ST_DWithin(column, func.ST_GeogFromText(point), RADIUS_M, False)
