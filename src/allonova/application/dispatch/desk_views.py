"""What is shown of interventions, notifications and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from allonova.application.dispatch.wire import wire
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.intervention import (
    Intervention,
    InterventionAction,
    InterventionStatut,
    InterventionType,
    Priorite,
)
from allonova.domain.dispatch.notification import Notification, NotificationType
from allonova.domain.kernel.machine import Party


@wire
class InterventionView:
    """About one commande, whose `reference` it shows, or one taxi, whose `numero`. `actions` is what the viewer may
    do now.
    """

    id: UUID
    commande_id: UUID | None
    reference: str | None
    taxi_id: UUID | None
    numero: str | None
    type: InterventionType
    titre: str
    description: str
    statut: InterventionStatut
    priorite: Priorite
    actions: tuple[InterventionAction, ...]
    version: int
    created_at: datetime
    resolu_at: datetime | None


@wire
class NotificationView:
    """A message to its reader. `data` names what it is about, by the names of the wire."""

    id: UUID
    user_id: UUID
    type: NotificationType
    titre: str
    description: str
    lu: bool
    date_iso: datetime
    data: dict[str, str | int]


@wire
class ReadCount:
    """How many messages are read now that were not."""

    lues: int


@wire
class AuditPayload:
    """The fields that differ, by their names on the wire. Personal ones show only that they do (`***`)."""

    before: dict[str, Any]
    after: dict[str, Any]


@wire
class AuditView:
    """One write. `user_id` is null for the service's own."""

    id: UUID
    user_id: UUID | None
    action: str
    entity: str
    entity_id: UUID
    payload_json: AuditPayload
    ts: datetime


def intervention_view(
    intervention: Intervention, *, reference: str | None, numero: str | None, viewer: Party
) -> InterventionView:
    """As this viewer sees it."""
    return InterventionView(
        id=intervention.id,
        commande_id=intervention.commande_id,
        reference=reference,
        taxi_id=intervention.taxi_id,
        numero=numero,
        type=intervention.type,
        titre=intervention.titre,
        description=intervention.description,
        statut=intervention.statut,
        priorite=intervention.priorite,
        actions=intervention.actions(viewer),
        version=intervention.version,
        created_at=intervention.created_at,
        resolu_at=intervention.resolu_at,
    )


def notification_view(notification: Notification) -> NotificationView:
    """As its reader sees it."""
    return NotificationView(
        id=notification.id,
        user_id=notification.user_id,
        type=notification.type,
        titre=notification.titre,
        description=notification.description,
        lu=notification.lu_at is not None,
        date_iso=notification.created_at,
        data=notification.data,
    )


def audit_view(entry: AuditEntry) -> AuditView:
    """As admins see it."""
    payload = AuditPayload(before=entry.payload.get("before", {}), after=entry.payload.get("after", {}))
    return AuditView(
        id=entry.id,
        user_id=entry.user_id,
        action=entry.action,
        entity=entry.entity,
        entity_id=entry.entity_id,
        payload_json=payload,
        ts=entry.ts,
    )
