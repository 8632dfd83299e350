"""The settings of the back office and who changed them."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, Table, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from allonova.adapters.postgres.schema import METADATA, PLATFORM, created, id_column, stamps

SETTINGS = Table(
    "settings",
    METADATA,
    id_column(),
    # There is one record: no other row has the same truth in it.
    Column("one", Boolean, nullable=False, server_default=text("true")),
    Column("document", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    *stamps(),
    UniqueConstraint("one"),
    CheckConstraint("one", name="one"),
    schema=PLATFORM,
)

SETTINGS_HISTORY = Table(
    "settings_history",
    METADATA,
    id_column(),
    Column("version", Integer, nullable=False),
    Column("admin_id", Uuid, ForeignKey("carpool.admin_users.id"), nullable=False),
    Column("changes", JSONB, nullable=False),
    created(),
    # Each version was made once; this is also the order in which the history is read.
    UniqueConstraint("version"),
    schema=PLATFORM,
)
