"""Look at one's own papers."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Sealer
from allonova.application.kernel.wired import wired
from allonova.application.kyc.ports import KycQueries
from allonova.application.kyc.views import KycView, paper_view
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kyc.document import number_context, overall


@wired
class ShowPapers:
    """How the caller's identity stands, and every paper that he handed in."""

    queries: KycQueries
    sealer: Sealer

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, caller_id: UUID) -> KycView:
        """Of the numbers only their ends leave the service."""
        documents = await self.queries.papers_of(caller_id)
        status = overall(documents)
        return KycView(
            status="none" if status is None else status.value,
            documents=[
                paper_view(paper, self.sealer.open(paper.doc_number, context=number_context(paper.id)))
                for paper in documents
            ],
        )
