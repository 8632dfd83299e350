"""Accounts, one-time codes, sessions."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Numeric, Table, Text, UniqueConstraint, Uuid, func, text

from allonova.adapters.postgres.schema import (
    CARPOOL,
    METADATA,
    PLATFORM,
    count,
    created,
    flag,
    id_column,
    moment,
    one_of,
    stamps,
    words,
)
from allonova.domain.identity.session import Audience
from allonova.domain.identity.user import Gender

USERS = Table(
    "users",
    METADATA,
    id_column(),
    words("phone", optional=True),
    words("email", optional=True),
    words("password_hash", optional=True),
    words("first_name", optional=True),
    words("last_name", optional=True),
    *one_of("gender", Gender, optional=True),
    Column("birthdate", Date),
    words("photo_url", optional=True),
    Column("language", Text, nullable=False, server_default=text("'en'")),
    flag("is_driver"),
    flag("is_active", default=True),
    flag("is_phone_verified"),
    flag("is_email_verified"),
    Column("rating_avg", Numeric(3, 2), nullable=False, server_default=text("0")),
    count("rating_count", default=0),
    *stamps(),
    UniqueConstraint("phone"),
    Index(None, "created_at"),
    schema=CARPOOL,
)
Index("uq_users_email", func.lower(USERS.c.email), unique=True)

OTP_CODES = Table(
    "otp_codes",
    METADATA,
    id_column(),
    words("phone"),
    words("code_hash"),
    moment("expires_at"),
    moment("consumed_at", optional=True),
    count("version", default=1),
    created(),
    Index(None, "phone", "created_at"),
    schema=PLATFORM,
)

# No foreign key to users: sessions of every audience live here, and each has its own accounts.
SESSIONS = Table(
    "sessions",
    METADATA,
    id_column(),
    Column("user_id", Uuid, nullable=False),
    *one_of("audience", Audience),
    moment("revoked_at", optional=True),
    count("version", default=1),
    created(),
    Index(None, "user_id"),
    Index(None, "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")),
    schema=PLATFORM,
)

REFRESH_TOKENS = Table(
    "refresh_tokens",
    METADATA,
    id_column(),
    Column("session_id", Uuid, ForeignKey(SESSIONS.c.id, ondelete="CASCADE"), nullable=False),
    words("token_hash"),
    moment("used_at", optional=True),
    moment("expires_at"),
    count("version", default=1),
    created(),
    UniqueConstraint("token_hash"),
    Index(None, "session_id"),
    Index(None, "expires_at"),
    schema=PLATFORM,
)
