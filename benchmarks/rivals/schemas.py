"""What goes out, as marshmallow's schemas: the JSON that our own service answers with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import WKBElement
from geoalchemy2.shape import to_shape
from marshmallow import Schema, fields


class Instant(fields.Field):
    """Spelt with a Z."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else value.isoformat().replace("+00:00", "Z")


def point(value: WKBElement) -> dict[str, float]:
    """Degrees."""
    shape = to_shape(value)
    return {"lat": shape.y, "lon": shape.x}


class Person(Schema):
    """Somebody, to others."""

    id = fields.UUID()
    first_name = fields.String()
    last_initial = fields.String()
    photo_url = fields.String()
    rating_avg = fields.Float()
    rating_count = fields.Integer()
    is_verified = fields.Boolean()


class Car(Schema):
    """A vehicle."""

    id = fields.UUID()
    make = fields.String()
    model = fields.String()
    color = fields.String()
    comfort_level = fields.String()
    year = fields.Integer()
    verified = fields.Boolean()


class Halt(Schema):
    """A stop."""

    id = fields.UUID()
    order = fields.Integer()
    point = fields.Function(lambda stop: point(stop.point))
    label = fields.String()
    pickup_allowed = fields.Boolean()
    dropoff_allowed = fields.Boolean()
    price_from_origin = fields.Integer()
    eta = Instant()


class TripSummary(Schema):
    """A trip, on a booking."""

    id = fields.UUID()
    driver = fields.Nested(Person)
    origin = fields.Function(lambda trip: point(trip.origin_point) | {"text": trip.origin_text})
    destination = fields.Function(lambda trip: point(trip.destination_point) | {"text": trip.destination_text})
    departure_time = Instant()
    arrival_eta = Instant()
    status = fields.String()


class TripOut(TripSummary):
    """A trip."""

    vehicle = fields.Nested(Car)
    stops = fields.List(fields.Nested(Halt))
    distance_km = fields.Float()
    price_per_seat = fields.Integer()
    seats_total = fields.Integer()
    seats_available = fields.Integer()
    luggage_policy = fields.String()
    rules = fields.String()
    allow_auto_accept = fields.Boolean()
    women_only = fields.Boolean()
    series_id = fields.UUID()
    version = fields.Integer()
    created_at = Instant()
    updated_at = Instant()


class BookingIn(Schema):
    """Seats on a trip."""

    trip_id = fields.UUID(required=True)
    seats = fields.Integer(required=True)


class EventOut(Schema):
    """A line of a booking's history."""

    from_status = fields.String()
    to_status = fields.String()
    by = fields.String()
    meta = fields.Dict()
    created_at = Instant()


class BookingOut(Schema):
    """A booking, to its passenger."""

    id = fields.UUID()
    trip = fields.Nested(TripSummary)
    passenger = fields.Nested(Person)
    seats = fields.Integer()
    pickup_stop_id = fields.UUID()
    dropoff_stop_id = fields.UUID()
    departure_time = Instant()
    amount_total = fields.Integer()
    fees = fields.Integer()
    currency = fields.String()
    status = fields.String()
    qr_code = fields.String()
    hold_expires_at = Instant()
    checked_in_at = Instant()
    started_at = Instant()
    ended_at = Instant()
    events = fields.List(fields.Nested(EventOut))
    version = fields.Integer()
    created_at = Instant()
    updated_at = Instant()


class Meta(Schema):
    """About the answer."""

    request_id = fields.String()
    total = fields.Integer()


def envelope(schema: type[Schema], *, many: bool = False) -> type[Schema]:
    """`{data, meta}` around it."""
    shape = {"data": fields.Nested(schema, many=many), "meta": fields.Nested(Meta)}
    return Schema.from_dict(shape, name=f"{'List' if many else ''}{schema.__name__}Envelope")
