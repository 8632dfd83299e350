"""What AlloCar's users are told."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from allonova.adapters.postgres.schema import CARPOOL, METADATA, count, created, id_column, moment, words

NOTICES = Table(
    "notices",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    words("type"),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("data", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    moment("until", optional=True),
    moment("read_at", optional=True),
    count("version", default=1),
    created(),
    # A reader's list, and how long it is, without reading the rows; the same of what he has not read.
    Index("ix_notices_reader", "user_id", "created_at", "id"),
    Index("ix_notices_unread", "user_id", "created_at", "id", postgresql_where=text("read_at IS NULL")),
    Index(None, "created_at"),
    schema=CARPOOL,
)
