"""Interventions, notifications and the audit log."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, case, select

from allonova.adapters.postgres.company import Reading
from allonova.adapters.postgres.dispatch.days import midnight
from allonova.adapters.postgres.dispatch.stores import INTERVENTION_SHELF, NOTIFICATION_SHELF
from allonova.adapters.postgres.dispatch.tables import AUDIT_LOG, COMMANDES, INTERVENTIONS, NOTIFICATIONS, TAXIS
from allonova.adapters.postgres.lists import LongListing
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Row
from allonova.adapters.postgres.statements import compile_once
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
from allonova.domain.dispatch.intervention import Priorite
from allonova.domain.kernel.machine import Party

_AUDIT_MAPPER = RowMapper(AuditEntry, AUDIT_LOG)
_URGENCE = case({each.value: weight for weight, each in enumerate(Priorite)}, value=INTERVENTIONS.c.priorite)
INTERVENTIONS_SHOWN = select(
    *INTERVENTION_SHELF.mapper.columns("in_"), COMMANDES.c.reference.label("reference"), TAXIS.c.numero.label("numero")
).select_from(
    INTERVENTIONS.outerjoin(COMMANDES, COMMANDES.c.id == INTERVENTIONS.c.commande_id).outerjoin(
        TAXIS, TAXIS.c.id == INTERVENTIONS.c.taxi_id
    )
)
_INTERVENTIONS = LongListing(
    select(INTERVENTIONS.c.id),
    {
        "id": INTERVENTIONS.c.id,
        "statut": INTERVENTIONS.c.statut,
        "priorite": INTERVENTIONS.c.priorite,
        "urgence": _URGENCE,
        "type": INTERVENTIONS.c.type,
        "taxiId": INTERVENTIONS.c.taxi_id,
        "commandeId": INTERVENTIONS.c.commande_id,
        "createdAt": INTERVENTIONS.c.created_at,
    },
    shown=INTERVENTIONS_SHOWN,
    midnight=midnight,
)
_INTERVENTION = compile_once(INTERVENTIONS_SHOWN.where(INTERVENTIONS.c.id == bindparam("intervention")))
_NOTIFICATIONS = LongListing(
    select(NOTIFICATIONS.c.id).where(NOTIFICATIONS.c.user_id == bindparam("reader")),
    {"id": NOTIFICATIONS.c.id, "luAt": NOTIFICATIONS.c.lu_at, "dateISO": NOTIFICATIONS.c.created_at},
    shown=select(*NOTIFICATION_SHELF.mapper.columns()),
)
_AUDIT = LongListing(
    select(AUDIT_LOG.c.id),
    {
        "id": AUDIT_LOG.c.id,
        "userId": AUDIT_LOG.c.user_id,
        "action": AUDIT_LOG.c.action,
        "entity": AUDIT_LOG.c.entity,
        "entityId": AUDIT_LOG.c.entity_id,
        "ts": AUDIT_LOG.c.ts,
    },
    shown=select(*_AUDIT_MAPPER.columns()),
    midnight=midnight,
)
_read_intervention = INTERVENTION_SHELF.mapper.reader("in_")
_read_notification = NOTIFICATION_SHELF.mapper.reader()
_read_entry = _AUDIT_MAPPER.reader()


class PostgresDeskQueries:
    """Reads in short transactions of a company, or in the unit that it is given."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def interventions(self, societe_id: UUID, query: ListQuery) -> Page[InterventionView]:
        """See DeskQueries."""
        async with self._reading(societe_id, replan=True) as runner:
            rows, total = await _INTERVENTIONS.rows(runner, query)
        return Page([show_intervention(row) for row in rows], total)

    async def intervention(self, societe_id: UUID, id: UUID) -> InterventionView | None:
        """See DeskQueries."""
        async with self._reading(societe_id) as runner:
            row = await runner.fetchrow(_INTERVENTION.sql, *_INTERVENTION.args(intervention=id))
        return None if row is None else show_intervention(row)

    async def notifications(self, societe_id: UUID, user_id: UUID, query: ListQuery) -> Page[NotificationView]:
        """See DeskQueries."""
        async with self._reading(societe_id, replan=True) as runner:
            rows, total = await _NOTIFICATIONS.rows(runner, query, found={"reader": user_id})
        return Page([notification_view(_read_notification(row)) for row in rows], total)

    async def audit_log(self, societe_id: UUID, query: ListQuery) -> Page[AuditView]:
        """See DeskQueries."""
        async with self._reading(societe_id, replan=True) as runner:
            rows, total = await _AUDIT.rows(runner, query)
        return Page([audit_view(_read_entry(row)) for row in rows], total)


def show_intervention(row: Row) -> InterventionView:
    """As admins see it, of a row of `INTERVENTIONS_SHOWN`."""
    return intervention_view(
        _read_intervention(row), reference=row["reference"], numero=row["numero"], viewer=Party.ADMIN
    )


def _conforms(queries: PostgresDeskQueries) -> DeskQueries:
    return queries
