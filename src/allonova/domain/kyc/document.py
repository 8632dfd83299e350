"""Identity papers and their review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import Conflict, FieldError, KycRequired, ValidationError
from allonova.domain.kernel.machine import Machine, Party, step


class DocType(StrEnum):
    """Papers that are recognised."""

    CNI = "cni"
    PASSPORT = "passport"
    PERMIS = "permis"


class KycStatus(StrEnum):
    """Of one document."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class KycAction(StrEnum):
    """What the back office does with a document."""

    APPROVE = "approve"
    REJECT = "reject"


# seeds/allocar.txt: "pending → approved | rejected avec notes, reviewed_by"
KYC = Machine[KycStatus, KycAction](
    "kyc",
    KycStatus.PENDING,
    {
        (KycStatus.PENDING, KycAction.APPROVE): step(KycStatus.APPROVED, Party.ADMIN),
        (KycStatus.PENDING, KycAction.REJECT): step(KycStatus.REJECTED, Party.ADMIN),
    },
)

IDENTITY_PAPERS = frozenset({DocType.CNI, DocType.PASSPORT})
ON_FILE = frozenset({KycStatus.PENDING, KycStatus.APPROVED})
SHOWN_DIGITS = 3


@dataclass(slots=True, kw_only=True)
class KycDocument:
    """One paper of one person, at most one of each kind that is pending or approved. `doc_number` is sealed (encrypted)
    before it gets here; `front_url` and `back_url` are keys of private files.
    """

    id: UUID
    user_id: UUID
    doc_type: DocType
    doc_number: str
    front_url: str
    back_url: str | None = None
    status: KycStatus = KycStatus.PENDING
    notes: str | None = None
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def review(self, action: KycAction, *, admin_id: UUID, notes: str | None, at: datetime) -> None:
        """The back office's word, once. Raises InvalidTransition when it was given already."""
        self.status = KYC.go(self.status, action, Party.ADMIN)
        self.notes = notes
        self.reviewed_by = admin_id
        self.reviewed_at = self.updated_at = at

    def require_approved(self) -> None:
        """Refuse one that was not found good."""
        if self.status is not KycStatus.APPROVED:
            raise PaperNotApproved(self.status)

    def require_tells_gender(self) -> None:
        """Refuse to read it in anything but an identity paper."""
        if self.doc_type not in IDENTITY_PAPERS:
            raise ValidationError((FieldError("gender", "not_an_identity_paper", "only of cni and passport"),))


@dataclass(eq=False)
class PaperNotApproved(Conflict):
    """Nothing is confirmed by a paper that was not found good."""

    status: str


@dataclass(eq=False)
class PaperOnFile(Conflict):
    """A paper of this kind waits for its review, or passed it."""

    doc_type: str


@dataclass(eq=False)
class PapersMissing(KycRequired):
    """Publishing a trip takes an approved identity document and an approved licence."""

    missing: tuple[str, ...]


@dataclass(eq=False)
class IdentityMissing(KycRequired):
    """Taking money out takes an approved identity document."""

    missing: tuple[str, ...] = ("cni|passport",)


def require_driver_papers(approved: Iterable[DocType]) -> None:
    """Refuse whoever may not publish trips (allocar.md, KYC)."""
    have = set(approved)
    missing = [] if have & IDENTITY_PAPERS else ["cni|passport"]
    if DocType.PERMIS not in have:
        missing.append("permis")
    if missing:
        raise PapersMissing(tuple(missing))


def number_context(document_id: UUID) -> str:
    """What a document's number is sealed to."""
    return f"kyc_documents.doc_number:{document_id}"


def masked(number: str) -> str:
    """A number by its end, as its owner knows it again and nobody else learns it."""
    return "***" + number[-SHOWN_DIGITS:]


def overall(documents: Iterable[KycDocument]) -> KycStatus | None:
    """How somebody's identity stands: the best that any identity paper has reached; None without one."""
    reached = {document.status for document in documents if document.doc_type in IDENTITY_PAPERS}
    best = (KycStatus.APPROVED, KycStatus.PENDING, KycStatus.REJECTED)
    return next((status for status in best if status in reached), None)
