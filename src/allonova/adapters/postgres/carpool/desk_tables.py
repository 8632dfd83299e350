"""What the back office keeps about people: its segments, and its word about reports and flagged messages."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, UniqueConstraint, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB

from allonova.adapters.postgres.schema import CARPOOL, METADATA, id_column, one_of, stamps, words
from allonova.domain.carpool.moderation import CaseKind, Outcome

USER_SEGMENTS = Table(
    "user_segments",
    METADATA,
    id_column(),
    words("name"),
    Column("filters", JSONB, nullable=False),
    Column("created_by", Uuid, nullable=False),
    *stamps(),
    schema=CARPOOL,
)
Index("uq_user_segments_name", func.lower(USER_SEGMENTS.c.name), unique=True)

# No foreign key to what it is about: that lies in two tables.
MODERATION_REVIEWS = Table(
    "moderation_reviews",
    METADATA,
    id_column(),
    *one_of("kind", CaseKind),
    Column("subject_id", Uuid, nullable=False),
    *one_of("outcome", Outcome),
    words("note", optional=True),
    Column("admin_id", Uuid, nullable=False),
    *stamps(),
    UniqueConstraint("kind", "subject_id"),
    schema=CARPOOL,
)
