"""A dispatcher looks at what was reported."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.desk_views import InterventionView, intervention_view
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.intervention import Intervention, InterventionChange
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound, PreconditionFailed
from allonova.domain.kernel.machine import Party


async def show_intervention(unit: DispatchUnit, intervention: Intervention) -> InterventionView:
    """As admins see it, with what it is about."""
    commande = intervention.commande_id and await unit.commandes.get(intervention.commande_id)
    taxi = intervention.taxi_id and await unit.taxis.get(intervention.taxi_id)
    return intervention_view(
        intervention,
        reference=commande.reference if commande else None,
        numero=taxi.numero if taxi else None,
        viewer=Party.ADMIN,
    )


@wired
class ChangeIntervention:
    """Take it up, settle it, open it again, or say something else of it."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, InvalidTransition, PreconditionFailed)

    async def __call__(
        self, *, by: Membre, intervention_id: UUID, change: InterventionChange, expected: int | None
    ) -> InterventionView:
        """`expected` is the version that the caller read, if he says so."""
        async with self.begin_for(by.societe_id) as unit:
            intervention = await unit.interventions.get(intervention_id, lock=True)
            require_version(expected, intervention.version, await show_intervention(unit, intervention))
            before = dataclasses.replace(intervention)
            if intervention.change(change, by.role.party, self.clock.now()):
                await unit.interventions.save(intervention)
                await self.trail.record(
                    unit, by, by.societe_id, "intervention.modifiee", "intervention", before=before, after=intervention
                )
            return await show_intervention(unit, intervention)
