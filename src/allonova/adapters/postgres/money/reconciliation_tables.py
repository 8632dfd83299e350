"""What was found to differ from providers, the runs that looked for it, and proofs of the books."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.schema import (
    METADATA,
    PLATFORM,
    count,
    francs,
    id_column,
    moment,
    one_of,
    stamps,
    words,
)
from allonova.domain.money.reconciliation import DifferenceKind, DifferenceStatus, Resolution, Subject

DIFFERENCES = Table(
    "differences",
    METADATA,
    id_column(),
    *one_of("kind", DifferenceKind),
    *one_of("subject", Subject),
    # A payment's, a refund's or a payout's; no foreign key reaches three tables.
    Column("subject_id", Uuid, nullable=False),
    words("provider"),
    words("ours"),
    words("theirs"),
    *francs("our_amount", optional=True),
    *francs("their_amount", optional=True),
    *one_of("status", DifferenceStatus),
    *one_of("resolution", Resolution, optional=True),
    moment("closed_at", optional=True),
    *stamps(),
    # One for each object and kind while it stands; it also finds those of an object.
    Index(
        "uq_differences_open",
        *("subject", "subject_id", "kind"),
        unique=True,
        postgresql_where=text("status = 'open'"),
    ),
    Index(None, "subject_id"),
    Index(None, "status", "created_at"),
    Index(None, "created_at"),
    schema=PLATFORM,
)

RECONCILIATIONS = Table(
    "reconciliations",
    METADATA,
    id_column(),
    words("tick"),
    moment("started_at"),
    moment("finished_at", optional=True),
    count("asked", default=0),
    count("unanswered", default=0),
    count("settled", default=0),
    count("differences", default=0),
    *stamps(),
    UniqueConstraint("tick"),
    Index(None, "started_at"),
    schema=PLATFORM,
)

BOOKS_CHECKS = Table(
    "books_checks",
    METADATA,
    id_column(),
    words("tick"),
    count("entries"),
    count("postings"),
    count("fault_count"),
    Column("faults", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    *stamps(),
    UniqueConstraint("tick"),
    Index(None, "created_at"),
    schema=PLATFORM,
)
