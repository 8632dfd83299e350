"""Payments, what providers reported, and the books."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from allonova.adapters.postgres.schema import (
    CARPOOL,
    METADATA,
    PLATFORM,
    created,
    francs,
    id_column,
    moment,
    one_of,
    stamps,
    words,
)
from allonova.domain.money.journal import AccountKind, EntryKind
from allonova.domain.money.payment import Method, PaymentStatus
from allonova.domain.money.wallet import TxnSource, TxnStatus, TxnType

PAYMENTS = Table(
    "payments",
    METADATA,
    id_column(),
    Column("booking_id", Uuid, ForeignKey("carpool.bookings.id")),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    *one_of("method", Method),
    words("provider_ref", optional=True),
    words("provider_url"),
    *francs("amount"),
    Column("currency", Text, nullable=False, server_default=text("'XOF'")),
    *francs("fees", default=0),
    *francs("refunded_amount", default=0),
    *one_of("status", PaymentStatus, default=PaymentStatus.INIT),
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    words("failure_code", optional=True),
    words("failure_message", optional=True),
    Column("intent", JSONB),
    Column("raw_payload", JSONB),
    *stamps(),
    CheckConstraint("currency = 'XOF'", name="currency"),
    CheckConstraint("refunded_amount <= amount", name="refunds"),
    UniqueConstraint("method", "provider_ref", name="uq_payments_provider_ref"),
    Index("uq_payments_open", "booking_id", unique=True, postgresql_where=text("status IN ('init', 'authorized')")),
    Index(None, "booking_id"),
    Index(None, "user_id", "created_at"),
    Index(None, "status", "created_at"),
    Index(None, "created_at"),
    schema=CARPOOL,
)

WEBHOOK_EVENTS = Table(
    "webhook_events",
    METADATA,
    id_column(),
    words("provider"),
    words("event_id"),
    words("kind"),
    Column("payment_id", Uuid, ForeignKey(PAYMENTS.c.id)),
    words("outcome"),
    moment("received_at"),
    UniqueConstraint("provider", "event_id", name="uq_webhook_events_event"),
    Index(None, "payment_id"),
    schema=PLATFORM,
)

WALLETS = Table(
    "wallets",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("balance", Numeric(18, 2), nullable=False, server_default=text("0")),
    Column("currency", Text, nullable=False, server_default=text("'XOF'")),
    *stamps(),
    CheckConstraint("balance >= 0 AND balance = trunc(balance)", name="balance"),
    CheckConstraint("currency = 'XOF'", name="currency"),
    UniqueConstraint("user_id"),
    schema=CARPOOL,
)

WALLET_TXNS = Table(
    "wallet_txns",
    METADATA,
    id_column(),
    # Two lines of one moment bear the same instant; the number keeps their order.
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    Column("wallet_id", Uuid, ForeignKey(WALLETS.c.id), nullable=False),
    *one_of("type", TxnType),
    *francs("amount"),
    *one_of("source", TxnSource),
    Column("ref", Uuid),
    *one_of("status", TxnStatus, default=TxnStatus.DONE),
    Column("balance_after", Numeric(18, 2), nullable=False),
    created(),
    CheckConstraint("amount > 0", name="moves"),
    CheckConstraint("balance_after >= 0 AND balance_after = trunc(balance_after)", name="balance_after"),
    Index(None, "wallet_id", "seq"),
    Index(None, "created_at"),
    schema=CARPOOL,
)

ACCOUNTS = Table(
    "accounts",
    METADATA,
    id_column(),
    *one_of("kind", AccountKind),
    Column("owner", Text, nullable=False, server_default=text("''")),
    created(),
    UniqueConstraint("kind", "owner"),
    schema=PLATFORM,
)

JOURNAL_ENTRIES = Table(
    "journal_entries",
    METADATA,
    id_column(),
    *one_of("kind", EntryKind),
    words("ref_type"),
    Column("ref_id", Uuid, nullable=False),
    created(),
    UniqueConstraint("kind", "ref_type", "ref_id", name="uq_journal_entries_once"),
    Index(None, "ref_id"),
    Index(None, "created_at"),
    schema=PLATFORM,
)

POSTINGS = Table(
    "postings",
    METADATA,
    id_column(),
    Column("entry_id", Uuid, ForeignKey(JOURNAL_ENTRIES.c.id), nullable=False),
    Column("account_id", Uuid, ForeignKey(ACCOUNTS.c.id), nullable=False),
    Column("amount", Numeric(18, 2), nullable=False),
    CheckConstraint("amount <> 0 AND amount = trunc(amount)", name="amount"),
    Index(None, "entry_id"),
    Index(None, "account_id"),
    schema=PLATFORM,
)
