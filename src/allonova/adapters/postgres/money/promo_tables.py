"""Promos, their uses, and who brought whom."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, Uuid, text

from allonova.adapters.postgres.schema import (
    CARPOOL,
    METADATA,
    count,
    francs,
    id_column,
    moment,
    one_of,
    stamps,
    words,
)
from allonova.domain.money.promo import PromoStatus, PromoType, UseStatus
from allonova.domain.money.referral import ReferralStatus

PROMOS = Table(
    "promos",
    METADATA,
    id_column(),
    words("code"),
    *one_of("type", PromoType),
    *francs("value"),
    count("max_uses", optional=True),
    count("per_user_limit", optional=True),
    moment("starts_at"),
    moment("ends_at", optional=True),
    *one_of("status", PromoStatus, default=PromoStatus.ACTIVE),
    count("uses", default=0),
    *stamps(),
    # Unique without regard to case, by any way in.
    CheckConstraint("code = upper(code)", name="capitals"),
    CheckConstraint("value > 0 AND (type = 'amount' OR value <= 100)", name="gives"),
    CheckConstraint("max_uses > 0 AND per_user_limit > 0", name="limits"),
    CheckConstraint("ends_at > starts_at", name="period"),
    CheckConstraint("uses >= 0", name="uses"),
    UniqueConstraint("code"),
    Index(None, "created_at"),
    schema=CARPOOL,
)

PROMO_USES = Table(
    "promo_uses",
    METADATA,
    id_column(),
    Column("promo_id", Uuid, ForeignKey(PROMOS.c.id), nullable=False),
    Column("user_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("payment_id", Uuid, ForeignKey("carpool.payments.id"), nullable=False),
    Column("booking_id", Uuid, ForeignKey("carpool.bookings.id"), nullable=False),
    *francs("discount"),
    *one_of("status", UseStatus, default=UseStatus.RESERVED),
    *stamps(),
    CheckConstraint("discount > 0", name="gives"),
    UniqueConstraint("payment_id"),
    # How many somebody has of one; all of one, the newest first.
    Index(None, "promo_id", "user_id"),
    Index(None, "promo_id", "created_at"),
    Index(None, "user_id"),
    Index(None, "booking_id"),
    schema=CARPOOL,
)

REFERRALS = Table(
    "referrals",
    METADATA,
    id_column(),
    Column("referrer_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    Column("referee_id", Uuid, ForeignKey("carpool.users.id"), nullable=False),
    *francs("bonus_referrer", default=0),
    *francs("bonus_referee", default=0),
    *one_of("status", ReferralStatus, default=ReferralStatus.PENDING),
    Column("booking_id", Uuid, ForeignKey("carpool.bookings.id")),
    moment("earned_at", optional=True),
    *stamps(),
    CheckConstraint("referrer_id <> referee_id", name="others"),
    UniqueConstraint("referee_id"),
    Index(None, "referrer_id"),
    Index(None, "booking_id", postgresql_where=text("booking_id IS NOT NULL")),
    Index(None, "status", "created_at"),
    Index(None, "created_at"),
    schema=CARPOOL,
)
