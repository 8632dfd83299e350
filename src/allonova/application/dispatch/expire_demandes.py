"""Ends demandes that nobody answered in time."""

from __future__ import annotations

import logging
from typing import ClassVar

from allonova.application.dispatch.answer_desk import AnswerDesk
from allonova.application.dispatch.ports import DispatchUnit, Doors, Due
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import CommandeAction
from allonova.domain.kernel.errors import DomainError

log = logging.getLogger(__name__)

BATCH = 200


@wired
class ExpireDemandes:
    """A job. The deadline is a column, so whatever happened to whoever should have acted on it, the next run does. Each
    commande in its own transaction, so that one that fails stops no other.
    """

    begin_for: BeginFor[DispatchUnit]
    doors: Doors
    answers: AnswerDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns of how many commandes something ended."""
        ended = 0
        while overdue := await self.doors.overdue_demandes(self.answers.clock.now(), limit=BATCH):
            ended_now = sum([await self._ended(due) for due in overdue])
            ended += ended_now
            if ended_now == 0:
                break
        return ended

    async def _ended(self, due: Due) -> bool:
        try:
            return await self._expire(due)
        except Exception:
            log.exception("demandes not expired", extra={"commande_id": str(due.commande_id)})
            return False

    async def _expire(self, due: Due) -> bool:
        desk = self.answers
        async with self.begin_for(due.societe_id) as unit:
            commande = await unit.commandes.get(due.commande_id, lock=True)
            overdue = await desk.offers.close_overdue(unit, await unit.demandes.of_commande(commande.id))
            if overdue:
                await desk.give_back(unit, commande, overdue[-1], CommandeAction.EXPIRE, by=None)
            return bool(overdue)
