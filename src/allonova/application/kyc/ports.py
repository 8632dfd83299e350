"""What the review of papers asks of its stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from allonova.application.files.ports import FilesUnit
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kernel.ports import Store
from allonova.application.kyc.views import ApplicantView
from allonova.domain.identity.user import User
from allonova.domain.kyc.document import DocType, KycDocument


class PaperStore(Store[KycDocument], Protocol):
    """Papers."""

    async def on_file(self, user_id: UUID, doc_type: DocType) -> KycDocument | None:
        """Somebody's paper of this kind that is pending or approved, if any."""


class KycUnit(FilesUnit, Protocol):
    """A transaction over papers."""

    @property
    def users(self) -> Store[User]: ...
    @property
    def papers(self) -> PaperStore: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A paper that waits for its review, and whose it is."""

    document: KycDocument
    applicant: ApplicantView


class KycQueries(Protocol):
    """Reads outside a transaction, one round trip each."""

    async def papers_of(self, user_id: UUID) -> list[KycDocument]:
        """Somebody's papers, the newest first."""

    async def waiting(self, query: ListQuery) -> Page[Waiting]:
        """Papers that wait for their review; fields: doc_type, created_at."""
