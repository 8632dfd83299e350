"""The tables of dispatch, with the rules of their PostgreSQL namesakes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from allonova.adapters.memory.rules import Check, Exclusion, Foreign, Table, Unique
from allonova.application.dispatch.ports import REFUSALS
from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import PROMISED, Commande
from allonova.domain.dispatch.demande import Demande, DemandeStatut
from allonova.domain.dispatch.deplacement import Deplacement
from allonova.domain.dispatch.device import StaffDevice
from allonova.domain.dispatch.intervention import Intervention
from allonova.domain.dispatch.notification import Notification
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.dispatch.taxi import Position, Taxi
from allonova.domain.kernel.geo import Point

COMPANY = Foreign("societe_id", "dispatch.societes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compteur:
    """The last number that a company gave out in a year."""

    societe_id: UUID
    annee: int
    dernier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxiPosition:
    """Where a taxi is."""

    taxi_id: UUID
    societe_id: UUID
    chauffeur_id: UUID
    point: Point
    at: datetime


def _counts(commande: Commande) -> bool:
    return commande.statut in PROMISED and not commande.chevauchement_force


def _meet(one: Commande, other: Commande) -> bool:
    at_once = one.date_iso < other.fin_iso and other.date_iso < one.fin_iso
    return _counts(one) and _counts(other) and at_once


def _same_taxi(one: Commande, other: Commande) -> bool:
    return one.taxi_id is not None and one.taxi_id == other.taxi_id and _meet(one, other)


def _same_chauffeur(one: Commande, other: Commande) -> bool:
    return one.chauffeur_id is not None and one.chauffeur_id == other.chauffeur_id and _meet(one, other)


def _has_chauffeur(commande: Commande) -> bool:
    is_driven = commande.statut in ("assignee", "en-cours", "terminee")
    return not is_driven or (commande.taxi_id is not None and commande.chauffeur_id is not None)


SOCIETES = Table(
    name="dispatch.societes",
    row=Societe,
    tenant="id",
    uniques=(Unique("uq_societes_slug", ("slug",)),),
    checks=(
        Check("sla_minutes", lambda societe: 1 <= societe.sla_minutes <= 10080),
        Check("demande_secondes", lambda societe: 30 <= societe.demande_secondes <= 600),
    ),
    refusals=REFUSALS,
)
COMPTEURS = Table(
    name="dispatch.compteurs",
    row=Compteur,
    tenant="societe_id",
    key=attrgetter("societe_id", "annee"),
    foreigns=(COMPANY,),
)
TAXIS = Table(
    name="dispatch.taxis",
    row=Taxi,
    tenant="societe_id",
    uniques=(
        Unique("uq_taxis_societe_id_plaque", ("societe_id", "plaque"), where=attrgetter("active")),
        Unique("uq_taxis_societe_id_numero", ("societe_id", "numero"), where=attrgetter("active")),
    ),
    foreigns=(COMPANY,),
    refusals=REFUSALS,
)
USERS = Table(
    name="dispatch.users",
    row=StaffUser,
    tenant="societe_id",
    folded=("email",),
    uniques=(
        Unique("uq_users_email", ("email",), key=lambda user: (user.email.lower(),)),
        Unique("uq_users_taxi_id", ("taxi_id",), where=lambda user: user.active and user.taxi_id is not None),
    ),
    foreigns=(COMPANY, Foreign("taxi_id", "dispatch.taxis")),
    refusals=REFUSALS,
)
CLIENTS = Table(
    name="dispatch.clients",
    row=Client,
    tenant="societe_id",
    uniques=(Unique("uq_clients_id_type", ("id", "type")),),
    foreigns=(COMPANY,),
)
COMMANDES = Table(
    name="dispatch.commandes",
    row=Commande,
    tenant="societe_id",
    uniques=(
        Unique("uq_commandes_societe_id_reference", ("societe_id", "reference")),
        Unique("uq_commandes_suivi_hash", ("suivi_hash",)),
    ),
    exclusions=(
        Exclusion("ex_commandes_taxi", ("taxi_id", "date_iso", "fin_iso"), _same_taxi),
        Exclusion("ex_commandes_chauffeur", ("chauffeur_id", "date_iso", "fin_iso"), _same_chauffeur),
    ),
    foreigns=(
        COMPANY,
        Foreign("client_id", "dispatch.clients"),
        Foreign("taxi_id", "dispatch.taxis"),
        Foreign("chauffeur_id", "dispatch.users"),
        Foreign("cree_par", "dispatch.users"),
    ),
    checks=(
        Check("duree_minutes", lambda commande: commande.duree_minutes > 0),
        Check("fin_iso", lambda c: c.fin_iso - c.date_iso == timedelta(minutes=c.duree_minutes)),
        Check("passagers", lambda commande: commande.passagers > 0 and commande.bagages >= 0),
        Check("chauffeur", _has_chauffeur),
    ),
    refusals=REFUSALS,
)
DEMANDES = Table(
    name="dispatch.demandes",
    row=Demande,
    tenant="societe_id",
    uniques=(
        Unique(
            "uq_demandes_open",
            ("commande_id", "chauffeur_id"),
            where=lambda demande: demande.statut is DemandeStatut.PROPOSEE,
        ),
        Unique("uq_demandes_winner", ("commande_id",), where=lambda demande: demande.statut is DemandeStatut.ACCEPTEE),
    ),
    foreigns=(
        COMPANY,
        Foreign("commande_id", "dispatch.commandes"),
        Foreign("chauffeur_id", "dispatch.users"),
        Foreign("taxi_id", "dispatch.taxis"),
    ),
)
DEPLACEMENTS = Table(
    name="dispatch.deplacements",
    row=Deplacement,
    tenant="societe_id",
    foreigns=(
        COMPANY,
        Foreign("commande_id", "dispatch.commandes"),
        Foreign("user_id", "dispatch.users"),
        Foreign("taxi_id", "dispatch.taxis"),
        Foreign("chauffeur_id", "dispatch.users"),
    ),
)
INTERVENTIONS = Table(
    name="dispatch.interventions",
    row=Intervention,
    tenant="societe_id",
    uniques=(
        Unique(
            "uq_interventions_wait",
            ("commande_id", "attente_depuis"),
            where=lambda intervention: intervention.attente_depuis is not None,
        ),
    ),
    foreigns=(
        COMPANY,
        Foreign("commande_id", "dispatch.commandes"),
        Foreign("taxi_id", "dispatch.taxis"),
        Foreign("cree_par", "dispatch.users"),
    ),
    checks=(Check("subject", lambda each: (each.commande_id is None) is not (each.taxi_id is None)),),
)
NOTIFICATIONS = Table(
    name="dispatch.notifications",
    row=Notification,
    tenant="societe_id",
    foreigns=(COMPANY, Foreign("user_id", "dispatch.users")),
)
AUDIT_LOG = Table(
    name="dispatch.audit_log",
    row=AuditEntry,
    tenant="societe_id",
    foreigns=(COMPANY, Foreign("user_id", "dispatch.users")),
)
DEVICES = Table(
    name="dispatch.devices",
    row=StaffDevice,
    tenant="societe_id",
    uniques=(Unique("uq_devices_token_hash", ("token_hash",)),),
    foreigns=(COMPANY, Foreign("user_id", "dispatch.users")),
)
POSITIONS = Table(
    name="dispatch.positions",
    row=Position,
    tenant="societe_id",
    foreigns=(COMPANY, Foreign("taxi_id", "dispatch.taxis"), Foreign("chauffeur_id", "dispatch.users")),
)
TAXI_POSITIONS = Table(
    name="dispatch.taxi_positions",
    row=TaxiPosition,
    tenant="societe_id",
    key=attrgetter("taxi_id"),
    foreigns=(COMPANY, Foreign("taxi_id", "dispatch.taxis"), Foreign("chauffeur_id", "dispatch.users")),
)
SEMAINES = Table(
    name="dispatch.semaines",
    row=Semaine,
    tenant="societe_id",
    uniques=(Unique("uq_semaines_chauffeur_id_debut", ("chauffeur_id", "debut")),),
    foreigns=(COMPANY, Foreign("chauffeur_id", "dispatch.users")),
)

TABLES: tuple[Table[Any], ...] = (
    *(SOCIETES, COMPTEURS, TAXIS, USERS, CLIENTS, COMMANDES, DEMANDES, DEPLACEMENTS, INTERVENTIONS),
    *(NOTIFICATIONS, AUDIT_LOG, DEVICES, POSITIONS, TAXI_POSITIONS, SEMAINES),
)
