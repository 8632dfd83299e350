"""Somebody reports what somebody has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.desk_views import InterventionView, intervention_view
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.events import InterventionOpened
from allonova.domain.dispatch.intervention import Intervention, InterventionType, Priorite
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import Membre, StaffRole
from allonova.domain.kernel.errors import DomainError, FieldError, NotFound, ValidationError


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionDraft:
    """What is reported, about one commande or one taxi."""

    commande_id: UUID | None
    taxi_id: UUID | None
    type: InterventionType
    titre: str
    description: str
    priorite: Priorite


@dataclass(frozen=True, slots=True)
class _Subject:
    """What it is about, as people call it."""

    reference: str | None = None
    numero: str | None = None

    @property
    def label(self) -> str:
        """For a message."""
        return self.reference or f"Taxi {self.numero}"


@wired
class CreateIntervention:
    """Open an intervention and tell the other admins. A chauffeur reports on his own courses and his own taxi."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    ids: Ids
    notices: NoticeDesk
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ValidationError)

    async def __call__(self, *, by: Membre, draft: InterventionDraft) -> InterventionView:
        """Raises ValidationError unless it is about exactly one of both."""
        _require_one(draft)
        async with self.begin_for(by.societe_id) as unit:
            subject = await _subject(unit, by, draft)
            intervention = self._made(by, draft)
            await unit.interventions.add(intervention)
            await self.trail.record(unit, by, by.societe_id, "intervention.creee", "intervention", after=intervention)
            await unit.outbox.put(InterventionOpened(by.societe_id, intervention.id))
            await self._tell(unit, by, intervention, subject)
            return intervention_view(
                intervention, reference=subject.reference, numero=subject.numero, viewer=by.role.party
            )

    def _made(self, by: Membre, draft: InterventionDraft) -> Intervention:
        now = self.clock.now()
        return Intervention(
            id=self.ids.new(),
            societe_id=by.societe_id,
            commande_id=draft.commande_id,
            taxi_id=draft.taxi_id,
            type=draft.type,
            titre=draft.titre,
            description=draft.description,
            priorite=draft.priorite,
            cree_par=by.id,
            created_at=now,
            updated_at=now,
        )

    async def _tell(self, unit: DispatchUnit, by: Membre, intervention: Intervention, subject: _Subject) -> None:
        about = {"commandeId": intervention.commande_id, "taxiId": intervention.taxi_id}
        await self.notices.tell_admins(
            unit,
            by.societe_id,
            NotificationType.INTERVENTION_CREEE,
            titre="Nouvelle intervention",
            description=f"{subject.label} : {intervention.titre}",
            data={"interventionId": str(intervention.id)}
            | {name: str(value) for name, value in about.items() if value is not None},
            but=by.id,
        )


def _require_one(draft: InterventionDraft) -> None:
    if draft.commande_id is None and draft.taxi_id is None:
        raise ValidationError((FieldError("commandeId", "missing", "a commande or a taxi"),))
    if draft.commande_id is not None and draft.taxi_id is not None:
        raise ValidationError((FieldError("taxiId", "exclusive", "either a commande or a taxi"),))


async def _subject(unit: DispatchUnit, by: Membre, draft: InterventionDraft) -> _Subject:
    is_chauffeur = by.role is StaffRole.CHAUFFEUR
    if draft.commande_id is not None:
        commande = await unit.commandes.get(draft.commande_id)
        if is_chauffeur and commande.chauffeur_id != by.id:
            raise NotFound
        return _Subject(reference=commande.reference)
    # Locked, so that it is not deleted meanwhile.
    taxi = await unit.taxis.find(id=draft.taxi_id, lock=True)
    if taxi is None or (is_chauffeur and (await unit.staff.get(by.id)).taxi_id != taxi.id):
        raise NotFound
    return _Subject(numero=taxi.numero)
