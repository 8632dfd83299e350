"""The back office's word on a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.kyc.confirm_gender import confirm_gender, lock_owner
from allonova.application.kyc.ports import KycUnit
from allonova.application.kyc.views import ReviewedPaperView, reviewed_view
from allonova.domain.identity.user import Gender, GenderDiffers
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound, ValidationError
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import KycAction
from allonova.domain.kyc.events import PaperEvent, PapersApproved, PapersRejected

NEWS: Mapping[KycAction, type[PaperEvent]] = {
    KycAction.APPROVE: PapersApproved,
    KycAction.REJECT: PapersRejected,
}


@wired
class ReviewPaper:
    """Approve or reject a paper that waits, once; its owner is told. What an identity paper says of his gender may be
    noted with the yes.
    """

    begin: Begin[KycUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, GenderDiffers, ValidationError)

    async def __call__(
        self,
        *,
        admin_id: UUID,
        document_id: UUID,
        action: KycAction,
        notes: str | None,
        gender: Gender | None = None,
    ) -> ReviewedPaperView:
        """`notes` are for the owner to read. The caller's right to review is the route's to check."""
        async with self.begin() as unit:
            owner = None if gender is None else await lock_owner(unit, document_id)
            paper = await unit.papers.get(document_id, lock=True)
            paper.review(action, admin_id=admin_id, notes=notes, at=self.clock.now())
            await unit.papers.save(paper)
            await unit.audit.put(
                actor=Actor(Party.ADMIN, admin_id),
                action=f"kyc.{paper.status}",
                entity="kyc_document",
                entity_id=paper.id,
                meta={"doc_type": paper.doc_type.value},
            )
            if owner is not None and gender is not None:
                await confirm_gender(unit, owner, paper, gender, admin_id=admin_id, at=self.clock.now())
            await unit.outbox.put(NEWS[action](paper.id))
        return reviewed_view(paper)
