"""Exports."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from allonova.adapters.postgres.schema import METADATA, PLATFORM, count, flag, id_column, moment, one_of, stamps, words
from allonova.domain.files.export import ExportKind, ExportStatus, FileFormat

EXPORTS = Table(
    "exports",
    METADATA,
    id_column(),
    Column("admin_id", Uuid, ForeignKey("carpool.admin_users.id"), nullable=False),
    *one_of("kind", ExportKind),
    *one_of("format", FileFormat),
    moment("since"),
    moment("until"),
    Column("filters", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    flag("shows_phones"),
    *one_of("status", ExportStatus, default=ExportStatus.QUEUED),
    count("progress", default=0),
    count("rows", default=0),
    Column("size", BigInteger),
    words("object_key", optional=True),
    words("failure_code", optional=True),
    count("attempts", default=0),
    moment("lease_until", optional=True),
    moment("expires_at", optional=True),
    *stamps(),
    CheckConstraint("since < until", name="period"),
    CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
    Index(None, "admin_id", "created_at"),
    # Few are under way, and few have a file.
    Index("ix_exports_open", "created_at", postgresql_where=text("status IN ('queued', 'running')")),
    Index("ix_exports_kept", "expires_at", postgresql_where=text("object_key IS NOT NULL")),
    Index(None, "updated_at"),
    schema=PLATFORM,
)
