"""Accounts elsewhere that open an account here."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, UniqueConstraint, Uuid

from allonova.adapters.postgres.identity.tables import USERS
from allonova.adapters.postgres.schema import CARPOOL, METADATA, id_column, one_of, stamps, words
from allonova.domain.identity.social import SocialProvider

SOCIAL_IDENTITIES = Table(
    "social_identities",
    METADATA,
    id_column(),
    Column("user_id", Uuid, ForeignKey(USERS.c.id), nullable=False),
    *one_of("provider", SocialProvider),
    words("subject"),
    *stamps(),
    UniqueConstraint("provider", "subject"),
    UniqueConstraint("user_id", "provider"),
    schema=CARPOOL,
)
