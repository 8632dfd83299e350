"""Where drivers were, what that says of rides, and links by which rides are followed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Double, ForeignKey, Index, Table, UniqueConstraint, Uuid, text

from allonova.adapters.postgres.carpool.tables import BOOKINGS, TRIPS
from allonova.adapters.postgres.schema import (
    CARPOOL,
    METADATA,
    count,
    created,
    id_column,
    moment,
    place,
    stamps,
    words,
)

DRIVER_LOCATIONS = Table(
    "driver_locations",
    METADATA,
    id_column(),
    Column("trip_id", Uuid, ForeignKey(TRIPS.c.id, ondelete="CASCADE"), nullable=False),
    Column("driver_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    place("point"),
    Column("heading", Double),
    Column("speed", Double),
    created(),
    CheckConstraint("heading >= 0 AND heading <= 360", name="heading"),
    CheckConstraint("speed >= 0", name="speed"),
    Index("uq_driver_locations_trip_id_created_at", "trip_id", "created_at", unique=True),
    Index("ix_driver_locations_day", text("(((created_at AT TIME ZONE 'UTC'))::date)")),
    Index(None, "driver_id"),
    schema=CARPOOL,
)

RIDE_PROOFS = Table(
    "ride_proofs",
    METADATA,
    id_column(),
    Column("booking_id", Uuid, ForeignKey(BOOKINGS.c.id), nullable=False),
    count("fixes"),
    place("first_point"),
    moment("first_at"),
    place("last_point"),
    moment("last_at"),
    count("distance_m", optional=True),
    count("pickup_distance_m"),
    moment("pickup_at"),
    count("dropoff_distance_m"),
    moment("dropoff_at"),
    created(),
    UniqueConstraint("booking_id"),
    CheckConstraint("fixes > 0", name="fixes"),
    Index(None, "created_at"),
    schema=CARPOOL,
)

RIDE_LINKS = Table(
    "ride_links",
    METADATA,
    id_column(),
    Column("booking_id", Uuid, ForeignKey(BOOKINGS.c.id), nullable=False),
    words("token_hash"),
    moment("expires_at"),
    moment("revoked_at", optional=True),
    *stamps(),
    UniqueConstraint("token_hash"),
    Index("uq_ride_links_live", "booking_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
    Index(None, "booking_id"),
    Index(None, "expires_at"),
    schema=CARPOOL,
)
