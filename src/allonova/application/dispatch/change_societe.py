"""Change the company's own page."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from allonova.application.dispatch.phones import PhoneReader, not_a_phone
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.staff_views import SocieteView, societe_view
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.societe import SlugTaken, SocieteChange
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, PreconditionFailed, PreconditionRequired, ValidationError


@wired
class ChangeSociete:
    """Change some of it; what changes nothing leaves its version. Figures count from now on: a commande that waits is
    measured by the new limit, an open demande keeps its deadline.
    """

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    trail: Trail
    read_phone: PhoneReader

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        *(ValidationError, SlugTaken, PreconditionFailed, PreconditionRequired),
    )

    async def __call__(self, *, by: Membre, change: SocieteChange, expected: int | None) -> SocieteView:
        """`expected` is the version that the caller read; a company may insist on it."""
        async with self.begin_for(by.societe_id) as unit:
            societe = await unit.societes.get(by.societe_id, lock=True)
            if expected is None and societe.version_obligatoire:
                raise PreconditionRequired
            require_version(expected, societe.version, societe_view(societe))
            before = dataclasses.replace(societe)
            change = self._with_phone(change, change.pays or societe.pays)
            if societe.change(change, self.clock.now()):
                await unit.societes.save(societe)
                deed = "societe.modifiee"
                await self.trail.record(unit, by, societe.id, deed, "societe", before=before, after=societe)
        return societe_view(societe)

    def _with_phone(self, change: SocieteChange, pays: str) -> SocieteChange:
        """The phone as it is kept. Raises ValidationError."""
        if change.telephone is None:
            return change
        telephone = self.read_phone(change.telephone, pays)
        if telephone is None:
            raise not_a_phone("telephone")
        return dataclasses.replace(change, telephone=telephone)
