"""Cards, as they are shown: reads outside a unit, of one company each."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.kernel.machine import Party


class BoardQueries(Protocol):
    """Reads of cards. Each takes the company first, and sees no other."""

    async def commandes(
        self, societe_id: UUID, query: ListQuery, *, viewer: Party, now: datetime
    ) -> Page[CommandeView]:
        """The company's cards; fields: reference, statut, clientType, taxiId, chauffeurId, dateISO, createdAt. `q` is
        looked for in a card's reference, addresses and flight, and in its client's words.
        """

    async def commande(
        self, societe_id: UUID, id: UUID, *, viewer: Party, now: datetime, chauffeur_id: UUID | None = None
    ) -> CommandeView | None:
        """One card; of `chauffeur_id` alone, if one is given."""
