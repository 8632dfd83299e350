"""A dispatcher throws away what was reported."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.change_intervention import show_intervention
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound, PreconditionFailed


@wired
class RemoveIntervention:
    """Forget an intervention; the audit log keeps that there was one."""

    begin_for: BeginFor[DispatchUnit]
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, PreconditionFailed)

    async def __call__(self, *, by: Membre, intervention_id: UUID, expected: int | None) -> None:
        """`expected` is the version that the caller read, if he says so."""
        async with self.begin_for(by.societe_id) as unit:
            intervention = await unit.interventions.get(intervention_id, lock=True)
            require_version(expected, intervention.version, await show_intervention(unit, intervention))
            await unit.interventions.remove(intervention)
            await self.trail.record(
                unit, by, by.societe_id, "intervention.supprimee", "intervention", before=intervention
            )
