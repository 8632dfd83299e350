"""What sides of bookings complain of, and what they give to prove it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Uuid, text

from allonova.adapters.postgres.carpool.tables import BOOKINGS
from allonova.adapters.postgres.money.tables import REFUNDS
from allonova.adapters.postgres.schema import (
    CARPOOL,
    METADATA,
    count,
    created,
    francs,
    id_column,
    moment,
    one_of,
    stamps,
    words,
)
from allonova.domain.carpool.dispute import DisputeCategory, DisputeStatus
from allonova.domain.kernel.machine import Party

DISPUTES = Table(
    "disputes",
    METADATA,
    id_column(),
    Column("booking_id", Uuid, ForeignKey(BOOKINGS.c.id), nullable=False),
    Column("opened_by", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("other_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    *one_of("party", (Party.PASSENGER, Party.DRIVER)),
    *one_of("category", DisputeCategory),
    words("description", optional=True),
    *one_of("status", DisputeStatus, default=DisputeStatus.OPEN),
    words("resolution", optional=True),
    *francs("refund_amount", optional=True),
    Column("refund_id", Uuid, ForeignKey(REFUNDS.c.id)),
    Column("resolved_by", Uuid),
    moment("resolved_at", optional=True),
    *stamps(),
    CheckConstraint("opened_by <> other_id", name="others"),
    CheckConstraint("char_length(description) BETWEEN 1 AND 4000", name="words"),
    CheckConstraint("(resolved_at IS NULL) = (resolution IS NULL)", name="ended"),
    CheckConstraint("(refund_amount IS NULL) = (refund_id IS NULL)", name="refund"),
    # Also what is asked whenever money would move: whether one of a booking is undecided.
    Index(
        "uq_disputes_open",
        "booking_id",
        "opened_by",
        unique=True,
        postgresql_where=text("status IN ('open', 'in_review')"),
    ),
    Index(None, "booking_id"),
    Index(None, "opened_by", "created_at"),
    Index(None, "other_id", "created_at"),
    Index(None, "status", "created_at"),
    Index(None, "category", "created_at"),
    Index(None, "created_at"),
    Index("ix_disputes_decided", "resolved_at", postgresql_where=text("resolved_at IS NOT NULL")),
    schema=CARPOOL,
)

DISPUTE_EVIDENCE = Table(
    "dispute_evidence",
    METADATA,
    id_column(),
    Column("dispute_id", Uuid, ForeignKey(DISPUTES.c.id), nullable=False),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    words("object_key", optional=True),
    words("note", optional=True),
    count("version", default=1),
    created(),
    CheckConstraint("char_length(note) BETWEEN 1 AND 2000", name="note"),
    Index(None, "dispute_id", "created_at"),
    Index(None, "user_id", "created_at"),
    schema=CARPOOL,
)
