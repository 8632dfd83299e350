"""Say or show something in a dispute."""

from __future__ import annotations

from typing import ClassVar, Protocol
from uuid import UUID

from allonova.application.carpool.dispute_queries import DisputeQueries
from allonova.application.carpool.dispute_views import EvidenceView, evidence_view
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.files.grant_upload import GrantUpload
from allonova.application.files.ports import FilesUnit, Upload
from allonova.application.files.upload_desk import Claim, UploadDesk, Wanted, lost
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.dispute import MAX_EVIDENCE, Dispute, DisputeDecided, Evidence, TooMuchEvidence
from allonova.domain.files.upload import FileType, Purpose
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, FieldError, NotFound, ValidationError
from allonova.domain.kernel.machine import Party

FIELD = "object_key"


class DisputeUnit(CarpoolUnit, FilesUnit, Protocol):
    """A transaction over disputes and uploads."""


@wired
class GrantEvidenceUpload:
    """Where to send a picture or a PDF, to a side of a dispute that waits for a decision."""

    queries: DisputeQueries
    grant: GrantUpload

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, DisputeDecided, *GrantUpload.errors)

    async def __call__(self, *, caller_id: UUID, dispute_id: UUID, content_type: FileType, size: int) -> Upload:
        """`size` in bytes."""
        dispute = await self.queries.dispute(dispute_id)
        if dispute is None or not dispute.has(caller_id):
            raise NotFound
        dispute.require_open()
        return await self.grant(caller_id=caller_id, purpose=Purpose.EVIDENCE, content_type=content_type, size=size)


@wired
class AddEvidence:
    """Give words, a file, or both, as long as nothing is decided: ten times a side at most. Only the back office reads
    what the other side gave.
    """

    begin: Begin[DisputeUnit]
    clock: Clock
    ids: Ids
    desk: UploadDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, DisputeDecided, TooMuchEvidence, ValidationError)

    async def __call__(
        self, *, caller_id: UUID, dispute_id: UUID, object_key: str | None, note: str | None
    ) -> EvidenceView:
        """Raises ValidationError when there is neither, or for a key of no unused upload of the caller's."""
        if object_key is None:
            if note is None:
                raise ValidationError((FieldError("note", "missing", "words, a file, or both"),))
            async with self.begin() as unit:
                dispute = await self._enter(unit, caller_id, dispute_id)
                evidence = await self._keep(unit, caller_id, dispute, note=note, key=None)
            return evidence_view(evidence, self.desk.files)
        claims = await self._claimed(caller_id, dispute_id, object_key)
        async with self.begin() as unit:
            dispute = await self._enter(unit, caller_id, dispute_id)
            is_mine = await self.desk.settle(unit, claims)
            if is_mine:
                evidence = await self._keep(unit, caller_id, dispute, note=note, key=claims[0].copy_key)
                return evidence_view(evidence, self.desk.files)
        raise lost(claims)

    async def _claimed(self, caller_id: UUID, dispute_id: UUID, object_key: str) -> list[Claim]:
        wanted = Wanted(FIELD, object_key, f"disputes/{dispute_id}/{self.ids.new()}")
        async with self.begin() as unit:
            await self._enter(unit, caller_id, dispute_id)
            claims = await self.desk.claim(unit, user_id=caller_id, purpose=Purpose.EVIDENCE, wanted=[wanted])
        await self.desk.copy(claims)
        return claims

    async def _keep(
        self, unit: DisputeUnit, caller_id: UUID, dispute: Dispute, *, note: str | None, key: str | None
    ) -> Evidence:
        evidence = Evidence(
            id=self.ids.new(),
            dispute_id=dispute.id,
            user_id=caller_id,
            object_key=key,
            note=note,
            created_at=self.clock.now(),
        )
        await unit.evidence.add(evidence)
        actor = Actor(_party(dispute, caller_id), caller_id)
        meta = {"evidence_id": str(evidence.id)}
        await unit.audit.put(
            actor=actor, action="dispute.evidence_added", entity="dispute", entity_id=dispute.id, meta=meta
        )
        return evidence

    async def _enter(self, unit: DisputeUnit, caller_id: UUID, dispute_id: UUID) -> Dispute:
        """The dispute, locked, if he may still add something to it."""
        dispute = await unit.disputes.get(dispute_id, lock=True)
        if not dispute.has(caller_id):
            raise NotFound
        dispute.require_open()
        if await unit.evidence.count_of(dispute_id, caller_id) >= MAX_EVIDENCE:
            raise TooMuchEvidence(MAX_EVIDENCE)
        return dispute


def _party(dispute: Dispute, user_id: UUID) -> Party:
    if user_id == dispute.opened_by:
        return dispute.party
    return Party.DRIVER if dispute.party is Party.PASSENGER else Party.PASSENGER
