"""What the sides of a dispute see of it, and what the back office sees."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allonova.application.carpool.chat_views import MessageView
from allonova.application.carpool.payment_queries import DeskPaymentView
from allonova.application.carpool.ride_views import RideProofView
from allonova.application.carpool.views import SharedBooking
from allonova.application.files.ports import FileStore
from allonova.application.money.refund_views import RefundView
from allonova.domain.carpool.dispute import Dispute, DisputeCategory, DisputeStatus, Evidence
from allonova.domain.identity.user import User
from allonova.domain.kernel.machine import Party

EVIDENCE_LINK = timedelta(minutes=10)  # long enough to open it, too short to be passed on


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeView:
    """A dispute, to its two sides. `party` opened it. What was said of it is there for who said it, and for the other
    side where that side has to answer it: of conduct and of safety it reads the category alone. Francs;
    `refund_amount` went back by its resolution.
    """

    id: UUID
    booking_id: UUID
    party: Party
    is_mine: bool
    category: DisputeCategory
    description: str | None
    status: DisputeStatus
    resolution: str | None
    refund_amount: int | None
    resolved_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """What somebody gave to prove what he says: words, a file (`file_url` works for ten minutes), or both."""

    id: UUID
    dispute_id: UUID
    note: str | None
    file_url: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeDetail(DisputeView):
    """The same with one's own evidence, the oldest first; the other side's is for the back office alone."""

    evidence: tuple[EvidenceView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskDisputeView:
    """A dispute, to the back office. Francs; `refund_id` is the refund that its resolution ordered, which may wait for
    a second admin.
    """

    id: UUID
    booking_id: UUID
    opened_by: UUID
    other_id: UUID
    party: Party
    category: DisputeCategory
    description: str | None
    status: DisputeStatus
    resolution: str | None
    refund_amount: int | None
    refund_id: UUID | None
    resolved_by: UUID | None
    resolved_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSide:
    """Somebody who is a side, and how to reach him; nothing of who was erased."""

    id: UUID
    party: Party
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskEvidenceView(EvidenceView):
    """The same, and whose it is."""

    user_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputedPayment:
    """A payment of the booking with what went back of it."""

    payment: DeskPaymentView
    refunds: tuple[RefundView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFile:
    """All that is known for a decision. `sides`: who opened it, then the other. Of the chat the last hundred messages,
    the oldest of them first; `is_frozen` while the booking's money waits because its sides disagree about the ride.
    """

    dispute: DeskDisputeView
    sides: tuple[DisputeSide, ...]
    evidence: tuple[DeskEvidenceView, ...]
    booking: SharedBooking
    is_frozen: bool
    proof: RideProofView
    messages: tuple[MessageView, ...]
    payments: tuple[DisputedPayment, ...]
    others: tuple[DeskDisputeView, ...]


def dispute_view(dispute: Dispute, viewer_id: UUID) -> DisputeView:
    """A dispute as one of its sides sees it."""
    return DisputeView(
        id=dispute.id,
        booking_id=dispute.booking_id,
        party=dispute.party,
        is_mine=dispute.opened_by == viewer_id,
        category=dispute.category,
        description=dispute.description_for(viewer_id),
        status=dispute.status,
        resolution=dispute.resolution,
        refund_amount=dispute.refund_amount,
        resolved_at=dispute.resolved_at,
        version=dispute.version,
        created_at=dispute.created_at,
        updated_at=dispute.updated_at,
    )


def dispute_detail(dispute: Dispute, viewer_id: UUID, given: Sequence[Evidence], files: FileStore) -> DisputeDetail:
    """The same with his own evidence."""
    view = dispute_view(dispute, viewer_id)
    own = tuple(evidence_view(one, files) for one in given if one.user_id == viewer_id)
    return DisputeDetail(**{each.name: getattr(view, each.name) for each in dataclasses.fields(view)}, evidence=own)


def evidence_view(evidence: Evidence, files: FileStore) -> EvidenceView:
    """Evidence as who gave it sees it."""
    return EvidenceView(
        id=evidence.id,
        dispute_id=evidence.dispute_id,
        note=evidence.note,
        file_url=_link(evidence, files),
        created_at=evidence.created_at,
    )


def desk_evidence_view(evidence: Evidence, files: FileStore) -> DeskEvidenceView:
    """Evidence as the back office sees it."""
    return DeskEvidenceView(
        id=evidence.id,
        dispute_id=evidence.dispute_id,
        user_id=evidence.user_id,
        note=evidence.note,
        file_url=_link(evidence, files),
        created_at=evidence.created_at,
    )


def _link(evidence: Evidence, files: FileStore) -> str | None:
    return None if evidence.object_key is None else files.link(evidence.object_key, expires=EVIDENCE_LINK)


def desk_dispute_view(dispute: Dispute) -> DeskDisputeView:
    """A dispute as the back office sees it."""
    return DeskDisputeView(
        id=dispute.id,
        booking_id=dispute.booking_id,
        opened_by=dispute.opened_by,
        other_id=dispute.other_id,
        party=dispute.party,
        category=dispute.category,
        description=dispute.description,
        status=dispute.status,
        resolution=dispute.resolution,
        refund_amount=dispute.refund_amount,
        refund_id=dispute.refund_id,
        resolved_by=dispute.resolved_by,
        resolved_at=dispute.resolved_at,
        version=dispute.version,
        created_at=dispute.created_at,
        updated_at=dispute.updated_at,
    )


def side_view(dispute: Dispute, user: User) -> DisputeSide:
    """One of its sides."""
    other = Party.DRIVER if dispute.party is Party.PASSENGER else Party.PASSENGER
    return DisputeSide(
        id=user.id,
        party=dispute.party if user.id == dispute.opened_by else other,
        first_name=user.first_name,
        last_name=user.last_name,
        phone=user.phone,
        email=user.email,
    )
