"""What the service itself keeps: counters, keys, events on their way, the audit log, its clock."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from allonova.adapters.postgres.schema import METADATA, PLATFORM, count, created, flag, id_column, moment, one_of, words
from allonova.domain.kernel.machine import Party

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("times", ARRAY(TIMESTAMP(timezone=True)), nullable=False),
    Index("ix_attempts_last", text("(times[cardinality(times)])")),
    schema=PLATFORM,
)

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    METADATA,
    id_column(),
    words("scope"),
    words("fingerprint"),
    Column("ref", Uuid),
    moment("lease_until", optional=True),
    count("answer_status", optional=True),
    Column("answer_body", LargeBinary),
    created(),
    UniqueConstraint("scope"),
    Index(None, "created_at"),
    schema=PLATFORM,
)

OUTBOX = Table(
    "outbox",
    METADATA,
    id_column(),
    # Events of one unit bear the same instant; the number keeps their order.
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    words("event"),
    Column("payload", JSONB, nullable=False),
    words("subscriber"),
    moment("due_at"),
    count("attempts", default=0),
    moment("leased_until", optional=True),
    moment("done_at", optional=True),
    moment("dead_at", optional=True),
    words("last_error", optional=True),
    flag("is_live"),
    words("trace", optional=True),
    created(),
    Index(
        "ix_outbox_due", "due_at", "seq", postgresql_where=text("done_at IS NULL AND dead_at IS NULL AND NOT is_live")
    ),
    Index("ix_outbox_live", "seq", postgresql_where=text("is_live AND dead_at IS NULL")),
    Index(None, "done_at", postgresql_where=text("done_at IS NOT NULL")),
    Index("ix_outbox_dead", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
    schema=PLATFORM,
)

AUDIT_LOGS = Table(
    "audit_logs",
    METADATA,
    id_column(),
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    *one_of("actor_type", Party),
    Column("actor_id", Uuid),
    words("action"),
    words("entity"),
    Column("entity_id", Uuid, nullable=False),
    Column("meta", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    created(),
    Index(None, "created_at", "id"),
    *(Index(None, name, "created_at", "id") for name in ("actor_id", "entity_id", "entity", "action")),
    schema=PLATFORM,
)

CLOCK = Table(
    "clock",
    METADATA,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("offset_s", Double, nullable=False, server_default=text("0")),
    CheckConstraint("one", name="one"),
    schema=PLATFORM,
)

JOB_REQUESTS = Table(
    "job_requests",
    METADATA,
    id_column(),
    words("name"),
    moment("taken_at", optional=True),
    moment("done_at", optional=True),
    words("error", optional=True),
    created(),
    Index("ix_job_requests_due", "created_at", postgresql_where=text("taken_at IS NULL AND done_at IS NULL")),
    Index(None, "created_at"),
    schema=PLATFORM,
)

JOB_RUNS = Table(
    "job_runs",
    METADATA,
    words("job"),
    words("tick"),
    moment("lease_until"),
    moment("finished_at", optional=True),
    words("error", optional=True),
    PrimaryKeyConstraint("job", "tick"),
    Index(None, "lease_until"),
    schema=PLATFORM,
)
