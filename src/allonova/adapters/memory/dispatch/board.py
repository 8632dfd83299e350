"""Cards of the board in memory."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allonova.adapters.memory.dispatch.tables import CLIENTS, COMMANDES, DEMANDES, TAXIS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.dispatch.ports import BoardReads
from allonova.application.dispatch.views import CommandeView, DemandeView, commande_view, demande_view
from allonova.domain.dispatch.commande import Commande
from allonova.domain.kernel.machine import Party


def card(source: Rows, commande: Commande, *, viewer: Party, now: datetime) -> CommandeView:
    """A commande with all that its card shows."""
    taxi = source.rows(TAXIS).get(commande.taxi_id)
    return commande_view(
        stored(commande),
        source.rows(CLIENTS)[commande.client_id],
        numero=None if taxi is None else taxi.numero,
        demandes=[d for d in source.rows(DEMANDES).values() if d.commande_id == commande.id and d.is_open(now)],
        viewer=viewer,
    )


class MemoryBoardReads:
    """Cards inside a unit."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def commande(self, id: UUID, *, viewer: Party, now: datetime) -> CommandeView | None:
        """See BoardReads."""
        commande = self._source.rows(COMMANDES).get(id)
        return None if commande is None else card(self._source, commande, viewer=viewer, now=now)

    async def demande(self, id: UUID, *, now: datetime) -> DemandeView | None:
        """See BoardReads."""
        demande = self._source.rows(DEMANDES).get(id)
        if demande is None:
            return None
        commande = self._source.rows(COMMANDES)[demande.commande_id]
        return demande_view(stored(demande), card(self._source, commande, viewer=Party.CHAUFFEUR, now=now))


def _conforms(reads: MemoryBoardReads) -> BoardReads:
    return reads
