"""Accounts, one-time codes, sessions."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)

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
from allonova.domain.identity.contact import ChangeKind
from allonova.domain.identity.device import DeviceKind, PushPlatform
from allonova.domain.identity.link import LinkPurpose
from allonova.domain.identity.otp import OtpPurpose
from allonova.domain.identity.roles import Role
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
    *one_of("confirmed_gender", Gender, optional=True),
    Column("gender_confirmed_by", Uuid),
    Column("birthdate", Date),
    words("photo_url", optional=True),
    Column("language", Text, nullable=False, server_default=text("'en'")),
    flag("notify_push", default=True),
    flag("notify_email", default=True),
    flag("notify_sms", default=True),
    flag("is_driver"),
    flag("is_active", default=True),
    flag("is_phone_verified"),
    flag("is_email_verified"),
    Column("rating_avg", Numeric(3, 2), nullable=False, server_default=text("0")),
    count("rating_count", default=0),
    count("rating_sum", default=0),
    moment("demoted_until", optional=True),
    words("referral_code", optional=True),
    flag("needs_code"),
    moment("erased_at", optional=True),
    *stamps(),
    CheckConstraint(
        "confirmed_gender IS NULL OR gender IS NOT DISTINCT FROM confirmed_gender", name="confirmed_is_said"
    ),
    CheckConstraint("(confirmed_gender IS NULL) = (gender_confirmed_by IS NULL)", name="confirmed_by"),
    UniqueConstraint("phone"),
    UniqueConstraint("referral_code"),
    Index(None, "created_at"),
    Index("ix_users_erased", "erased_at", postgresql_where=text("erased_at IS NOT NULL")),
    schema=CARPOOL,
)
Index("uq_users_email", func.lower(USERS.c.email), unique=True)
SOUGHT = func.carpool.sought(USERS.c.phone, USERS.c.email, USERS.c.first_name, USERS.c.last_name, type_=Text)
"""What the back office finds somebody by."""
Index("ix_users_sought", SOUGHT.label("sought"), postgresql_using="gin", postgresql_ops={"sought": "gin_trgm_ops"})
Index("ix_users_closed", USERS.c.created_at, postgresql_where=text("NOT is_active"))

ADMIN_USERS = Table(
    "admin_users",
    METADATA,
    id_column(),
    words("email"),
    words("password_hash", optional=True),
    *one_of("role", Role),
    Column("language", Text, nullable=False, server_default=text("'fr'")),
    flag("is_active", default=True),
    words("totp_secret", optional=True),
    words("totp_pending", optional=True),
    moment("totp_confirmed_at", optional=True),
    count("totp_last_step", optional=True),
    moment("last_login", optional=True),
    *stamps(),
    Index(None, "created_at"),
    schema=CARPOOL,
)
Index("uq_admin_users_email", func.lower(ADMIN_USERS.c.email), unique=True)

OTP_CODES = Table(
    "otp_codes",
    METADATA,
    id_column(),
    words("target"),
    *one_of("purpose", OtpPurpose, default=OtpPurpose.LOGIN),
    Column("user_id", Uuid, ForeignKey(USERS.c.id)),
    words("code_hash"),
    words("password_hash", optional=True),
    moment("expires_at"),
    moment("consumed_at", optional=True),
    count("version", default=1),
    created(),
    CheckConstraint("(purpose = 'login') = (user_id IS NULL)", name="owner"),
    Index(None, "target", "created_at"),
    Index(None, "user_id", "created_at", postgresql_where=text("user_id IS NOT NULL")),
    Index(None, "expires_at"),
    schema=PLATFORM,
)

# No foreign key to users: links of the back office lie here as well.
LINK_TOKENS = Table(
    "link_tokens",
    METADATA,
    id_column(),
    *one_of("purpose", LinkPurpose),
    Column("user_id", Uuid),
    words("target"),
    words("token_hash"),
    words("password_hash", optional=True),
    moment("expires_at"),
    moment("consumed_at", optional=True),
    count("version", default=1),
    created(),
    UniqueConstraint("token_hash"),
    Index(None, "target", "created_at"),
    Index(None, "expires_at"),
    schema=PLATFORM,
)

CONTACT_CHANGES = Table(
    "contact_changes",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    *one_of("kind", ChangeKind),
    words("old_value", optional=True),
    count("version", default=1),
    created(),
    CheckConstraint("kind <> 'password' OR old_value IS NULL", name="no_secret"),
    Index(None, "user_id", "created_at"),
    Index(None, "created_at"),
    schema=CARPOOL,
)

DEVICES = Table(
    "devices",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    *one_of("platform", PushPlatform),
    *one_of("kind", DeviceKind, default=DeviceKind.TOKEN),
    words("token"),
    words("token_hash"),
    *stamps(),
    UniqueConstraint("token_hash"),
    Index(None, "user_id"),
    Index(None, "updated_at"),
    schema=CARPOOL,
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
    Index(None, "created_at"),
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
