"""All that a company keeps of a client, for whoever asks for his data."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.dossier_ports import DossierUnit
from allonova.application.dispatch.dossier_views import ClientDossier, noted, ordered_course
from allonova.application.dispatch.trail import Trail
from allonova.application.dispatch.views import client_view
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class ExportClient:
    """A client, also one who was struck out, with his orders and what was noted about them. That it was taken out
    stands in the company's audit log.
    """

    begin_for: BeginFor[DossierUnit]
    clock: Clock
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound,)

    async def __call__(self, *, by: Membre, client_id: UUID) -> ClientDossier:
        """Raises NotFound."""
        async with self.begin_for(by.societe_id) as unit:
            client = await unit.clients.get(client_id)
            ordered = await unit.dossiers.ordered(client_id)
            about = await unit.dossiers.interventions([commande.id for commande in ordered])
            await self.trail.record(unit, by, by.societe_id, "client.exporte", "client", before=client, after=client)
        return ClientDossier(
            exported_at=self.clock.now(),
            client=client_view(client),
            commandes=tuple(ordered_course(commande) for commande in ordered),
            interventions=tuple(noted(intervention) for intervention in about),
        )
