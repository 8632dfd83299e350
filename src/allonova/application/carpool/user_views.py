"""People as the back office's lists show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.application.identity.account_views import AccountView
from allonova.domain.carpool.segment import UserSegment
from allonova.domain.identity.user import AccountStatus, User
from allonova.domain.kyc.document import KycStatus


class Identity(StrEnum):
    """How somebody's identity stands: the best that any identity paper of his has reached."""

    NONE = "none"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


def identity_of(status: KycStatus | None) -> Identity:
    """None is somebody without a paper."""
    return Identity.NONE if status is None else Identity(status.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUser:
    """Somebody in the list of users."""

    id: UUID
    status: AccountStatus
    kyc: Identity
    phone: str | None
    email: str | None
    first_name: str | None
    last_name: str | None
    is_driver: bool
    rating_avg: float
    rating_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMoney:
    """Somebody's wallet in francs. No money leaves before `frozen_until`, after a change of what guards the account."""

    balance: int
    spend_only: int
    frozen_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCounts:
    """How much there is of somebody; `sessions` are those that live."""

    trips: int
    bookings: int
    disputes: int
    reports_made: int
    reports_received: int
    notes: int
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDetail:
    """Somebody, to the back office: not the numbers of his papers, nor where his money goes."""

    user: AccountView
    kyc: Identity
    wallet: UserMoney
    counts: UserCounts


class TimelineKind(StrEnum):
    """What happened."""

    REGISTERED = "registered"
    SESSION = "session"
    SESSION_ENDED = "session_ended"
    PAPER = "paper"
    PAPER_REVIEWED = "paper_reviewed"
    TRIP = "trip"
    BOOKING = "booking"
    BOOKING_RECEIVED = "booking_received"
    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    REPORT = "report"
    REPORT_RECEIVED = "report_received"
    DISPUTE = "dispute"
    DISPUTE_RECEIVED = "dispute_received"
    NOTE = "note"
    CREATED = "created"
    CHANGED = "changed"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    MFA_RESET = "mfa_reset"
    ERASED = "erased"


DEEDS: Mapping[str, TimelineKind] = {
    "user.created_by_admin": TimelineKind.CREATED,
    "user.changed_by_admin": TimelineKind.CHANGED,
    "user.suspended": TimelineKind.SUSPENDED,
    "user.reinstated": TimelineKind.REINSTATED,
    "user.mfa_reset": TimelineKind.MFA_RESET,
    "user.erased": TimelineKind.ERASED,
}
"""Actions of the audit log that are shown in the timeline of whom they are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineView:
    """Something that somebody did or that was done about him; `entity` names the object, `facts` its present state.
    Francs.
    """

    at: datetime
    kind: TimelineKind
    entity: str
    entity_id: UUID
    facts: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentView:
    """A group of people; `filters` are those of `GET /admin/users`, by their names there."""

    id: UUID
    name: str
    filters: Mapping[str, str | int | bool | float]
    created_by: UUID
    version: int
    created_at: datetime
    updated_at: datetime


def listed_user(user: User, kyc: Identity) -> ListedUser:
    """A line of the list."""
    return ListedUser(
        id=user.id,
        status=user.status,
        kyc=kyc,
        phone=user.phone,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        is_driver=user.is_driver,
        rating_avg=float(user.rating_avg),
        rating_count=user.rating_count,
        created_at=user.created_at,
    )


def segment_view(segment: UserSegment) -> SegmentView:
    """A segment, to the team."""
    return SegmentView(
        id=segment.id,
        name=segment.name,
        filters=segment.filters,
        created_by=segment.created_by,
        version=segment.version,
        created_at=segment.created_at,
        updated_at=segment.updated_at,
    )
