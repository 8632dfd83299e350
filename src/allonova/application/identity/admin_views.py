"""What the back office shows of its own people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.identity.roles import Role
from allonova.domain.identity.session import TokenPair


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminView:
    """Somebody of the back office. `totp_enabled`: a code is asked for at login."""

    id: UUID
    email: str
    role: Role
    is_active: bool
    totp_enabled: bool
    last_login: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminTokens:
    """A pair of tokens; `expires_in` seconds is the access token's life."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name of the scheme
    expires_in: int
    admin: AdminView


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpSecret:
    """For the authenticator, typed in or as a QR code of the URL; shown this once."""

    secret: str
    otpauth_url: str


def admin_view(admin: AdminUser) -> AdminView:
    """As the back office sees it."""
    return AdminView(
        id=admin.id,
        email=admin.email,
        role=admin.role,
        is_active=admin.is_active,
        totp_enabled=admin.totp_secret is not None,
        last_login=admin.last_login,
        version=admin.version,
        created_at=admin.created_at,
        updated_at=admin.updated_at,
    )


def admin_tokens(pair: TokenPair, admin: AdminUser) -> AdminTokens:
    """A pair on the wire."""
    return AdminTokens(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
        admin=admin_view(admin),
    )
