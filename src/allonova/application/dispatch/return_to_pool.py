"""Takes courses from a taxi that can no longer drive them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allonova.application.dispatch.auto import auto_at
from allonova.application.dispatch.notices import News
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.domain.dispatch.commande import Commande, CommandeAction, CommandeStatut
from allonova.domain.dispatch.demande import Demande, DemandeAction, DemandeStatut
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
    known = (await unit.commandes.promised_to([taxi_id], now=now))[taxi_id]
    commandes = await unit.commandes.lock_all(known)
    taxi = await unit.taxis.get(taxi_id, lock=True)
    standing = (await unit.commandes.promised_to([taxi_id], now=now))[taxi_id]
    if standing - known:
        raise StaleVersion
    return taxi, [commande for commande in commandes if commande.id in standing]


async def return_to_pool(
    desk: OfferDesk, unit: DispatchUnit, commandes: Sequence[Commande], by: Membre, *, taxi_id: UUID
) -> None:
    """Take these commandes back from a taxi, and let chauffeurs, admins and boards know; in as many round trips as one
    of them takes. A commande that is offered to others at the same time stays with those.

    Args:
        commandes: each assigned or offered; the caller has locked them in the order of their ids, then the taxi.
    """
    if not commandes:
        return
    now = desk.clock.now()
    demandes = await unit.demandes.of_commandes([commande.id for commande in commandes])
    courses = [_Course(commande, demandes.get(commande.id, []), taxi_id, now) for commande in commandes]
    await desk.end_all(unit, [ending for course in courses for ending in course.endings()])
    societe = await unit.societes.get(by.societe_id)
    released = [course for course in courses if not course.is_left]
    for course in released:
        course.commande.release(CommandeAction.TAKE_BACK, Party.ADMIN, now)
        course.commande.auto_at = auto_at(societe, course.commande)
    await desk.notices.tell_news(
        unit,
        societe.id,
        [News(course.former, *course.told()) for course in released if course.former is not None],
        NotificationType.COMMANDE_ANNULEE,
        titre="Une course ne vous est plus attribuée",
    )
    changes = [(course.before, course.commande) for course in courses]
    await desk.save_all(unit, changes, CommandeAction.TAKE_BACK, by=by)
    await Trail(desk.clock, desk.ids).record_each(unit, by, societe.id, "commande.reprise", "commande", changes)
    await desk.notices.tell_admins_each(
        unit,
        societe.id,
        NotificationType.COMMANDE_MODIFIEE,
        titre="Une course est revenue dans le pool",
        told=[course.told() for course in released],
        but=by.id,
    )


class _Course:
    """A commande that a taxi loses, with its demandes, as it stood before.

    Attributes:
        is_left: it is offered to others as well, and stays with those.
        former: the chauffeur to whom it was given.
    """

    def __init__(self, commande: Commande, demandes: Sequence[Demande], taxi_id: UUID, now: datetime) -> None:
        self.commande, self.before = commande, dataclasses.replace(commande)
        self.former = commande.chauffeur_id if commande.statut is CommandeStatut.ASSIGNEE else None
        asked = [each for each in demandes if each.is_open(now)]
        self.is_left = commande.taxi_id is None and any(each.taxi_id != taxi_id for each in asked)
        self._overdue = [each for each in demandes if each.statut is DemandeStatut.PROPOSEE and each not in asked]
        accepted = [each for each in demandes if each.statut is DemandeStatut.ACCEPTEE]
        self._withdrawn = [each for each in asked if each.taxi_id == taxi_id] if self.is_left else asked + accepted

    def endings(self) -> list[tuple[Sequence[Demande], DemandeAction]]:
        """How its demandes end."""
        return [(self._overdue, DemandeAction.EXPIRE), (self._withdrawn, DemandeAction.WITHDRAW)]

    def told(self) -> tuple[str, dict[str, str | int]]:
        """What people read of it: description and data."""
        commande = self.commande
        description = f"{commande.reference} : {commande.prise_en_charge} → {commande.destination}"
        return description, {"commandeId": str(commande.id)}
