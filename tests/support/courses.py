"""Courses and demandes of the past, as figures find them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from allonova.domain.dispatch.commande import Commande, CommandeStatut
from allonova.domain.dispatch.demande import Demande, DemandeStatut
from tests.support.nova import Office

PARIS = "Europe/Paris"
ABIDJAN = "Africa/Abidjan"


def local(text: str, fuseau: str = PARIS, *, fold: int = 0) -> datetime:
    """What a clock there shows, as an instant; `fold=1` is the second time that it shows it."""
    shown = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(fuseau), fold=fold)
    return shown.astimezone(ZoneInfo("UTC"))


async def a_course(
    office: Office, statut: CommandeStatut, begin: datetime, *, driver: int = 0, **given: Any
) -> Commande:
    """One that stands on somebody's taxi."""
    return await office.commande(
        statut=statut,
        date_iso=begin,
        taxi_id=office.taxis[driver].id,
        chauffeur_id=office.chauffeurs[driver].id,
        **given,
    )


async def done(office: Office, ended: datetime, *, driver: int = 0, minutes: int = 30) -> Commande:
    """A course that has been driven."""
    began = ended - timedelta(minutes=minutes)
    return await a_course(office, CommandeStatut.TERMINEE, began, driver=driver, commencee_at=began, terminee_at=ended)


async def asked(
    office: Office, statut: DemandeStatut, answered: datetime | None, *, driver: int = 0, course: Commande | None = None
) -> None:
    """A demande, of a course of its own unless one is given, that ended so at that instant."""
    course = course or await office.commande()
    made = answered or office.api.clock.now()
    demande = Demande(
        id=uuid4(),
        societe_id=office.societe.id,
        commande_id=course.id,
        chauffeur_id=office.chauffeurs[driver].id,
        taxi_id=office.taxis[driver].id,
        statut=statut,
        expire_at=made + timedelta(minutes=3),
        repondue_at=answered,
        created_at=made - timedelta(minutes=1),
        updated_at=made,
    )
    await office.keep(demande)
