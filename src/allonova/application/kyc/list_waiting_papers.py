"""Papers that wait for their review, opened for whoever reviews them."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from allonova.application.files.ports import LINK_TTL, FileStore
from allonova.application.kernel.listing import ListQuery, Page, Sort
from allonova.application.kernel.ports import Begin, Sealer
from allonova.application.kernel.wired import wired
from allonova.application.kyc.ports import KycQueries, KycUnit, Waiting
from allonova.application.kyc.views import WaitingPaperView
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import number_context


@wired
class ListWaitingPapers:
    """A page of the papers that wait, the oldest first unless asked otherwise, with numbers and links to the files.

    Whoever gets to see a paper is written down first, paper by paper.
    """

    begin: Begin[KycUnit]
    queries: KycQueries
    sealer: Sealer
    files: FileStore

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, admin_id: UUID, query: ListQuery) -> Page[WaitingPaperView]:
        """The caller's right to review is the route's to check."""
        query = replace(query, sort=query.sort or (Sort("created_at"),))
        found = await self.queries.waiting(query)
        async with self.begin() as unit:
            for waiting in found.items:
                await unit.audit.put(
                    actor=Actor(Party.ADMIN, admin_id),
                    action="kyc.shown",
                    entity="kyc_document",
                    entity_id=waiting.document.id,
                )
        return Page([self._view(waiting) for waiting in found.items], found.total)

    def _view(self, waiting: Waiting) -> WaitingPaperView:
        paper = waiting.document
        return WaitingPaperView(
            id=paper.id,
            user=waiting.applicant,
            doc_type=paper.doc_type,
            doc_number=self.sealer.open(paper.doc_number, context=number_context(paper.id)),
            front=self.files.link(paper.front_url),
            back=None if paper.back_url is None else self.files.link(paper.back_url),
            links_expire_in=int(LINK_TTL.total_seconds()),
            created_at=paper.created_at,
        )
