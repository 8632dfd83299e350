"""A chauffeur does not take a course."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.answer_desk import AnswerDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.views import DemandeView
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import CommandeAction
from allonova.domain.dispatch.demande import DemandeAction, DemandeOver, DemandeStatut
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.machine import Party


@wired
class RefuseDemande:
    """The commande goes back to the pool once nobody else is asked."""

    begin_for: BeginFor[DispatchUnit]
    answers: AnswerDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, DemandeOver)

    async def __call__(self, *, by: Membre, demande_id: UUID, motif: str | None) -> DemandeView:
        """`motif` is for the dispatchers to read. Said again it changes nothing.

        Raises:
            NotFound: none of his.
            DemandeOver: it has ended otherwise, or his time is up.
        """
        desk = self.answers
        async with self.begin_for(by.societe_id) as unit:
            commande, demande = await desk.take(unit, by, demande_id)
            if demande.statut is not DemandeStatut.REFUSEE:
                desk.require_open(demande)
                before = dataclasses.replace(demande)
                await desk.offers.end(unit, demande, DemandeAction.REFUSE, Party.CHAUFFEUR, motif=motif)
                await desk.trail.record(
                    unit, by, by.societe_id, "demande.refusee", "demande", before=before, after=demande
                )
                await desk.give_back(unit, commande, demande, CommandeAction.REFUSE, by=by)
            return await desk.show(unit, demande_id)
