"""Searches that people keep, and of which trips they were told."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Time, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.tables import TRIPS
from allonova.adapters.postgres.schema import (
    CARPOOL,
    METADATA,
    count,
    created,
    francs,
    id_column,
    moment,
    place,
    stamps,
    words,
)

ALERTS = Table(
    "alerts",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    place("origin_point"),
    words("origin_text", optional=True),
    place("destination_point"),
    words("destination_text", optional=True),
    count("radius_m"),
    Column("days", ARRAY(Integer), nullable=False),
    Column("time_from", Time),
    Column("time_to", Time),
    count("seats"),
    *francs("price_max", optional=True),
    moment("expires_at"),
    *stamps(),
    CheckConstraint("radius_m BETWEEN 1 AND 100000", name="radius"),
    CheckConstraint("days <@ '{1,2,3,4,5,6,7}'::integer[]", name="days"),
    CheckConstraint("time_from <= time_to", name="times"),
    CheckConstraint("seats > 0", name="seats"),
    # A trip looks for those that it matches: first for all whose points lie within the largest radius of its own.
    Index("ix_alerts_search", "origin_point", "destination_point", postgresql_using="gist"),
    Index(None, "user_id", "created_at"),
    Index(None, "expires_at"),
    schema=CARPOOL,
)

ALERT_MATCHES = Table(
    "alert_matches",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("alert_id", Uuid, ForeignKey(ALERTS.c.id, ondelete="CASCADE"), nullable=False),
    Column("trip_id", Uuid, ForeignKey(TRIPS.c.id, ondelete="CASCADE"), nullable=False),
    created(),
    UniqueConstraint("trip_id", "user_id"),
    Index(None, "alert_id"),
    schema=CARPOOL,
)
