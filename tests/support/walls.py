"""A company with a row in every table, and a word in every text that shows wherever it comes out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from allonova.domain.dispatch.audit import AuditEntry
from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.demande import Demande
from allonova.domain.dispatch.deplacement import Deplacement
from allonova.domain.dispatch.device import StaffDevice
from allonova.domain.dispatch.intervention import Intervention, InterventionType
from allonova.domain.dispatch.notification import Notification, NotificationType
from allonova.domain.dispatch.semaine import Semaine
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Position, Taxi
from allonova.domain.identity.device import PushPlatform
from allonova.domain.kernel.geo import Point
from tests.support.factories import HOUR, NOW
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi

type BeginAny = Callable[[UUID], AbstractAsyncContextManager[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """The company, its people, and the ids of what it has by the noun that paths use."""

    word: str
    number: str
    societe: Societe
    admin: StaffUser
    chauffeur: StaffUser
    taxi: Taxi
    pool: Commande
    ids: Mapping[str, UUID]

    @property
    def canaries(self) -> list[bytes]:
        """What no answer to anybody else may hold."""
        return [self.word.encode(), self.number.encode(), *(str(id).encode() for id in self.ids.values())]


async def furnish(begin_for: BeginAny, **given: Any) -> Furnished:
    """Put a company into the store that has one of everything: a course that waits with its open demande, and one that
    was driven.
    """
    word, number = f"canari{secrets.token_hex(6)}", f"{secrets.randbelow(10**8):08d}"
    phone, email = f"+22507{number}", f"{word}@taxis.test"
    societe = a_societe(nom=word, slug=word, adresse=word, email=email, telephone=phone, siret=word, **given)
    taxi = a_taxi(societe, numero=word, plaque=word, vignette=word)
    admin = a_colleague(societe, name=word, email=f"a-{email}", phone=phone)
    chauffeur = a_colleague(societe, StaffRole.CHAUFFEUR, name=word, email=f"c-{email}", phone=phone, taxi_id=taxi.id)
    client = a_client(societe, nom=word, contact_email=email, contact_phone=phone, adresse=word)
    about: dict[str, Any] = {"prise_en_charge": word, "destination": word, "vol": word, "commentaire": word}
    pool = a_commande(societe, client, **about, reference=f"NV-{NOW.year}-{number}", taxi_id=taxi.id)
    driven = a_commande(
        societe,
        client,
        **about,
        date_iso=NOW - 3 * HOUR,
        statut=CommandeStatut.TERMINEE,
        taxi_id=taxi.id,
        chauffeur_id=chauffeur.id,
        assignee_at=NOW - 4 * HOUR,
        commencee_at=NOW - 3 * HOUR,
        terminee_at=NOW - 2 * HOUR,
    )
    demande, intervention, notice, move = _desk(societe, pool, taxi, chauffeur, admin, word)
    async with begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.societes.next_number(societe.id, NOW.year)
        await unit.taxis.add(taxi)
        await unit.staff.add(admin)
        await unit.staff.add(chauffeur)
        await unit.clients.add(client)
        await unit.commandes.add(pool)
        await unit.commandes.add(driven)
        await unit.demandes.add(demande)
        await unit.interventions.add(intervention)
        await unit.notices.add(notice)
        await unit.deplacements.add(move)
        device_id = await _leave_traces(unit, societe, taxi, chauffeur, admin, word)
    ids = {
        "societes": societe.id,
        "taxis": taxi.id,
        "users": admin.id,
        "chauffeurs": chauffeur.id,
        "clients": client.id,
        "commandes": pool.id,
        "courses": driven.id,
        "demandes": demande.id,
        "interventions": intervention.id,
        "notifications": notice.id,
        "devices": device_id,
    }
    return Furnished(
        word=word, number=number, societe=societe, admin=admin, chauffeur=chauffeur, taxi=taxi, pool=pool, ids=ids
    )


def _desk(
    societe: Societe, pool: Commande, taxi: Taxi, chauffeur: StaffUser, admin: StaffUser, word: str
) -> tuple[Demande, Intervention, Notification, Deplacement]:
    about: dict[str, Any] = {"societe_id": societe.id, "created_at": NOW}
    demande = Demande(
        id=uuid4(),
        commande_id=pool.id,
        chauffeur_id=chauffeur.id,
        taxi_id=taxi.id,
        motif=word,
        expire_at=NOW + timedelta(days=30),
        updated_at=NOW,
        **about,
    )
    intervention = Intervention(
        id=uuid4(),
        commande_id=pool.id,
        type=InterventionType.RETARD,
        titre=word,
        description=word,
        updated_at=NOW,
        **about,
    )
    notice = Notification(
        id=uuid4(),
        user_id=admin.id,
        type=NotificationType.COMMANDE_CREEE,
        titre=word,
        description=word,
        data={"commandeId": str(pool.id)},
        **about,
    )
    move = Deplacement(
        id=uuid4(),
        commande_id=pool.id,
        user_id=admin.id,
        statut=CommandeStatut.EN_ATTENTE,
        date_iso=pool.date_iso,
        duree_minutes=60,
        taxi_id=None,
        chauffeur_id=None,
        chevauchement_force=False,
        version_after=1,
        **about,
    )
    return demande, intervention, notice, move


async def _leave_traces(
    unit: Any, societe: Societe, taxi: Taxi, chauffeur: StaffUser, admin: StaffUser, word: str
) -> UUID:
    """What is only ever added: positions, weeks, phones, the audit log; the id of the phone."""
    of: dict[str, Any] = {"id": uuid4(), "societe_id": societe.id}
    await unit.positions.record(
        Position(taxi_id=taxi.id, chauffeur_id=chauffeur.id, point=Point(5.3204, -4.0161), at=NOW, **of)
    )
    figures: dict[str, Any] = {"courses": 1, "proposees": 1, "acceptees": 1, "minutes": 60}
    week = Semaine(
        chauffeur_id=chauffeur.id, debut=(NOW - timedelta(days=9)).date(), jours={}, created_at=NOW, **figures, **of
    )
    await unit.semaines.add_missing([week])
    device = StaffDevice(
        user_id=chauffeur.id,
        platform=PushPlatform.ANDROID,
        token=word,
        token_hash=word,
        created_at=NOW,
        updated_at=NOW,
        **of,
    )
    await unit.staff_devices.add(device)
    entry = AuditEntry(
        user_id=admin.id,
        action="taxi.modifie",
        entity="taxi",
        entity_id=taxi.id,
        payload={"before": {"vignette": word}, "after": {"vignette": word}},
        ts=NOW,
        **of,
    )
    await unit.trail.add_all([entry])
    return device.id
