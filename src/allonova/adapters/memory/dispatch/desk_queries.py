"""Interventions, notifications and the audit log, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from allonova.adapters.memory.dispatch.tables import (
    AUDIT_LOG,
    COMMANDES,
    INTERVENTIONS,
    NOTIFICATIONS,
    SOCIETES,
    TAXIS,
)
from allonova.adapters.memory.listing import listed
from allonova.adapters.memory.store import Rows, stored
from allonova.application.dispatch.desk_queries import DeskQueries
from allonova.application.dispatch.desk_views import (
    AuditView,
    InterventionView,
    NotificationView,
    audit_view,
    intervention_view,
    notification_view,
)
from allonova.application.kernel.listing import ListQuery, Page
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.intervention import Intervention, Priorite
from allonova.domain.dispatch.notification import Notification
from allonova.domain.kernel.machine import Party

_URGENCE = {priorite: weight for weight, priorite in enumerate(Priorite)}
_INTERVENTIONS: Mapping[str, Callable[[Intervention], Any]] = {
    "id": lambda i: i.id,
    "statut": lambda i: i.statut,
    "priorite": lambda i: i.priorite,
    "urgence": lambda i: _URGENCE[i.priorite],
    "type": lambda i: i.type,
    "taxiId": lambda i: i.taxi_id,
    "commandeId": lambda i: i.commande_id,
    "createdAt": lambda i: i.created_at,
}
_NOTIFICATIONS: Mapping[str, Callable[[Notification], Any]] = {
    "id": lambda n: n.id,
    "luAt": lambda n: n.lu_at,
    "dateISO": lambda n: n.created_at,
}
_AUDIT: Mapping[str, Callable[[AuditEntry], Any]] = {
    "id": lambda e: e.id,
    "userId": lambda e: e.user_id,
    "action": lambda e: e.action,
    "entity": lambda e: e.entity,
    "entityId": lambda e: e.entity_id,
    "ts": lambda e: e.ts,
}


class MemoryDeskQueries:
    """Reads of committed rows, through the eyes of a company: `self._source.of(societe_id)`."""

    def __init__(self, source: Rows) -> None:
        self._source = source

    async def interventions(self, societe_id: UUID, query: ListQuery) -> Page[InterventionView]:
        """See DeskQueries."""
        rows = self._source.of(societe_id)
        return listed(
            rows.rows(INTERVENTIONS).values(),
            query,
            fields=_INTERVENTIONS,
            show=lambda intervention: show_intervention(rows, intervention),
            zone=_zone(rows, societe_id),
        )

    async def intervention(self, societe_id: UUID, id: UUID) -> InterventionView | None:
        """See DeskQueries."""
        rows = self._source.of(societe_id)
        intervention = rows.rows(INTERVENTIONS).get(id)
        return None if intervention is None else show_intervention(rows, intervention)

    async def notifications(self, societe_id: UUID, user_id: UUID, query: ListQuery) -> Page[NotificationView]:
        """See DeskQueries."""
        rows = self._source.of(societe_id)
        mine = [each for each in rows.rows(NOTIFICATIONS).values() if each.user_id == user_id]
        return listed(mine, query, fields=_NOTIFICATIONS, show=lambda each: notification_view(stored(each)))

    async def audit_log(self, societe_id: UUID, query: ListQuery) -> Page[AuditView]:
        """See DeskQueries."""
        rows = self._source.of(societe_id)
        return listed(
            rows.rows(AUDIT_LOG).values(),
            query,
            fields=_AUDIT,
            show=lambda entry: audit_view(stored(entry)),
            zone=_zone(rows, societe_id),
        )


def _zone(rows: Rows, societe_id: UUID) -> str:
    societe = rows.rows(SOCIETES).get(societe_id)
    return "UTC" if societe is None else societe.fuseau


def show_intervention(rows: Rows, intervention: Intervention) -> InterventionView:
    """As admins see it."""
    commande = rows.rows(COMMANDES).get(intervention.commande_id)
    taxi = rows.rows(TAXIS).get(intervention.taxi_id)
    return intervention_view(
        stored(intervention),
        reference=None if commande is None else commande.reference,
        numero=None if taxi is None else taxi.numero,
        viewer=Party.ADMIN,
    )


def _conforms(queries: MemoryDeskQueries) -> DeskQueries:
    return queries
