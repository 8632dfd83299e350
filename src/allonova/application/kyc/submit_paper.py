"""Hand in an identity paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.files.upload_desk import Claim, UploadDesk, Wanted, lost
from allonova.application.kernel.ports import Begin, Clock, Ids, Sealer
from allonova.application.kernel.wired import wired
from allonova.application.kyc.ports import KycUnit
from allonova.application.kyc.views import PaperView, paper_view
from allonova.domain.files.upload import Purpose
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, FieldError, ValidationError
from allonova.domain.kernel.machine import Party
from allonova.domain.kyc.document import DocType, KycDocument, PaperOnFile, number_context


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperDraft:
    """What somebody hands in: a paper's number and the uploads of its sides."""

    doc_type: DocType
    doc_number: str
    front_key: str
    back_key: str | None = None


@wired
class SubmitPaper:
    """Hand in a paper for review, unless one of its kind waits already or has passed. A rejected one may come again."""

    begin: Begin[KycUnit]
    clock: Clock
    ids: Ids
    sealer: Sealer
    desk: UploadDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (ValidationError, PaperOnFile)

    async def __call__(self, *, caller_id: UUID, draft: PaperDraft) -> PaperView:
        """Raises ValidationError for keys that are no unused uploads of the caller, or hold no sound scans."""
        id = self.ids.new()
        wanted = _wanted(f"kyc/{caller_id}/{id}", draft)
        async with self.begin() as unit:
            await _require_room(unit, caller_id, draft.doc_type)
            claims = await self.desk.claim(unit, user_id=caller_id, purpose=Purpose.PAPER, wanted=wanted)
        await self.desk.copy(claims)
        document = self._document(id, caller_id, draft, claims)
        async with self.begin() as unit:
            await unit.users.get(caller_id, lock=True)  # two papers of one kind at once: the second sees the first
            await _require_room(unit, caller_id, draft.doc_type)
            is_mine = await self.desk.settle(unit, claims)
            if is_mine:
                await unit.papers.add(document)
                await unit.audit.put(
                    actor=Actor(Party.OWNER, caller_id),
                    action="kyc.submitted",
                    entity="kyc_document",
                    entity_id=id,
                    meta={"doc_type": document.doc_type.value},
                )
        if not is_mine:
            raise lost(claims)
        return paper_view(document, draft.doc_number)

    def _document(self, id: UUID, owner_id: UUID, draft: PaperDraft, claims: Sequence[Claim]) -> KycDocument:
        keys = {claim.path: claim.copy_key for claim in claims}
        now = self.clock.now()
        return KycDocument(
            id=id,
            user_id=owner_id,
            doc_type=draft.doc_type,
            doc_number=self.sealer.seal(draft.doc_number, context=number_context(id)),
            front_url=keys["front_key"],
            back_url=keys.get("back_key"),
            created_at=now,
            updated_at=now,
        )


def _wanted(folder: str, draft: PaperDraft) -> list[Wanted]:
    wanted = [Wanted("front_key", draft.front_key, f"{folder}/front")]
    if draft.back_key is not None:
        if draft.back_key == draft.front_key:
            raise ValidationError((FieldError("back_key", "repeated", "the same upload as the front"),))
        wanted.append(Wanted("back_key", draft.back_key, f"{folder}/back"))
    return wanted


async def _require_room(unit: KycUnit, user_id: UUID, doc_type: DocType) -> None:
    if await unit.papers.on_file(user_id, doc_type) is not None:
        raise PaperOnFile(doc_type)
