"""Messages about papers."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from allonova.application.kernel.ports import Begin
from allonova.application.kernel.wired import wired
from allonova.application.kyc.ports import KycUnit
from allonova.application.notifications.notices import NoticeDesk
from allonova.application.notifications.templates import Template
from allonova.domain.kyc.events import PaperEvent, PapersApproved, PapersRejected

TEMPLATES: Mapping[type[PaperEvent], Template] = {
    PapersApproved: Template.PAPERS_APPROVED,
    PapersRejected: Template.PAPERS_REJECTED,
}


@wired
class TellPaperOwner:
    """Hears PapersApproved and PapersRejected."""

    begin: Begin[KycUnit]
    desk: NoticeDesk

    async def __call__(self, event: PaperEvent, id: UUID) -> None:
        """The mail has the reviewer's notes."""
        async with self.begin() as unit:
            paper = await unit.papers.get(event.document_id)
        await self.desk.post(
            id=id,
            user_id=paper.user_id,
            template=TEMPLATES[type(event)],
            facts={"notes": paper.notes or ""},
            data={"document_id": str(paper.id)},
        )
