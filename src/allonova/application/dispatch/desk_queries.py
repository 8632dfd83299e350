"""Interventions, notifications and the audit log: reads outside a unit, of one company each."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from allonova.application.dispatch.desk_views import AuditView, InterventionView, NotificationView
from allonova.application.kernel.listing import ListQuery, Page


class DeskQueries(Protocol):
    """Reads of the dispatcher's desk. Each takes the company first, and sees no other."""

    async def interventions(self, societe_id: UUID, query: ListQuery) -> Page[InterventionView]:
        """As admins see them; fields: statut, priorite, type, taxiId, commandeId, createdAt, and urgence, which orders
        priorities by their weight.
        """

    async def intervention(self, societe_id: UUID, id: UUID) -> InterventionView | None:
        """One, as admins see it."""

    async def notifications(self, societe_id: UUID, user_id: UUID, query: ListQuery) -> Page[NotificationView]:
        """Somebody's own; fields: luAt, dateISO."""

    async def audit_log(self, societe_id: UUID, query: ListQuery) -> Page[AuditView]:
        """The company's; fields: userId, action, entity, entityId, ts."""
