"""What the review of papers shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.domain.kyc.document import DocType, KycDocument, KycStatus, masked


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """A paper, to its owner; of `doc_number` only the end. `notes` say why it was rejected."""

    id: UUID
    doc_type: DocType
    doc_number: str
    has_back: bool
    status: KycStatus
    notes: str | None
    reviewed_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KycView:
    """How somebody's identity stands (`none`, `pending`, `approved`, `rejected`), and every paper, the newest first."""

    status: str
    documents: list[PaperView]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantView:
    """Whose paper it is, for the reviewer to compare."""

    id: UUID
    first_name: str | None
    last_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPaperView:
    """A paper that waits for its review: its whole number, and links to its files that work for `links_expire_in`
    seconds.
    """

    id: UUID
    user: ApplicantView
    doc_type: DocType
    doc_number: str
    front: str
    back: str | None
    links_expire_in: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedPaperView:
    """A paper after its review, to the back office."""

    id: UUID
    user_id: UUID
    doc_type: DocType
    status: KycStatus
    notes: str | None
    reviewed_by: UUID | None
    reviewed_at: datetime | None
    created_at: datetime
    updated_at: datetime


def paper_view(document: KycDocument, number: str) -> PaperView:
    """A paper as its owner sees it; `number` is the opened one."""
    return PaperView(
        id=document.id,
        doc_type=document.doc_type,
        doc_number=masked(number),
        has_back=document.back_url is not None,
        status=document.status,
        notes=document.notes,
        reviewed_at=document.reviewed_at,
        created_at=document.created_at,
        updated_at=document.updated_at,
    )


def reviewed_view(document: KycDocument) -> ReviewedPaperView:
    """A paper as the back office sees it after its word."""
    return ReviewedPaperView(
        id=document.id,
        user_id=document.user_id,
        doc_type=document.doc_type,
        status=document.status,
        notes=document.notes,
        reviewed_by=document.reviewed_by,
        reviewed_at=document.reviewed_at,
        created_at=document.created_at,
        updated_at=document.updated_at,
    )
