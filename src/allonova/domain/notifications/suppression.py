"""Addresses to which nothing is sent any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.identity.contact import Channel


class SuppressionReason(StrEnum):
    """Why a mailbox or a phone gets nothing any more."""

    HARD_BOUNCE = "hard_bounce"
    BLOCKED = "blocked"
    SPAM = "spam"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that a vendor could not reach, or whose owner called our messages spam. Whose it is nobody can read
    here: `address_hash` finds it again for who has the address. It was derived by the server's secret of the name
    `kid`; what is older than these names has none.
    """

    id: UUID
    channel: Channel
    address_hash: str
    kid: str | None = None
    reason: SuppressionReason
    created_at: datetime
