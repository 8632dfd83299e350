"""Who blocks whom, and who reported whom."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, Uuid, text

from allonova.adapters.postgres.carpool.tables import BOOKINGS
from allonova.adapters.postgres.schema import CARPOOL, METADATA, created, id_column, one_of, stamps, words
from allonova.domain.carpool.user_report import ReportStatus

BLOCKS = Table(
    "blocks",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("blocked_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    created(),
    UniqueConstraint("user_id", "blocked_id"),
    CheckConstraint("user_id <> blocked_id", name="others"),
    Index(None, "blocked_id", "user_id"),
    schema=CARPOOL,
)

USER_REPORTS = Table(
    "user_reports",
    METADATA,
    id_column(),
    Column("reporter_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("reported_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("booking_id", Uuid, ForeignKey(BOOKINGS.c.id)),
    words("reason"),
    *one_of("status", ReportStatus, default=ReportStatus.OPEN),
    *stamps(),
    CheckConstraint("reporter_id <> reported_id", name="others"),
    Index(
        "uq_user_reports_open",
        "reporter_id",
        "reported_id",
        "booking_id",
        unique=True,
        postgresql_where=text("status = 'open'"),
        postgresql_nulls_not_distinct=True,
    ),
    Index(None, "reporter_id", "created_at"),
    Index(None, "status", "created_at"),
    Index(None, "created_at"),
    Index(None, "reported_id"),
    Index("ix_user_reports_kept", "updated_at", postgresql_where=text("status = 'closed' AND reason <> ''")),
    schema=CARPOOL,
)
