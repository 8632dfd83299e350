"""What the back office writes about people."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Uuid

from allonova.adapters.postgres.identity.tables import ADMIN_USERS, USERS
from allonova.adapters.postgres.schema import CARPOOL, METADATA, count, created, id_column, moment, words

USER_NOTES = Table(
    "user_notes",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    Column("author_id", Uuid, ForeignKey(ADMIN_USERS.c.id), nullable=False),
    words("text", optional=True),
    moment("struck_at", optional=True),
    Column("struck_by", Uuid),
    count("version", default=1),
    created(),
    CheckConstraint("char_length(text) BETWEEN 1 AND 2000", name="text"),
    CheckConstraint("(text IS NULL) = (struck_at IS NOT NULL)", name="struck"),
    Index(None, "user_id", "created_at"),
    Index(None, "created_at"),
    schema=CARPOOL,
)
