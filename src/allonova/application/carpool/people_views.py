"""What people see of those whom they blocked or reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.carpool.views import Person, PublicUser, public_user
from allonova.domain.carpool.block import Block
from allonova.domain.carpool.user_report import ReportStatus, UserReport


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """Somebody whom one has blocked, since when."""

    user: PublicUser
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserReportView:
    """A report, to whoever made it; `user_id` is whom it is about."""

    id: UUID
    user_id: UUID
    booking_id: UUID | None
    reason: str
    status: ReportStatus
    created_at: datetime


def block_view(block: Block, blocked: Person) -> BlockView:
    """A block, to whoever made it."""
    return BlockView(user=public_user(blocked), created_at=block.created_at)


def user_report_view(report: UserReport) -> UserReportView:
    """A report, to whoever made it."""
    return UserReportView(
        id=report.id,
        user_id=report.reported_id,
        booking_id=report.booking_id,
        reason=report.reason,
        status=report.status,
        created_at=report.created_at,
    )
