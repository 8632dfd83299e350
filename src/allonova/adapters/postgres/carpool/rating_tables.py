"""What the sides of a ride said of each other."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, Uuid, text

from allonova.adapters.postgres.carpool.tables import BOOKINGS
from allonova.adapters.postgres.schema import CARPOOL, METADATA, count, flag, id_column, moment, one_of, stamps, words
from allonova.domain.carpool.rating import RatedAs

RATINGS = Table(
    "ratings",
    METADATA,
    id_column(),
    Column("booking_id", Uuid, ForeignKey(BOOKINGS.c.id), nullable=False),
    Column("from_user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("to_user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    *one_of("role", RatedAs),
    count("stars"),
    words("comment", optional=True),
    moment("closes_at"),
    moment("shown_at", optional=True),
    flag("comment_hidden"),
    words("hidden_reason", optional=True),
    *stamps(),
    UniqueConstraint("booking_id", "from_user_id"),
    CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
    CheckConstraint("from_user_id <> to_user_id", name="others"),
    Index("ix_ratings_shown", "to_user_id", "created_at", postgresql_where=text("shown_at IS NOT NULL")),
    Index("ix_ratings_hidden", "closes_at", postgresql_where=text("shown_at IS NULL")),
    Index(None, "to_user_id"),
    Index(None, "from_user_id", "created_at"),
    Index(None, "created_at"),
    schema=CARPOOL,
)
