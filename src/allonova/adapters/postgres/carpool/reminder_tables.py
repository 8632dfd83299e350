"""Who was reminded of which ride."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, Uuid

from allonova.adapters.postgres.carpool.tables import TRIPS
from allonova.adapters.postgres.schema import CARPOOL, METADATA, count, created, id_column

REMINDERS = Table(
    "reminders",
    METADATA,
    id_column(),
    Column("trip_id", Uuid, ForeignKey(TRIPS.c.id), nullable=False),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    count("hours_before"),
    created(),
    UniqueConstraint("trip_id", "user_id", "hours_before"),
    CheckConstraint("hours_before > 0", name="hours_before"),
    Index(None, "created_at"),
    schema=CARPOOL,
)
