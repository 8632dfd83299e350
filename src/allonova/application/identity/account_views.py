"""Accounts of users as the back office sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allonova.application.identity.views import NotificationPreferences, Preferences
from allonova.domain.identity.user import AccountStatus, Gender, User
from allonova.domain.identity.user_note import UserNote


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account, to the back office. `confirmed_gender` is what a paper says. With `needs_code` no password opens it
    until a code or link has come back.
    """

    id: UUID
    status: AccountStatus
    phone: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    gender: Gender | None
    confirmed_gender: Gender | None
    birthdate: date | None
    photo_url: str | None
    is_driver: bool
    is_active: bool
    is_phone_verified: bool
    is_email_verified: bool
    needs_code: bool
    rating_avg: float
    rating_count: int
    referral_code: str | None
    preferences: Preferences
    erased_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """What somebody of the back office wrote about a user; its text is gone once it was struck."""

    id: UUID
    author_id: UUID
    author_email: str
    text: str | None
    struck_at: datetime | None
    struck_by: UUID | None
    created_at: datetime


def account_view(user: User) -> AccountView:
    """An account: not its password."""
    return AccountView(
        id=user.id,
        status=user.status,
        phone=user.phone,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        gender=user.gender,
        confirmed_gender=user.confirmed_gender,
        birthdate=user.birthdate,
        photo_url=user.photo_url,
        is_driver=user.is_driver,
        is_active=user.is_active,
        is_phone_verified=user.is_phone_verified,
        is_email_verified=user.is_email_verified,
        needs_code=user.needs_code,
        rating_avg=float(user.rating_avg),
        rating_count=user.rating_count,
        referral_code=user.referral_code,
        preferences=Preferences(
            language=user.language,
            notifications=NotificationPreferences(push=user.notify_push, email=user.notify_email, sms=user.notify_sms),
        ),
        erased_at=user.erased_at,
        version=user.version,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )


def note_view(note: UserNote, author_email: str) -> NoteView:
    """A note, to the team."""
    return NoteView(
        id=note.id,
        author_id=note.author_id,
        author_email=author_email,
        text=note.text,
        struck_at=note.struck_at,
        struck_by=note.struck_by,
        created_at=note.created_at,
    )
