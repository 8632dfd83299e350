"""A client asks his company to forget him."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.dossier_ports import DossierUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.client import ClientExpected
from allonova.domain.dispatch.commande import ENDED
from allonova.domain.dispatch.efface import EFFACE
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound


@wired
class EraseClient:
    """Anonymise a client for whom nothing is open, with all that he ordered: names, contacts, addresses, words and what
    was noted about his orders go. When, by which taxi and how long stays: the company's figures do not change. Again,
    it changes nothing.
    """

    begin_for: BeginFor[DossierUnit]
    clock: Clock
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ClientExpected)

    async def __call__(self, *, by: Membre, client_id: UUID) -> None:
        """Raises ClientExpected while an order of his is open."""
        now = self.clock.now()
        async with self.begin_for(by.societe_id) as unit:
            ordered = await unit.dossiers.ordered(client_id, lock=True)
            client = await unit.clients.get(client_id, lock=True)
            if client.efface_at is not None:
                return
            # Nobody can order for him from here on; who did since the first look is seen by the second.
            await unit.clients.has_history(client_id)
            if any(commande.statut not in ENDED for commande in await unit.dossiers.ordered(client_id)):
                raise ClientExpected
            before = dataclasses.replace(client)
            client.erase(now)
            for commande in ordered:
                commande.forget_client(now)
            await unit.clients.save(client)
            await unit.commandes.save_all(ordered)
            await unit.dossiers.forget_orders([commande.id for commande in ordered], mask=EFFACE)
            await self.trail.record(unit, by, by.societe_id, "client.efface", "client", before=before, after=client)
