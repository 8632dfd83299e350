"""What identity shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allonova.domain.identity.contact import ChangeKind, ContactChange
from allonova.domain.identity.device import Device, PushPlatform
from allonova.domain.identity.session import TokenPair
from allonova.domain.identity.social import SocialIdentity, SocialProvider
from allonova.domain.identity.user import Gender, User


@dataclass(frozen=True, slots=True)
class NotificationPreferences:
    """On which ways somebody wants to hear of his rides; codes and warnings always come."""

    push: bool
    email: bool
    sms: bool


@dataclass(frozen=True, slots=True)
class Preferences:
    """How somebody wants to be spoken to: `fr` or `en`, and by which ways."""

    language: str
    notifications: NotificationPreferences


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """An account, to its owner. `rating_avg` is 0 to 5 with two decimals; by `referral_code` he brings others;
    `gender_confirmed` as long as his paper says the same.
    """

    id: UUID
    phone: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    gender: Gender | None
    gender_confirmed: bool
    birthdate: date | None
    photo_url: str | None
    is_driver: bool
    is_active: bool
    is_phone_verified: bool
    is_email_verified: bool
    rating_avg: float
    rating_count: int
    referral_code: str | None
    preferences: Preferences
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A login on some device; it ends at `expires_at` unless it is used before."""

    id: UUID
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A device that takes push messages."""

    id: UUID
    platform: PushPlatform
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChangeView:
    """A change of what the account is reached and guarded by."""

    kind: ChangeKind
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialLinkView:
    """A provider whose account opens this one."""

    provider: SocialProvider
    linked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialLinks:
    """All of them, the oldest first."""

    links: tuple[SocialLinkView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationSent:
    """Where the code or link went (`sms`, `email`) and for how many seconds it works."""

    channel: str
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The same for a phone or e-mail that has an account and one that has none."""

    verification: VerificationSent


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """Seconds: how long the code works, and how soon another one can be asked for."""

    expires_in: int
    retry_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSent:
    """Seconds for which the link works, if one was sent."""

    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A pair of tokens; `expires_in` seconds is the access token's life."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name of the scheme
    expires_in: int
    user: UserView


def tokens_view(pair: TokenPair, user: User) -> Tokens:
    """A pair on the wire."""
    return Tokens(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
        user=user_view(user),
    )


def user_view(user: User) -> UserView:
    """An account as its owner sees it."""
    return UserView(
        id=user.id,
        phone=user.phone,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        gender=user.gender,
        gender_confirmed=user.confirmed_gender is not None,
        birthdate=user.birthdate,
        photo_url=user.photo_url,
        is_driver=user.is_driver,
        is_active=user.is_active,
        is_phone_verified=user.is_phone_verified,
        is_email_verified=user.is_email_verified,
        rating_avg=float(user.rating_avg),
        rating_count=user.rating_count,
        referral_code=user.referral_code,
        preferences=Preferences(
            language=user.language,
            notifications=NotificationPreferences(push=user.notify_push, email=user.notify_email, sms=user.notify_sms),
        ),
        version=user.version,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )


def device_view(device: Device) -> DeviceView:
    """A device as its owner sees it: not its token."""
    return DeviceView(id=device.id, platform=device.platform, created_at=device.created_at)


def contact_change_view(change: ContactChange) -> ContactChangeView:
    """A change as the account's owner sees it: not what was there before, which is sealed."""
    return ContactChangeView(kind=change.kind, changed_at=change.created_at)


def social_link_view(identity: SocialIdentity) -> SocialLinkView:
    """A way in as its owner sees it: not who he is there."""
    return SocialLinkView(provider=identity.provider, linked_at=identity.created_at)
