"""Links by which a passenger lets somebody follow his ride."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.carpool.booking import BookingStatus
from allonova.domain.carpool.rules import COMPLETE_AFTER
from allonova.domain.kernel.errors import Conflict


@dataclass(eq=False)
class NotShareable(Conflict):
    """Only a ride that is paid and not yet over can be followed."""

    status: str


@dataclass(slots=True, kw_only=True)
class RideLink:
    """A booking has one that works at a time. Of its token only a hash is kept. It ends with the ride, at `expires_at`
    at the latest, or when it is revoked.
    """

    id: UUID
    booking_id: UUID
    token_hash: str
    expires_at: datetime
    revoked_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def revoke(self, at: datetime) -> None:
        """It shows nothing any more."""
        self.revoked_at = self.updated_at = at


def require_shareable(status: BookingStatus) -> None:
    """Refuse a ride that nobody has paid, or that is over."""
    if status is not BookingStatus.PAID:
        raise NotShareable(status)


def link_ends_at(arrival_eta: datetime) -> datetime:
    """When the ride is over at the latest."""
    return arrival_eta + COMPLETE_AFTER
