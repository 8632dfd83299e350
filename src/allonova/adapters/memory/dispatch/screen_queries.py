"""What sockets show and ask for, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from allonova.adapters.memory.dispatch.board import card
from allonova.adapters.memory.dispatch.desk_queries import show_intervention
from allonova.adapters.memory.dispatch.fleet_queries import show_taxi
from allonova.adapters.memory.dispatch.tables import COMMANDES, DEMANDES, INTERVENTIONS, NOTIFICATIONS, TAXIS, USERS
from allonova.adapters.memory.store import Rows, stored
from allonova.application.dispatch.desk_views import NotificationView, notification_view
from allonova.application.dispatch.frames import Par
from allonova.application.dispatch.screen_queries import (
    CardNews,
    InterventionNews,
    ScreenQueries,
    StaffFacts,
    TaxiNews,
)
from allonova.application.dispatch.views import DemandeView, demande_view, for_chauffeur
from allonova.domain.dispatch.taxi import Driving
from allonova.domain.kernel.machine import Party


class MemoryScreenQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def card(self, societe_id: UUID, id: UUID, *, by: UUID | None, now: datetime) -> CardNews | None:
        """See ScreenQueries."""
        source = self._source.of(societe_id)
        commande = source.rows(COMMANDES).get(id)
        if commande is None:
            return None
        return CardNews(
            card=card(source, commande, viewer=Party.ADMIN, now=now),
            course=card(source, commande, viewer=Party.CHAUFFEUR, now=now),
            par=_par(source, by),
            admins=_admins(source),
        )

    async def demandes(self, societe_id: UUID, ids: Sequence[UUID], *, now: datetime) -> list[DemandeView]:
        """See ScreenQueries."""
        source = self._source.of(societe_id)
        known, commandes = source.rows(DEMANDES), source.rows(COMMANDES)
        found = []
        for demande in (known[id] for id in ids if id in known):
            shown = card(source, commandes[demande.commande_id], viewer=Party.CHAUFFEUR, now=now)
            found.append(demande_view(stored(demande), for_chauffeur(shown, demande.chauffeur_id)))
        return found

    async def taxi(self, societe_id: UUID, id: UUID, *, by: UUID | None) -> TaxiNews:
        """See ScreenQueries."""
        source = self._source.of(societe_id)
        taxi = source.rows(TAXIS).get(id)
        return TaxiNews(taxi=None if taxi is None else show_taxi(source, taxi), par=_par(source, by))

    async def notification(self, societe_id: UUID, id: UUID) -> NotificationView | None:
        """See ScreenQueries."""
        found = self._source.of(societe_id).rows(NOTIFICATIONS).get(id)
        return None if found is None else notification_view(stored(found))

    async def intervention(self, societe_id: UUID, id: UUID, *, now: datetime) -> InterventionNews | None:
        """See ScreenQueries."""
        source = self._source.of(societe_id)
        found = source.rows(INTERVENTIONS).get(id)
        if found is None:
            return None
        commande = None if found.attente_depuis is None else source.rows(COMMANDES).get(found.commande_id)
        return InterventionNews(
            intervention=show_intervention(source, found),
            waiting=None if commande is None else card(source, commande, viewer=Party.ADMIN, now=now),
            admins=_admins(source),
        )

    async def staff(self, societe_id: UUID, id: UUID) -> StaffFacts | None:
        """See ScreenQueries."""
        user = self._source.of(societe_id).rows(USERS).get(id)
        return None if user is None else StaffFacts(name=user.name, role=user.role, active=user.active)

    async def driving(self, societe_id: UUID) -> Mapping[UUID, Driving]:
        """See ScreenQueries."""
        source = self._source.of(societe_id)
        taxis = source.rows(TAXIS)
        driven = {user.id: taxis.get(user.taxi_id) for user in source.rows(USERS).values() if user.active}
        return {
            user_id: Driving(taxi_id=taxi.id, statut=taxi.statut)
            for user_id, taxi in driven.items()
            if taxi is not None and taxi.active
        }

    async def has_commande(self, societe_id: UUID, id: UUID) -> bool:
        """See ScreenQueries."""
        return id in self._source.of(societe_id).rows(COMMANDES)


def _par(source: Rows, by: UUID | None) -> Par | None:
    user = source.rows(USERS).get(by)
    return None if by is None or user is None else Par(id=by, name=user.name)


def _admins(source: Rows) -> tuple[UUID, ...]:
    return tuple(user.id for user in source.rows(USERS).values() if user.is_admin)


def _conforms(queries: MemoryScreenQueries) -> ScreenQueries:
    return queries
