"""Permissions to send a file."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, Uuid, text

from allonova.adapters.postgres.schema import CARPOOL, METADATA, count, created, id_column, moment, one_of, words
from allonova.domain.files.upload import FileType, Purpose

UPLOADS = Table(
    "uploads",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    *one_of("purpose", Purpose),
    words("object_key"),
    *one_of("content_type", FileType),
    count("size"),
    words("copy_key", optional=True),
    moment("expires_at"),
    moment("closed_at", optional=True),
    moment("swept_at", optional=True),
    count("version", default=1),
    created(),
    UniqueConstraint("object_key"),
    CheckConstraint("size > 0", name="size"),
    CheckConstraint("swept_at IS NULL OR closed_at IS NOT NULL", name="swept_is_closed"),
    Index(None, "user_id"),
    Index("ix_uploads_due", "expires_at", postgresql_where=text("swept_at IS NULL")),
    Index("ix_uploads_swept", "swept_at", postgresql_where=text("swept_at IS NOT NULL")),
    schema=CARPOOL,
)
