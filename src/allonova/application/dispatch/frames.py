"""What boards and phones of a company are shown: channels, and the kinds of frames in them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from allonova.application.dispatch.desk_views import InterventionView, NotificationView
from allonova.application.dispatch.fleet_views import TaxiView
from allonova.application.dispatch.views import CommandeView, DemandeView
from allonova.application.dispatch.wire import wire
from allonova.application.kernel.live import FrameKind


def planning_of(societe_id: UUID) -> str:
    """The company's board."""
    return f"planning:{societe_id}"


def demandes_of(chauffeur_id: UUID) -> str:
    """A chauffeur's phone."""
    return f"demandes:{chauffeur_id}"


def notifications_of(user_id: UUID) -> str:
    """An admin's messages."""
    return f"notifications:{user_id}"


class Mode(StrEnum):
    """What a dispatcher does with a card: looks at it, or drags it."""

    VOIR = "voir"
    DEPLACER = "deplacer"


@wire
class Par:
    """Who of staff did it."""

    id: UUID
    name: str


@wire
class CommandeShown:
    """A card as it stands, and its version. `par` is null for what the service or a client did."""

    commande: CommandeView
    version: int
    par: Par | None


@wire
class DemandeShown:
    """An offer as it stands, to its chauffeur."""

    demande: DemandeView


@wire
class TaxiGone:
    """A taxi that was deleted."""

    id: UUID
    active: Literal[False] = False


@wire
class TaxiShown:
    """A taxi as it stands, and its version."""

    taxi: TaxiView | TaxiGone
    version: int
    par: Par | None


@wire
class TaxiSeen:
    """Where a taxi is, and since when that is known."""

    taxi_id: UUID
    lat: float
    lon: float
    at: datetime


@wire
class PresenceShown:
    """What a colleague does with a card; `mode` is null when he has left it."""

    par: Par
    commande_id: UUID
    mode: Mode | None


@wire
class NotificationShown:
    """A message to the reader of this channel."""

    notification: NotificationView


@wire
class InterventionShown:
    """Something needs looking at."""

    intervention: InterventionView


@wire
class SlaBreach:
    """A commande waits for longer than the company allows, and the intervention that was opened for that."""

    commande: CommandeView
    intervention: InterventionView


COMMANDE_CREATED = FrameKind("commande.created", CommandeShown)
COMMANDE_UPDATED = FrameKind("commande.updated", CommandeShown)
COMMANDE_CANCELLED = FrameKind("commande.cancelled", CommandeShown)
DEMANDE_CREATED = FrameKind("demande.created", DemandeShown)
DEMANDE_UPDATED = FrameKind("demande.updated", DemandeShown)
TAXI_UPDATED = FrameKind("taxi.updated", TaxiShown)
TAXI_POSITION = FrameKind("taxi.position", TaxiSeen, is_kept=False)
PRESENCE = FrameKind("presence", PresenceShown, is_kept=False)
NOTIFICATION_CREATED = FrameKind("notification.created", NotificationShown)
INTERVENTION_CREATED = FrameKind("intervention.created", InterventionShown)
SLA_BREACHED = FrameKind("sla.breached", SlaBreach)
