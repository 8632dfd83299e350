"""What several parts of dispatch show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from allonova.application.dispatch.wire import wire
from allonova.domain.dispatch.client import Client, ClientType
from allonova.domain.dispatch.commande import Commande, CommandeAction, CommandeStatut, Source
from allonova.domain.dispatch.conflits import Conflit, ConflitCode
from allonova.domain.dispatch.demande import Demande, DemandeStatut
from allonova.domain.kernel.geo import Point
from allonova.domain.kernel.machine import Party


@wire
class ClientView:
    """A customer of the company."""

    id: UUID
    type: ClientType
    nom: str
    contact_email: str | None
    contact_phone: str | None
    adresse: str | None
    active: bool
    version: int
    created_at: datetime


@wire
class TaxiLabel:
    """A taxi by its number."""

    numero: str


@wire
class OpenDemande:
    """The offer that one chauffeur is to answer until `expire_at`."""

    id: UUID
    chauffeur_id: UUID
    statut: DemandeStatut
    expire_at: datetime


@wire
class Diffusion:
    """Several chauffeurs are asked at once; the first to accept has it."""

    demandes: int
    expire_at: datetime


@wire
class CommandeView:
    """A card of the board. `actions` is what the viewer may do now. `demande` stands while one chauffeur is asked,
    `diffusion` while several are.
    """

    id: UUID
    reference: str
    client_id: UUID
    client: ClientView
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
    taxi_id: UUID | None
    taxi: TaxiLabel | None
    chauffeur_id: UUID | None
    statut: CommandeStatut
    demande: OpenDemande | None
    diffusion: Diffusion | None
    source: Source
    actions: tuple[CommandeAction, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@wire
class DemandeView:
    """An offer, to its chauffeur."""

    id: UUID
    commande_id: UUID
    commande: CommandeView
    chauffeur_id: UUID
    statut: DemandeStatut
    expire_at: datetime
    repondue_at: datetime | None
    motif: str | None


@wire
class ConflitView:
    """What stands in the way; `minutes_manquantes` is how much too tight it is."""

    commande_id: UUID | None
    reference: str | None
    code: ConflitCode
    minutes_manquantes: int | None


def client_view(client: Client) -> ClientView:
    """As staff sees it."""
    return ClientView(
        id=client.id,
        type=client.type,
        nom=client.nom,
        contact_email=client.contact_email,
        contact_phone=client.contact_phone,
        adresse=client.adresse,
        active=client.active,
        version=client.version,
        created_at=client.created_at,
    )


def commande_view(
    commande: Commande, client: Client, *, numero: str | None, demandes: Iterable[Demande], viewer: Party
) -> CommandeView:
    """A card. `demandes` are its open ones, `numero` is its taxi's."""
    opened = sorted(demandes, key=lambda demande: (demande.created_at, demande.id))
    alone = opened[0] if len(opened) == 1 and opened[0].taxi_id == commande.taxi_id else None
    return CommandeView(
        id=commande.id,
        reference=commande.reference,
        client_id=commande.client_id,
        client=client_view(client),
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
        taxi_id=commande.taxi_id,
        taxi=None if numero is None else TaxiLabel(numero=numero),
        chauffeur_id=commande.chauffeur_id,
        statut=commande.statut,
        demande=None
        if alone is None
        else OpenDemande(id=alone.id, chauffeur_id=alone.chauffeur_id, statut=alone.statut, expire_at=alone.expire_at),
        diffusion=Diffusion(demandes=len(opened), expire_at=max(d.expire_at for d in opened))
        if opened and alone is None
        else None,
        source=commande.source,
        actions=commande.actions(viewer),
        version=commande.version,
        created_at=commande.created_at,
        updated_at=commande.updated_at,
    )


def for_chauffeur(card: CommandeView, chauffeur_id: UUID) -> CommandeView:
    """What a chauffeur may know of a card: not who else has the course, or is asked for it alone."""
    holder = card.chauffeur_id or (None if card.demande is None else card.demande.chauffeur_id)
    return card if holder in (None, chauffeur_id) else without_holder(card)


def without_holder(card: CommandeView) -> CommandeView:
    """A card that is somebody else's."""
    return replace(card, taxi_id=None, taxi=None, chauffeur_id=None, demande=None, actions=())


def demande_view(demande: Demande, commande: CommandeView) -> DemandeView:
    """As its chauffeur sees it."""
    return DemandeView(
        id=demande.id,
        commande_id=demande.commande_id,
        commande=commande,
        chauffeur_id=demande.chauffeur_id,
        statut=demande.statut,
        expire_at=demande.expire_at,
        repondue_at=demande.repondue_at,
        motif=demande.motif,
    )


def conflit_views(conflits: Iterable[Conflit]) -> tuple[ConflitView, ...]:
    """As a dispatcher sees them."""
    return tuple(
        ConflitView(
            commande_id=each.commande_id,
            reference=each.reference,
            code=each.code,
            minutes_manquantes=each.minutes_manquantes,
        )
        for each in conflits
    )
