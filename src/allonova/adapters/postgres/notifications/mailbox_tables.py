"""Addresses to which nothing is sent."""

from __future__ import annotations

from sqlalchemy import Table, UniqueConstraint

from allonova.adapters.postgres.schema import METADATA, PLATFORM, created, id_column, one_of, words
from allonova.domain.identity.contact import Channel
from allonova.domain.notifications.suppression import SuppressionReason

SUPPRESSED_ADDRESSES = Table(
    "suppressed_addresses",
    METADATA,
    id_column(),
    *one_of("channel", Channel),
    words("address_hash"),
    words("kid", optional=True),
    *one_of("reason", SuppressionReason),
    created(),
    UniqueConstraint("address_hash", "channel"),
    schema=PLATFORM,
)
