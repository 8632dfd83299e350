"""What a chauffeur's own screens show, in memory."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.dispatch.board import card
from allonova.adapters.memory.dispatch.tables import CLIENTS, COMMANDES, DEMANDES, SOCIETES
from allonova.adapters.memory.listing import Conditions, Fields, listed
from allonova.adapters.memory.store import Rows, stored
from allonova.application.dispatch.offer_queries import OfferQueries
from allonova.application.dispatch.views import CommandeView, DemandeView, demande_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.dispatch.calendrier import local_day
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.recherche import matches
from allonova.domain.kernel.machine import Party

DEMANDE_FIELDS: Fields[Demande] = {"id": attrgetter("id"), "expireAt": attrgetter("expire_at")}
COURSE_FIELDS: Fields[Commande] = {
    "id": attrgetter("id"),
    "dateISO": attrgetter("date_iso"),
    "statut": attrgetter("statut"),
}


class MemoryOfferQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def demandes(
        self, societe_id: UUID, chauffeur_id: UUID, query: ListQuery, *, now: datetime
    ) -> Page[DemandeView]:
        """See OfferQueries."""
        source = self._source.of(societe_id)
        commandes = source.rows(COMMANDES)
        mine = [d for d in source.rows(DEMANDES).values() if d.chauffeur_id == chauffeur_id and d.is_open(now)]

        def show(demande: Demande) -> DemandeView:
            commande = commandes[demande.commande_id]
            return demande_view(stored(demande), card(source, commande, viewer=Party.CHAUFFEUR, now=now))

        return listed(mine, query, fields=DEMANDE_FIELDS, show=show)

    async def courses(
        self, societe_id: UUID, chauffeur_id: UUID, query: ListQuery, *, now: datetime
    ) -> Page[CommandeView]:
        """See OfferQueries."""
        source = self._source.of(societe_id)
        fuseau = source.rows(SOCIETES)[societe_id].fuseau
        clients = source.rows(CLIENTS)
        conditions: Conditions[Commande] = {
            "aujourdhui": lambda c, at: local_day(c.date_iso, fuseau) == local_day(at, fuseau),
            "q": lambda c, q: matches(c.recherche, q) or matches(clients[c.client_id].recherche, q),
        }
        return listed(
            [commande for commande in source.rows(COMMANDES).values() if commande.chauffeur_id == chauffeur_id],
            query,
            fields=COURSE_FIELDS,
            conditions=conditions,
            zone=fuseau,
            show=lambda commande: card(source, commande, viewer=Party.CHAUFFEUR, now=now),
        )


def _conforms(queries: MemoryOfferQueries) -> OfferQueries:
    return queries
