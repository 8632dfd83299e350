"""Takes courses from a taxi that can no longer drive them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from allonova.application.dispatch.auto import auto_at
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.domain.dispatch.commande import Commande, CommandeAction, CommandeStatut
from allonova.domain.dispatch.demande import DemandeAction
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.errors import StaleVersion
from allonova.domain.kernel.machine import Party


async def lock_promises(unit: DispatchUnit, taxi_id: UUID, *, now: datetime) -> tuple[Taxi, list[Commande]]:
    """A taxi with all that it still has before it: the commandes are locked first, in the order of their ids, then the
    taxi, as everybody does who gives it a course.

    Raises:
        NotFound: there is no such taxi.
        StaleVersion: it was given another course in between.
    """
    known = await unit.commandes.promised_to(taxi_id, now=now)
    commandes = [await unit.commandes.get(id, lock=True) for id in known]
    taxi = await unit.taxis.get(taxi_id, lock=True)
    standing = set(await unit.commandes.promised_to(taxi_id, now=now))
    if standing - set(known):
        raise StaleVersion
    return taxi, [commande for commande in commandes if commande.id in standing]


async def return_to_pool(
    desk: OfferDesk,
    unit: DispatchUnit,
    commande_ids: Collection[UUID],
    by: Membre | None,
    *,
    taxi_id: UUID | None = None,
) -> list[Commande]:
    """Take these commandes back, and let chauffeurs, admins and boards know.

    Args:
        commande_ids: each assigned or offered; the caller has locked them in the order of their ids, then the taxi.
        taxi_id: whose courses they are. A commande that is offered to others at the same time stays with those; without
            a taxi all its offers end.

    Returns:
        The commandes as they stand now.
    """
    returned = []
    for id in sorted(commande_ids):
        commande = await unit.commandes.get(id, lock=True)
        before = dataclasses.replace(commande)
        is_left = await _leave_to_others(desk, unit, commande, taxi_id)
        if not is_left:
            await _release(desk, unit, commande)
        await desk.save(unit, commande, CommandeAction.TAKE_BACK, before=before, by=by)
        await Trail(desk.clock, desk.ids).record(
            unit, by, commande.societe_id, "commande.reprise", "commande", before=before, after=commande
        )
        if not is_left:
            await _tell_admins(desk, unit, commande, by)
        returned.append(commande)
    return returned


async def _leave_to_others(desk: OfferDesk, unit: DispatchUnit, commande: Commande, taxi_id: UUID | None) -> bool:
    """End this taxi's offers alone, if the commande is offered to others as well."""
    if taxi_id is None or commande.taxi_id is not None:
        return False
    demandes = await unit.demandes.of_commande(commande.id)
    await desk.close_overdue(unit, demandes)
    standing = [demande for demande in demandes if demande.is_open(desk.clock.now())]
    if all(demande.taxi_id == taxi_id for demande in standing):
        return False
    for demande in standing:
        if demande.taxi_id == taxi_id:
            await desk.end(unit, demande, DemandeAction.WITHDRAW, Party.SYSTEM)
    return True


async def _release(desk: OfferDesk, unit: DispatchUnit, commande: Commande) -> None:
    former = commande.chauffeur_id if commande.statut is CommandeStatut.ASSIGNEE else None
    await desk.withdraw_all(unit, commande)
    commande.release(CommandeAction.TAKE_BACK, Party.ADMIN, desk.clock.now())
    commande.auto_at = auto_at(await unit.societes.get(commande.societe_id), commande)
    if former is not None:
        await desk.notices.tell(
            unit,
            commande.societe_id,
            [former],
            NotificationType.COMMANDE_ANNULEE,
            titre="Une course ne vous est plus attribuée",
            description=_summary(commande),
            data={"commandeId": str(commande.id)},
        )


async def _tell_admins(desk: OfferDesk, unit: DispatchUnit, commande: Commande, by: Membre | None) -> None:
    await desk.notices.tell_admins(
        unit,
        commande.societe_id,
        NotificationType.COMMANDE_MODIFIEE,
        titre="Une course est revenue dans le pool",
        description=_summary(commande),
        data={"commandeId": str(commande.id)},
        but=None if by is None else by.id,
    )


def _summary(commande: Commande) -> str:
    return f"{commande.reference} : {commande.prise_en_charge} → {commande.destination}"
