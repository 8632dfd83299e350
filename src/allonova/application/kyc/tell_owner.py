"""Messages about papers: each channel is a subscriber of its own, so that one that failed is tried again alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from allonova.application.kernel.ports import Begin
from allonova.application.kyc.ports import KycUnit
from allonova.application.notifications.messenger import Messenger
from allonova.application.notifications.templates import Template
from allonova.domain.identity.user import User
from allonova.domain.kyc.document import KycDocument
from allonova.domain.kyc.events import PaperEvent, PapersApproved, PapersRejected

TEMPLATES: Mapping[type[PaperEvent], Template] = {
    PapersApproved: Template.PAPERS_APPROVED,
    PapersRejected: Template.PAPERS_REJECTED,
}


@dataclass(frozen=True, slots=True)
class TextPaperOwner:
    """Hears PapersApproved and PapersRejected."""

    begin: Begin[KycUnit]
    messenger: Messenger

    async def __call__(self, event: PaperEvent) -> None:
        """One SMS to a verified phone whose owner wants them."""
        _, owner = await _paper_and_owner(self.begin, event.document_id)
        if owner.phone is not None and owner.is_phone_verified and owner.notify_sms and owner.is_active:
            await self.messenger.text(to=owner.phone, language=owner.language, template=TEMPLATES[type(event)])


@dataclass(frozen=True, slots=True)
class MailPaperOwner:
    """Hears PapersApproved and PapersRejected."""

    begin: Begin[KycUnit]
    messenger: Messenger

    async def __call__(self, event: PaperEvent) -> None:
        """One mail to a verified address whose owner wants them, with the reviewer's notes."""
        paper, owner = await _paper_and_owner(self.begin, event.document_id)
        if owner.email is not None and owner.is_email_verified and owner.notify_email and owner.is_active:
            await self.messenger.mail(
                to=owner.email,
                language=owner.language,
                template=TEMPLATES[type(event)],
                notes=paper.notes or "",
            )


async def _paper_and_owner(begin: Begin[KycUnit], document_id: UUID) -> tuple[KycDocument, User]:
    async with begin() as unit:
        paper = await unit.papers.get(document_id)
        return paper, await unit.users.get(paper.user_id)
