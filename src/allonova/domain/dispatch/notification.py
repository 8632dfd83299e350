"""What staff is told in the application."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class NotificationType(StrEnum):
    """What happened."""

    COMMANDE_CREEE = "commande.creee"
    COMMANDE_ASSIGNEE = "commande.assignee"
    COMMANDE_MODIFIEE = "commande.modifiee"
    COMMANDE_ANNULEE = "commande.annulee"
    DEMANDE_RECUE = "demande.recue"
    DEMANDE_REFUSEE = "demande.refusee"
    DEMANDE_EXPIREE = "demande.expiree"
    SLA_DEPASSE = "sla.depasse"
    INTERVENTION_CREEE = "intervention.creee"
    SAUVEGARDE_ECHOUEE = "sauvegarde.echouee"


@dataclass(slots=True, kw_only=True)
class Notification:
    """One message to one account, in French. `data` holds the ids that a client needs to open what it is about."""

    id: UUID
    societe_id: UUID
    user_id: UUID
    type: NotificationType
    titre: str
    description: str
    lu_at: datetime | None = None
    data: dict[str, str | int] = field(default_factory=dict)
    version: int = 1
    created_at: datetime
