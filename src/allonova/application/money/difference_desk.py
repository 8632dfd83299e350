"""What differs from a provider's word is written down once, and closed when it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.application.money.reconciliation_ports import ReconciliationUnit
from allonova.domain.kernel.changes import SYSTEM
from allonova.domain.money.events import DifferenceFound
from allonova.domain.money.reconciliation import (
    Difference,
    DifferenceStatus,
    Finding,
    Resolution,
    Subject,
    Tally,
)


@wired
class DifferenceDesk:
    """The caller has locked what it is about, so that two looks never write one difference twice."""

    clock: Clock
    ids: Ids

    async def note(
        self,
        unit: ReconciliationUnit,
        subject: Subject,
        subject_id: UUID,
        provider: str,
        findings: Sequence[Finding],
    ) -> Tally:
        """Keep what a look at an object found: all that differs of it."""
        now = self.clock.now()
        standing = {found.kind: found for found in await unit.differences.open_of(subject, subject_id)}
        kinds = {finding.kind for finding in findings if not finding.is_mended}
        for kind, difference in standing.items():
            if kind not in kinds:
                difference.close(now)
                await unit.differences.save(difference)
                await self._audit(unit, difference, "difference.closed")
        fresh = [finding for finding in findings if finding.is_mended or finding.kind not in standing]
        for finding in fresh:
            difference = self._made(subject, subject_id, provider, finding, now)
            await unit.differences.add(difference)
            await self._audit(unit, difference, "difference.found")
            if not finding.is_mended:
                await unit.outbox.put(DifferenceFound(difference.id, subject_id))
        return Tally(differences=len(fresh), settled=sum(finding.is_mended for finding in fresh))

    def _made(self, subject: Subject, subject_id: UUID, provider: str, finding: Finding, now: datetime) -> Difference:
        mended = finding.is_mended
        return Difference(
            id=self.ids.new(),
            kind=finding.kind,
            subject=subject,
            subject_id=subject_id,
            provider=provider,
            ours=finding.ours,
            theirs=finding.theirs,
            our_amount=finding.our_amount,
            their_amount=finding.their_amount,
            status=DifferenceStatus.CLOSED if mended else DifferenceStatus.OPEN,
            resolution=Resolution.MENDED if mended else None,
            closed_at=now if mended else None,
            created_at=now,
            updated_at=now,
        )

    async def _audit(self, unit: ReconciliationUnit, difference: Difference, action: str) -> None:
        meta: dict[str, str | int] = {"difference_id": str(difference.id), "kind": difference.kind.value}
        entity, entity_id = difference.subject.value, difference.subject_id
        await unit.audit.put(actor=SYSTEM, action=action, entity=entity, entity_id=entity_id, meta=meta)
