"""All that a company keeps of somebody of its staff, for whoever asks for his data."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.dossier_ports import DossierUnit
from allonova.application.dispatch.dossier_views import (
    StaffDossier,
    asked,
    driven_course,
    own_deed,
    read_message,
    seen_at,
    worked,
)
from allonova.application.dispatch.fleet_views import staff_device_view
from allonova.application.dispatch.staff_views import staff_view
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ExportStaffUser:
    """An account with what its owner drove, was asked, was told and did. Whom he drove is left out: that is somebody
    else's. That it was taken out stands in the company's audit log.
    """

    begin_for: BeginFor[DossierUnit]
    clock: Clock
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, by: Membre, user_id: UUID) -> StaffDossier:
        """Raises NotFound."""
        async with self.begin_for(by.societe_id) as unit:
            user, dossiers = await unit.staff.get(user_id), unit.dossiers
            dossier = StaffDossier(
                exported_at=self.clock.now(),
                user=staff_view(user),
                email_confirmed_at=user.email_confirmed_at,
                last_login=user.last_login,
                devices=tuple(staff_device_view(device) for device in await unit.staff_devices.of_user(user_id)),
                commandes=tuple(driven_course(commande) for commande in await dossiers.driven(user_id)),
                demandes=tuple(asked(demande) for demande in await dossiers.offered(user_id)),
                semaines=tuple(worked(semaine) for semaine in await dossiers.weeks(user_id)),
                positions=tuple(seen_at(position) for position in await dossiers.places(user_id)),
                notifications=tuple(read_message(message) for message in await dossiers.messages(user_id)),
                actes=tuple(own_deed(entry) for entry in await dossiers.deeds(user_id)),
            )
            await self.trail.record(unit, by, by.societe_id, "user.exporte", "user", before=user, after=user)
        return dossier
