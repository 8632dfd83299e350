"""Identity papers and their review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from allonova.domain.kernel.errors import KycRequired
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


@dataclass(slots=True, kw_only=True)
class KycDocument:
    """One paper of one person. `doc_number` is sealed (encrypted) before it gets here."""

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


@dataclass(eq=False)
class PapersMissing(KycRequired):
    """Publishing a trip takes an approved identity document and an approved licence."""

    missing: tuple[str, ...]


def require_driver_papers(approved: Iterable[DocType]) -> None:
    """Refuse whoever may not publish trips (allocar.md, KYC)."""
    have = set(approved)
    missing = [] if have & IDENTITY_PAPERS else ["cni|passport"]
    if DocType.PERMIS not in have:
        missing.append("permis")
    if missing:
        raise PapersMissing(tuple(missing))
