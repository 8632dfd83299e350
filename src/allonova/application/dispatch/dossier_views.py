"""All that a company keeps of one client, or of one of its staff."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from allonova.application.dispatch.fleet_views import StaffDeviceView
from allonova.application.dispatch.staff_views import StaffView
from allonova.application.dispatch.views import ClientView
from allonova.application.dispatch.wire import wire
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.commande import Commande, CommandeStatut, Source
from allonova.domain.dispatch.demande import Demande, DemandeStatut
from allonova.domain.dispatch.intervention import Intervention, InterventionType
from allonova.domain.dispatch.notification import Notification, NotificationType
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.taxi import Position
from allonova.domain.kernel.geo import Point


@wire
class OrderedCourse:
    """An order, to whom it is about."""

    id: UUID
    reference: str
    statut: CommandeStatut
    source: Source
    prise_en_charge: str
    destination: str
    prise_en_charge_point: Point | None
    destination_point: Point | None
    date_iso: datetime
    duree_minutes: int
    passagers: int
    bagages: int
    vol: str | None
    commentaire: str | None
    motif_annulation: str | None
    created_at: datetime


@wire
class NotedIntervention:
    """What was noted about one of his orders."""

    id: UUID
    commande_id: UUID | None
    type: InterventionType
    titre: str
    description: str
    created_at: datetime


@wire
class ClientDossier:
    """A client with all that he ordered."""

    exported_at: datetime
    client: ClientView
    commandes: tuple[OrderedCourse, ...]
    interventions: tuple[NotedIntervention, ...]


@wire
class DrivenCourse:
    """A course, to its chauffeur; whom he drove is not his."""

    id: UUID
    reference: str
    statut: CommandeStatut
    date_iso: datetime
    duree_minutes: int
    assignee_at: datetime | None
    commencee_at: datetime | None
    terminee_at: datetime | None


@wire
class AskedDemande:
    """An offer, to its chauffeur."""

    id: UUID
    commande_id: UUID
    statut: DemandeStatut
    motif: str | None
    repondue_at: datetime | None
    created_at: datetime


@wire
class WorkedWeek:
    """A week, from its Monday."""

    debut: date
    courses: int
    proposees: int
    acceptees: int
    minutes: int


@wire
class SeenAt:
    """Where he was."""

    lat: float
    lon: float
    at: datetime


@wire
class ReadMessage:
    """What he was told."""

    id: UUID
    type: NotificationType
    titre: str
    description: str
    lu_at: datetime | None
    created_at: datetime


@wire
class OwnDeed:
    """What he did, as the company's audit log has it."""

    action: str
    entity: str
    entity_id: UUID
    ts: datetime


@wire
class StaffDossier:
    """Somebody of staff with all that is kept of him."""

    exported_at: datetime
    user: StaffView
    email_confirmed_at: datetime | None
    last_login: datetime | None
    devices: tuple[StaffDeviceView, ...]
    commandes: tuple[DrivenCourse, ...]
    demandes: tuple[AskedDemande, ...]
    semaines: tuple[WorkedWeek, ...]
    positions: tuple[SeenAt, ...]
    notifications: tuple[ReadMessage, ...]
    actes: tuple[OwnDeed, ...]


def ordered_course(commande: Commande) -> OrderedCourse:
    """As its client sees it."""
    return OrderedCourse(
        id=commande.id,
        reference=commande.reference,
        statut=commande.statut,
        source=commande.source,
        prise_en_charge=commande.prise_en_charge,
        destination=commande.destination,
        prise_en_charge_point=commande.prise_en_charge_point,
        destination_point=commande.destination_point,
        date_iso=commande.date_iso,
        duree_minutes=commande.duree_minutes,
        passagers=commande.passagers,
        bagages=commande.bagages,
        vol=commande.vol,
        commentaire=commande.commentaire,
        motif_annulation=commande.motif_annulation,
        created_at=commande.created_at,
    )


def noted(intervention: Intervention) -> NotedIntervention:
    """As it was written."""
    return NotedIntervention(
        id=intervention.id,
        commande_id=intervention.commande_id,
        type=intervention.type,
        titre=intervention.titre,
        description=intervention.description,
        created_at=intervention.created_at,
    )


def driven_course(commande: Commande) -> DrivenCourse:
    """As its chauffeur's own."""
    return DrivenCourse(
        id=commande.id,
        reference=commande.reference,
        statut=commande.statut,
        date_iso=commande.date_iso,
        duree_minutes=commande.duree_minutes,
        assignee_at=commande.assignee_at,
        commencee_at=commande.commencee_at,
        terminee_at=commande.terminee_at,
    )


def asked(demande: Demande) -> AskedDemande:
    """As its chauffeur's own."""
    return AskedDemande(
        id=demande.id,
        commande_id=demande.commande_id,
        statut=demande.statut,
        motif=demande.motif,
        repondue_at=demande.repondue_at,
        created_at=demande.created_at,
    )


def worked(semaine: Semaine) -> WorkedWeek:
    """Its sums."""
    return WorkedWeek(
        debut=semaine.debut,
        courses=semaine.courses,
        proposees=semaine.proposees,
        acceptees=semaine.acceptees,
        minutes=semaine.minutes,
    )


def seen_at(position: Position) -> SeenAt:
    """A point and its instant."""
    return SeenAt(lat=position.point.lat, lon=position.point.lon, at=position.at)


def read_message(notification: Notification) -> ReadMessage:
    """As its reader's own."""
    return ReadMessage(
        id=notification.id,
        type=notification.type,
        titre=notification.titre,
        description=notification.description,
        lu_at=notification.lu_at,
        created_at=notification.created_at,
    )


def own_deed(entry: AuditEntry) -> OwnDeed:
    """What was done, without what it was about: that may be somebody else's."""
    return OwnDeed(action=entry.action, entity=entry.entity, entity_id=entry.entity_id, ts=entry.ts)
