"""What the two sides of bookings write to each other."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.carpool.tables import BOOKINGS
from allonova.adapters.postgres.schema import CARPOOL, METADATA, count, created, id_column, moment, one_of, words
from allonova.domain.carpool.message import MessageType

MESSAGES = Table(
    "messages",
    METADATA,
    id_column(),
    Column("booking_id", Uuid, ForeignKey(BOOKINGS.c.id), nullable=False),
    Column("from_user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    *one_of("type", MessageType),
    words("content", optional=True),
    words("client_id", optional=True),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    moment("read_at", optional=True),
    moment("hidden_at", optional=True),
    count("version", default=1),
    created(),
    # The order of a chat, and what its list and its read marks are looked up by.
    UniqueConstraint("booking_id", "created_at"),
    # Also finds all that somebody wrote, to be exported or erased.
    UniqueConstraint("from_user_id", "client_id"),
    CheckConstraint("char_length(content) BETWEEN 1 AND 2000", name="content"),
    CheckConstraint("flags <@ '{phone,link,money}'::text[]", name="flags"),
    # What people of the back office look at: few among many.
    Index("ix_messages_flagged", "created_at", postgresql_where=text("flags <> '{}'::text[]")),
    Index("ix_messages_kept", "created_at", postgresql_where=text("content IS NOT NULL")),
    schema=CARPOOL,
)
