"""What a paper says of its owner's gender."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.kernel.ports import Begin, Clock
from allonova.application.kernel.wired import wired
from allonova.application.kyc.ports import KycUnit
from allonova.application.kyc.views import ReviewedPaperView, reviewed_view
from allonova.domain.identity.user import Gender, GenderDiffers, User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, NotFound, ValidationError
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import KycDocument, PaperNotApproved


async def lock_owner(unit: KycUnit, document_id: UUID) -> User:
    """Whose paper it is, locked before the paper, as when he hands one in. Raises NotFound."""
    paper = await unit.papers.get(document_id)
    return await unit.users.get(paper.user_id, lock=True)


async def confirm_gender(
    unit: KycUnit, owner: User, paper: KycDocument, gender: Gender, *, admin_id: UUID, at: datetime
) -> None:
    """Note on the account what its owner's identity paper says.

    Raises:
        ValidationError: it is no identity paper.
        GenderDiffers: he says otherwise of himself.
    """
    paper.require_tells_gender()
    owner.confirm_gender(gender, admin_id=admin_id, at=at)
    await unit.users.save(owner)
    by, meta = Actor(Party.ADMIN, admin_id), {"doc_type": paper.doc_type.value}
    await unit.audit.put(actor=by, action="user.gender_confirmed", entity="user", entity_id=owner.id, meta=meta)


@wired
class ConfirmGender:
    """Confirm a gender by an identity paper that was approved before; again, when its owner has changed his own word
    meanwhile and back.
    """

    begin: Begin[KycUnit]
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, PaperNotApproved, GenderDiffers, ValidationError)

    async def __call__(self, *, admin_id: UUID, document_id: UUID, gender: Gender) -> ReviewedPaperView:
        """The caller's right to review is the route's to check."""
        async with self.begin() as unit:
            owner = await lock_owner(unit, document_id)
            paper = await unit.papers.get(document_id)
            paper.require_approved()
            await confirm_gender(unit, owner, paper, gender, admin_id=admin_id, at=self.clock.now())
        return reviewed_view(paper)
