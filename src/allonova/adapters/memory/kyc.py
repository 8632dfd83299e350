"""Identity papers in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.identity import USERS
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.rules import Foreign, Table, Unique
from allonova.adapters.memory.store import MemoryStore, Rows, Transaction, stored
from allonova.application.kernel.listing import ListQuery, Page
from allonova.application.kyc.ports import KycQueries, PaperStore, Waiting
from allonova.application.kyc.views import ApplicantView
from allonova.domain.kyc.document import ON_FILE, DocType, KycDocument, KycStatus

KYC_DOCUMENTS = Table(
    name="kyc_documents",
    row=KycDocument,
    uniques=(Unique("uq_kyc_documents_on_file", ("user_id", "doc_type"), where=lambda paper: paper.status in ON_FILE),),
    foreigns=(Foreign("user_id", "users"),),
)
WAITING_FIELDS: Mapping[str, Callable[[KycDocument], Any]] = {
    name: attrgetter(name) for name in ("id", "doc_type", "created_at")
}


class MemoryPapers(MemoryStore[KycDocument]):
    """Papers."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction, KYC_DOCUMENTS)

    async def on_file(self, user_id: UUID, doc_type: DocType) -> KycDocument | None:
        """See PaperStore."""
        found = [p for p in self._rows().values() if (p.user_id, p.doc_type) == (user_id, doc_type)]
        return next((stored(paper) for paper in found if paper.status in ON_FILE), None)


class MemoryKycQueries:
    """Reads of committed papers."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def papers_of(self, user_id: UUID) -> list[KycDocument]:
        """See KycQueries."""
        papers = [paper for paper in self._source.rows(KYC_DOCUMENTS).values() if paper.user_id == user_id]
        newest_first = sorted(papers, key=attrgetter("created_at", "id"), reverse=True)
        return [stored(paper) for paper in newest_first]

    async def waiting(self, query: ListQuery) -> Page[Waiting]:
        """See KycQueries."""
        papers = [p for p in self._source.rows(KYC_DOCUMENTS).values() if p.status is KycStatus.PENDING]
        return listed(papers, query, fields=WAITING_FIELDS, show=self._waiting)

    def _waiting(self, paper: KycDocument) -> Waiting:
        user = self._source.rows(USERS)[paper.user_id]
        return Waiting(stored(paper), ApplicantView(id=user.id, first_name=user.first_name, last_name=user.last_name))


def _conforms(queries: MemoryKycQueries) -> KycQueries:
    return queries


def _conforms_papers(papers: MemoryPapers) -> PaperStore:
    return papers
