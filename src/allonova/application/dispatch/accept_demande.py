"""A chauffeur takes a course."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.answer_desk import AnswerDesk
from allonova.application.dispatch.obstacles import crew_of, find_course_obstacles, require_possible
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.views import DemandeView
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande, CommandeAction
from allonova.domain.dispatch.conflits import CommandeConflict
from allonova.domain.dispatch.demande import Demande, DemandeAction, DemandeOver, DemandeStatut
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import Membre, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party


@wired
class AcceptDemande:
    """The first yes has the course: the commande is assigned, and nobody else is asked any more. The commande's lock
    makes the first one first; its taxi's and chauffeur's locks keep their days free of overlaps.
    """

    begin_for: BeginFor[DispatchUnit]
    answers: AnswerDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, DemandeOver, CommandeConflict)

    async def __call__(self, *, by: Membre, demande_id: UUID) -> DemandeView:
        """Said again by the winner it changes nothing.

        Raises:
            NotFound: none of his.
            DemandeOver: it has ended otherwise, or his time is up.
            CommandeConflict: his day has filled up meanwhile, or he no longer drives the taxi that was meant.
        """
        desk = self.answers
        async with self.begin_for(by.societe_id) as unit:
            commande, demande = await desk.take(unit, by, demande_id)
            if demande.statut is not DemandeStatut.ACCEPTEE:
                desk.require_open(demande)
                await self._accept(unit, commande, demande, by)
            return await desk.show(unit, demande_id)

    async def _accept(self, unit: DispatchUnit, commande: Commande, demande: Demande, by: Membre) -> None:
        desk = self.answers
        now = desk.clock.now()
        taxi, driver = await crew_of(unit, demande)
        obstacles = await find_course_obstacles(unit, commande, taxi, driver)
        require_possible(obstacles, force=demande.force)
        before, asked = dataclasses.replace(commande), dataclasses.replace(demande)
        await desk.offers.end(unit, demande, DemandeAction.ACCEPT, Party.CHAUFFEUR)
        await desk.offers.withdraw_all(unit, commande, but=demande.id)
        commande.assign(
            CommandeAction.ACCEPT,
            Party.CHAUFFEUR,
            now,
            taxi_id=taxi.id,
            chauffeur_id=by.id,
            force=demande.force and bool(obstacles),
        )
        await desk.offers.save(unit, commande, CommandeAction.ACCEPT, before=before, by=by)
        record = desk.trail.record
        await record(unit, by, by.societe_id, "demande.acceptee", "demande", before=asked, after=demande)
        await record(unit, by, by.societe_id, "commande.assignee", "commande", before=before, after=commande)
        await self._tell(unit, commande, demande, taxi, driver)

    async def _tell(
        self, unit: DispatchUnit, commande: Commande, demande: Demande, taxi: Taxi, driver: StaffUser | None
    ) -> None:
        name = "" if driver is None else driver.name
        await self.answers.notices.tell_admins(
            unit,
            commande.societe_id,
            NotificationType.COMMANDE_ASSIGNEE,
            titre="Course acceptée",
            description=f"{commande.reference} : {name}, taxi {taxi.numero}",
            data={"commandeId": str(commande.id), "demandeId": str(demande.id)},
        )
