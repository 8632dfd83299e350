"""Cards, as they are shown, in memory."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.dispatch.board import card
from allonova.adapters.memory.dispatch.tables import CLIENTS, COMMANDES, SOCIETES
from allonova.adapters.memory.listing import Conditions, Fields, listed
from allonova.adapters.memory.store import Rows
from allonova.application.dispatch.board_queries import BoardQueries
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.recherche import matches
from allonova.domain.kernel.machine import Party


class MemoryBoardQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def commandes(
        self, societe_id: UUID, query: ListQuery, *, viewer: Party, now: datetime
    ) -> Page[CommandeView]:
        """See BoardQueries."""
        source = self._source.of(societe_id)
        clients = source.rows(CLIENTS)
        fields: Fields[Commande] = {
            "id": attrgetter("id"),
            "reference": attrgetter("reference"),
            "statut": attrgetter("statut"),
            "clientType": lambda commande: clients[commande.client_id].type,
            "taxiId": attrgetter("taxi_id"),
            "chauffeurId": attrgetter("chauffeur_id"),
            "dateISO": attrgetter("date_iso"),
            "createdAt": attrgetter("created_at"),
        }
        conditions: Conditions[Commande] = {
            "q": lambda commande, q: matches(commande.recherche, q) or matches(clients[commande.client_id].recherche, q)
        }
        societe = source.rows(SOCIETES).get(societe_id)
        return listed(
            source.rows(COMMANDES).values(),
            query,
            fields=fields,
            show=lambda commande: card(source, commande, viewer=viewer, now=now),
            conditions=conditions,
            zone="UTC" if societe is None else societe.fuseau,
        )

    async def commande(
        self, societe_id: UUID, id: UUID, *, viewer: Party, now: datetime, chauffeur_id: UUID | None = None
    ) -> CommandeView | None:
        """See BoardQueries."""
        source = self._source.of(societe_id)
        commande = source.rows(COMMANDES).get(id)
        if commande is None or (chauffeur_id is not None and commande.chauffeur_id != chauffeur_id):
            return None
        return card(source, commande, viewer=viewer, now=now)


def _conforms(queries: MemoryBoardQueries) -> BoardQueries:
    return queries
