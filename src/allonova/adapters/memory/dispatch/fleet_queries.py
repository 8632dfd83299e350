"""Taxis, clients and phones, in memory."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from uuid import UUID

from allonova.adapters.memory.dispatch.board import card
from allonova.adapters.memory.dispatch.tables import (
    CLIENTS,
    COMMANDES,
    DEVICES,
    SOCIETES,
    TAXI_POSITIONS,
    TAXIS,
    USERS,
)
from allonova.adapters.memory.listing import Conditions, Fields, listed
from allonova.adapters.memory.store import Rows
from allonova.application.dispatch.fleet_queries import FleetQueries
from allonova.application.dispatch.fleet_views import (
    StaffDeviceView,
    TaxiDetail,
    TaxiView,
    staff_device_view,
    taxi_detail,
    taxi_view,
)
from allonova.application.dispatch.views import ClientView, client_view
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.dispatch.calendrier import bounds, local_day
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.dispatch.device import StaffDevice
from allonova.domain.dispatch.recherche import matches
from allonova.domain.dispatch.staff import StaffRole
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.machine import Party

TAXI_FIELDS: Fields[Taxi] = {
    "id": attrgetter("id"),
    "numero": attrgetter("numero"),
    "createdAt": attrgetter("created_at"),
    "statut": attrgetter("statut"),
    "active": attrgetter("active"),
}
TAXI_CONDITIONS: Conditions[Taxi] = {"q": lambda taxi, q: matches(taxi.recherche, q)}
CLIENT_FIELDS: Fields[Client] = {
    "id": attrgetter("id"),
    "nom": lambda client: client.recherche[:64],
    "createdAt": attrgetter("created_at"),
    "type": attrgetter("type"),
    "active": attrgetter("active"),
}
CLIENT_CONDITIONS: Conditions[Client] = {"q": lambda client, q: matches(client.recherche, q)}
DEVICE_FIELDS: Fields[StaffDevice] = {"id": attrgetter("id"), "createdAt": attrgetter("created_at")}


class MemoryFleetQueries:
    """Reads of committed rows, or of a unit's own, through the eyes of a company."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def taxis(self, societe_id: UUID, query: ListQuery) -> Page[TaxiView]:
        """See FleetQueries."""
        source = self._source.of(societe_id)
        return listed(
            source.rows(TAXIS).values(),
            query,
            fields=TAXI_FIELDS,
            conditions=TAXI_CONDITIONS,
            show=lambda taxi: show_taxi(source, taxi),
        )

    async def taxi(self, societe_id: UUID, id: UUID) -> TaxiView | None:
        """See FleetQueries."""
        source = self._source.of(societe_id)
        taxi = source.rows(TAXIS).get(id)
        return None if taxi is None else show_taxi(source, taxi)

    async def taxi_detail(self, societe_id: UUID, id: UUID, *, now: datetime) -> TaxiDetail | None:
        """See FleetQueries."""
        source = self._source.of(societe_id)
        taxi = source.rows(TAXIS).get(id)
        if taxi is None:
            return None
        fuseau = source.rows(SOCIETES)[societe_id].fuseau
        today = local_day(now, fuseau)
        start, stop = bounds(today, today, fuseau)
        day = [
            commande
            for commande in source.rows(COMMANDES).values()
            if commande.taxi_id == id
            and start <= commande.date_iso < stop
            and commande.statut is not CommandeStatut.ANNULEE
        ]
        shown = [card(source, c, viewer=Party.ADMIN, now=now) for c in sorted(day, key=attrgetter("date_iso", "id"))]
        return taxi_detail(show_taxi(source, taxi), shown)

    async def clients(self, societe_id: UUID, query: ListQuery) -> Page[ClientView]:
        """See FleetQueries."""
        clients = self._source.of(societe_id).rows(CLIENTS).values()
        return listed(clients, query, fields=CLIENT_FIELDS, conditions=CLIENT_CONDITIONS, show=client_view)

    async def client(self, societe_id: UUID, id: UUID) -> ClientView | None:
        """See FleetQueries."""
        client = self._source.of(societe_id).rows(CLIENTS).get(id)
        return None if client is None else client_view(client)

    async def devices(self, societe_id: UUID, user_id: UUID, query: ListQuery) -> Page[StaffDeviceView]:
        """See FleetQueries."""
        devices = self._source.of(societe_id).rows(DEVICES).values()
        own = [device for device in devices if device.user_id == user_id]
        return listed(own, query, fields=DEVICE_FIELDS, show=staff_device_view)


def show_taxi(source: Rows, taxi: Taxi) -> TaxiView:
    """A taxi with its chauffeur and where it was seen."""
    users = source.rows(USERS).values()
    driver = next((u for u in users if u.active and u.role is StaffRole.CHAUFFEUR and u.taxi_id == taxi.id), None)
    seen = source.rows(TAXI_POSITIONS).get(taxi.id)
    return taxi_view(
        taxi, driver=driver, point=None if seen is None else seen.point, seen_at=None if seen is None else seen.at
    )


def _conforms(queries: MemoryFleetQueries) -> FleetQueries:
    return queries
