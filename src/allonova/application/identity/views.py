"""What identity shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allonova.domain.identity.user import Gender, User


@dataclass(frozen=True, slots=True)
class Preferences:
    """How somebody wants to be spoken to: `fr` or `en`."""

    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """An account, to its owner. `rating_avg` is 0 to 5 with two decimals."""

    id: UUID
    phone: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    gender: Gender | None
    birthdate: date | None
    photo_url: str | None
    is_driver: bool
    is_active: bool
    is_phone_verified: bool
    is_email_verified: bool
    rating_avg: float
    rating_count: int
    preferences: Preferences
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationSent:
    """Where the code went and for how many seconds it works."""

    channel: str
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The same for a phone that has an account and one that has none."""

    verification: VerificationSent


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """Seconds: how long the code works, and how soon another one can be asked for."""

    expires_in: int
    retry_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A pair of tokens; `expires_in` seconds is the access token's life."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name of the scheme
    expires_in: int
    user: UserView


def user_view(user: User) -> UserView:
    """An account as its owner sees it."""
    return UserView(
        id=user.id,
        phone=user.phone,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        gender=user.gender,
        birthdate=user.birthdate,
        photo_url=user.photo_url,
        is_driver=user.is_driver,
        is_active=user.is_active,
        is_phone_verified=user.is_phone_verified,
        is_email_verified=user.is_email_verified,
        rating_avg=float(user.rating_avg),
        rating_count=user.rating_count,
        preferences=Preferences(language=user.language),
        created_at=user.created_at,
        updated_at=user.updated_at,
    )
