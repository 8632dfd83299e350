"""Say what becomes of a report or a flagged message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.moderation_views import CaseDetail
from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.show_case import ShowCase
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.events import MessageHidden
from allonova.domain.carpool.message import Message
from allonova.domain.carpool.moderation import CaseKind, ModerationReview, Outcome
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.errors import DomainError, FieldError, NotFound, ValidationError
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found in it; `hides` takes a message from the sight of both sides, or gives it back; None leaves it."""

    outcome: Outcome
    note: str | None = None
    hides: bool | None = None


@wired
class ReviewCase:
    """Close a report, or decide about a message. The last word counts. Whom it is about is not told; closing somebody's
    account is a thing of its own.
    """

    begin: Begin[CarpoolUnit]
    clock: Clock
    ids: Ids
    show: ShowCase

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ValidationError)

    async def __call__(self, *, admin_id: UUID, kind: CaseKind, id: UUID, verdict: Verdict) -> CaseDetail:
        """Raises ValidationError for a report that is to be hidden."""
        if kind is CaseKind.REPORT and verdict.hides is not None:
            raise ValidationError((FieldError("hidden", "not_applicable", "a report is shown to nobody"),))
        await self.show(kind=kind, id=id)
        async with self.begin() as unit:
            if kind is CaseKind.REPORT:
                await self._close(unit, id)
            else:
                await self._moderate(unit, id, verdict)
            await self._keep(unit, admin_id, kind, id, verdict)
        return await self.show(kind=kind, id=id)

    async def _close(self, unit: CarpoolUnit, report_id: UUID) -> None:
        report = await unit.reports.get(report_id, lock=True)
        if report.close(self.clock.now()):
            await unit.reports.save(report)

    async def _moderate(self, unit: CarpoolUnit, message_id: UUID, verdict: Verdict) -> None:
        message: Message = await unit.messages.get(message_id, lock=True)
        if verdict.hides is not None and message.hide(self.clock.now(), is_hidden=verdict.hides):
            await unit.messages.save(message)
            await unit.outbox.put(MessageHidden(message_id))

    async def _keep(self, unit: CarpoolUnit, admin_id: UUID, kind: CaseKind, id: UUID, verdict: Verdict) -> None:
        now = self.clock.now()
        standing = await unit.reviews.find(kind=kind, subject_id=id, lock=True)
        if standing is None:
            review = ModerationReview(
                id=self.ids.new(),
                kind=kind,
                subject_id=id,
                outcome=verdict.outcome,
                note=verdict.note,
                admin_id=admin_id,
                created_at=now,
                updated_at=now,
            )
            await unit.reviews.add(review)
        else:
            standing.decide_again(verdict.outcome, verdict.note, admin_id=admin_id, at=now)
            await unit.reviews.save(standing)
        meta = {"outcome": verdict.outcome.value} | ({} if verdict.hides is None else {"hidden": int(verdict.hides)})
        actor = Actor(Party.ADMIN, admin_id)
        await unit.audit.put(actor=actor, action="case.reviewed", entity=kind.value, entity_id=id, meta=meta)
