"""The chain over the audit log, and the nights' proofs of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, LargeBinary, Table, Text, UniqueConstraint, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY

from allonova.adapters.postgres.kernel.tables import AUDIT_LOGS
from allonova.adapters.postgres.schema import METADATA, PLATFORM, count, id_column, moment, stamps, words

AUDIT_SEALS = Table(
    "audit_seals",
    METADATA,
    # Given by whoever seals: a sequence would leave gaps.
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("log_id", Uuid, ForeignKey(AUDIT_LOGS.c.id), nullable=False),
    moment("upto"),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("log_id"),
    CheckConstraint("seq > 0", name="seq"),
    CheckConstraint("octet_length(hash) = 32", name="hash"),
    schema=PLATFORM,
)

AUDIT_CHECKS = Table(
    "audit_checks",
    METADATA,
    id_column(),
    words("tick"),
    Column("sealed", BigInteger, nullable=False),
    Column("waiting", BigInteger, nullable=False),
    words("head"),
    count("fault_count"),
    Column("faults", ARRAY(Text), nullable=False, server_default=sql("'{}'::text[]")),
    *stamps(),
    UniqueConstraint("tick"),
    schema=PLATFORM,
)
