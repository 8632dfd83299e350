"""Offers as a test plays them, and what they leave behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.taxi import Position, Taxi
from allonova.domain.kernel.geo import Point
from tests.support.api import Api
from tests.support.nova import Colleague, Office
from tests.support.wire import data


async def proposed(
    office: Office, commande: Commande, *, to: tuple[Taxi, Colleague] | None = None, **more: object
) -> Any:
    """The demande that a chauffeur, the first by default, got by the dispatcher's drag and drop."""
    taxi, chauffeur = to or (office.taxis[0], office.chauffeurs[0])
    data(await office.admin.patch(f"/api/commandes/{commande.id}", {"taxiId": str(taxi.id), **more}))
    return await asked(chauffeur, commande)


async def asked(chauffeur: Colleague, commande: Commande) -> Any:
    """His open demande for a commande; None when he is not asked."""
    found = data(await chauffeur.get("/api/me/demandes", page_size=100))
    return next((each for each in found if each["commandeId"] == str(commande.id)), None)


async def standing(api: Api, office: Office, commande: Commande) -> Any:
    """How a commande stands in the store."""
    return next(each for each in await api.inside.dispatch("commandes") if each.id == commande.id)


async def statuts(api: Api, commande: Commande) -> list[str]:
    """How its demandes stand, the oldest first."""
    found = await api.inside.dispatch("demandes")
    return [str(each.statut) for each in found if each.commande_id == commande.id]


async def noticed(api: Api, reader: Colleague) -> list[str]:
    """The types of somebody's notifications, the oldest first."""
    found = await api.inside.dispatch("notifications")
    return [str(each.type) for each in found if each.user_id == reader.id]


async def audited(api: Api, office: Office) -> list[tuple[str, UUID | None]]:
    """What stands in a company's log, and who did it."""
    found = await api.inside.dispatch("audit_log")
    return [(each.action, each.user_id) for each in found if each.societe_id == office.societe.id]


async def reseated(office: Office, chauffeur: Colleague, taxi: Taxi | None) -> None:
    """He drives another taxi from now on, or none."""
    async with office.api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        user = await unit.staff.get(chauffeur.id)
        user.taxi_id = None if taxi is None else taxi.id
        await unit.staff.save(user)


async def seen(office: Office, taxi: Taxi, point: Point, *, at: datetime | None = None) -> None:
    """A taxi sends where it is."""
    chauffeur = office.chauffeurs[office.taxis.index(taxi)]
    position = Position(
        id=uuid4(),
        societe_id=office.societe.id,
        taxi_id=taxi.id,
        chauffeur_id=chauffeur.id,
        point=point,
        at=at or office.api.clock.now(),
    )
    async with office.api.service.platform.dispatch.begin_for(office.societe.id) as unit:
        await unit.positions.record(position)
