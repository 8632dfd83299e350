"""Bookings: the rows that our own service writes, in one transaction, by the ORM."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, request
from flask_jwt_extended import get_jwt_identity, jwt_required
from flask_smorest import Blueprint, abort
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from benchmarks.rivals.limits import PER_MINUTE, limiter
from benchmarks.rivals.models import AuditLog, Block, Booking, BookingEvent, IdempotencyKey, OutboxRow, Trip, User, db
from benchmarks.rivals.schemas import BookingIn, BookingOut, envelope

UNPAID_LIMIT, UNPAID_WINDOW = 5, timedelta(hours=24)
COMMISSION = 10  # percent
HEARD_BY = (("tell_driver", False), ("show_booking", True))

blueprint = Blueprint("bookings", __name__)
answer = envelope(BookingOut)()


@blueprint.route("/api/v1/bookings", methods=["POST"])
@jwt_required()
@limiter.limit(PER_MINUTE, key_func=get_jwt_identity)
@blueprint.arguments(BookingIn)
def create_booking(wish: dict[str, Any]) -> Response:
    """Ask for seats on a trip, all the way."""
    caller, now = UUID(get_jwt_identity()), datetime.now(UTC)
    key = claimed_key(caller, now)
    if key.answer_body is not None:
        return written(key)
    passenger = trusted(caller, now)
    trip = bookable_trip(wish["trip_id"], caller, wish["seats"], now)
    booking = booked(trip, passenger, wish["seats"], now)
    db.session.flush()
    body = answer.dump({"data": booking, "meta": {"request_id": request.headers.get("X-Request-ID", "")}})
    key.answer_status, key.answer_body = 201, json.dumps(body).encode()
    done = written(key)
    db.session.commit()
    return done


def claimed_key(caller: UUID, now: datetime) -> IdempotencyKey:
    """The key's row, which is locked; a new one, or that of the first request."""
    named = f"{caller}\n{request.method}\n{request.path}\n{request.headers['Idempotency-Key']}"
    scope = hashlib.sha256(named.encode()).hexdigest()
    fingerprint = hashlib.sha256(request.get_data()).hexdigest()
    key = db.session.scalar(select(IdempotencyKey).filter_by(scope=scope).with_for_update())
    if key is None:
        key = IdempotencyKey(scope=scope, fingerprint=fingerprint, created_at=now)
        db.session.add(key)
        db.session.flush()
    elif key.fingerprint != fingerprint:
        abort(409)
    return key


def written(key: IdempotencyKey) -> Response:
    """The answer that was kept."""
    return Response(key.answer_body, key.answer_status, mimetype="application/json")


def trusted(caller: UUID, now: datetime) -> User:
    """The passenger, locked, if he does not collect unpaid bookings."""
    passenger = db.session.get(User, caller, with_for_update={"of": User}, options=[selectinload(User.papers)])
    unpaid = select(func.count()).where(
        Booking.passenger_id == caller,
        Booking.created_at >= now - UNPAID_WINDOW,
        Booking.status.in_(("pending", "accepted")),
    )
    if passenger is None or not passenger.is_phone_verified or db.session.scalar(unpaid) >= UNPAID_LIMIT:
        abort(403)
    return passenger


def bookable_trip(id: UUID, caller: UUID, seats: int, now: datetime) -> Trip:
    """The trip, locked, if it has room for somebody whom its driver would take."""
    whole = [joinedload(Trip.driver).selectinload(User.papers), selectinload(Trip.stops)]
    trip = db.session.get(Trip, id, options=whole, with_for_update={"of": Trip})
    if trip is None or trip.women_only or not trip.driver.is_active or trip.driver_id == caller:
        abort(404)
    apart = select(Block.id).where(
        or_(
            and_(Block.user_id == caller, Block.blocked_id == trip.driver_id),
            and_(Block.user_id == trip.driver_id, Block.blocked_id == caller),
        )
    )
    if db.session.scalar(select(apart.exists())):
        abort(404)
    taken = max(held + sold for held, sold in zip(trip.seats_held, trip.seats_sold, strict=True))
    if trip.status != "published" or now >= trip.departure_time or trip.seats_total - taken < seats:
        abort(409)
    return trip


def booked(trip: Trip, passenger: User, seats: int, now: datetime) -> Booking:
    """The booking with its history, its events for those who hear of them, and its line in the audit log."""
    amount = seats * trip.price_per_seat
    booking = Booking(
        trip=trip,
        passenger=passenger,
        seats=seats,
        board=0,
        alight=len(trip.stops) + 1,
        pickup_text=trip.origin_text,
        dropoff_text=trip.destination_text,
        departure_time=trip.departure_time,
        amount_total=amount,
        fees=amount * COMMISSION // 100,
        qr_code=secrets.token_urlsafe(32),
        created_at=now,
        updated_at=now,
    )
    booking.events.append(BookingEvent(to_status="pending", by="passenger", by_id=passenger.id, created_at=now))
    db.session.add(booking)
    db.session.flush()
    named = {"booking_id": str(booking.id)}
    db.session.add_all(
        OutboxRow(event="BookingRequested", payload=named, subscriber=who, is_live=is_live, due_at=now, created_at=now)
        for who, is_live in HEARD_BY
    )
    actor = {"actor_type": "passenger", "actor_id": passenger.id}
    db.session.add(AuditLog(**actor, action="booking.created", entity="booking", entity_id=booking.id, created_at=now))
    return booking
