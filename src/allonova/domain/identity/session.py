"""Sessions and their rotating refresh tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

ACCESS_TTL = timedelta(minutes=15)  # conventions.md, Tokens
REFRESH_TTL = timedelta(days=30)
REFRESH_GRACE = timedelta(seconds=10)  # a reply lost on a bad network


class Audience(StrEnum):
    """Which API a token opens."""

    ALLOCAR = "allocar"
    ALLOCAR_ADMIN = "allocar-admin"
    NOVA = "nova"


class Rotation(StrEnum):
    """What presenting a refresh token amounts to."""

    FIRST = "first"
    REPEATED = "repeated"
    STOLEN = "stolen"
    DEAD = "dead"


@dataclass(slots=True, kw_only=True)
class Session:
    """One login on one device: a family of refresh tokens of which exactly one is unused."""

    id: UUID
    user_id: UUID
    audience: Audience
    revoked_at: datetime | None = None
    version: int = 1
    created_at: datetime

    def revoke(self, at: datetime) -> None:
        """End it. Ending it twice keeps the first instant."""
        self.revoked_at = self.revoked_at or at


@dataclass(slots=True, kw_only=True)
class RefreshToken:
    """A link of the session's chain. The token itself is never kept, only its hash."""

    id: UUID
    session_id: UUID
    token_hash: str
    used_at: datetime | None = None
    expires_at: datetime
    version: int = 1
    created_at: datetime

    def present(self, session: Session, at: datetime) -> Rotation:
        """Use the token: once, or again within the grace of a lost reply; later than that it was stolen."""
        if session.revoked_at is not None or at >= self.expires_at:
            return Rotation.DEAD
        if self.used_at is None:
            self.used_at = at
            return Rotation.FIRST
        return Rotation.REPEATED if at - self.used_at <= REFRESH_GRACE else Rotation.STOLEN


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """What a login gives; `expires_in` seconds is the access token's life."""

    access_token: str
    refresh_token: str
    expires_in: int
