"""The automatic dispatch: commandes without a taxi are offered to the nearest free chauffeur."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.auto import auto_at, tell_nobody_found
from allonova.application.dispatch.free_taxis import lock_free, without_conflicts
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.ports import DispatchUnit, Doors, Due
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande, CommandeAction, CommandeStatut
from allonova.domain.dispatch.demande import Demande, DemandeStatut, Origine
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.dispatch.taxi import FRESH, Taxi
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.machine import Party

log = logging.getLogger(__name__)

BATCH = 200
NEAREST = 500  # how many of the nearest are looked at; a town's fleet
LOOK_AGAIN = timedelta(seconds=10)  # the job's own interval: somebody may have become free by then


@wired
class DispatchCommandes:
    """A job. Each commande in its own transaction, so that one that fails stops no other (docs/decisions/0045)."""

    begin_for: BeginFor[DispatchUnit]
    doors: Doors
    clock: Clock
    offers: OfferDesk
    notices: NoticeDesk
    trail: Trail

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self) -> int:
        """Returns how many commandes were offered to somebody."""
        offered = 0
        for due in await self.doors.to_dispatch(self.clock.now(), limit=BATCH):
            try:
                offered += await self._look(due)
            except Exception:
                log.exception("commande not dispatched", extra={"commande_id": str(due.commande_id)})
        return offered

    async def _look(self, due: Due) -> bool:
        now = self.clock.now()
        async with self.begin_for(due.societe_id) as unit:
            commande = await unit.commandes.get(due.commande_id, lock=True)
            if commande.statut is not CommandeStatut.EN_ATTENTE or commande.auto_at is None or commande.auto_at > now:
                return False
            societe = await unit.societes.get(due.societe_id)
            planned = auto_at(societe, commande)
            demandes = await unit.demandes.of_commande(commande.id)
            if planned is None or commande.fin_iso <= now or any(d.is_open(now) for d in demandes):
                await unit.commandes.look_again(commande.id, None)
                return False
            if planned > now:
                await unit.commandes.look_again(commande.id, planned)
                return False
            candidates = await self._candidates(unit, commande, demandes)
            if not candidates:
                await self._wait(unit, commande)
                return False
            # The first one's taxi alone is locked: a second lock could come in another order than somebody else's.
            # Where he was given something else a moment ago, the next run looks anew.
            for taxi, driver in await lock_free(unit, commande, candidates[:1], now=now):
                await self._offer(unit, societe, commande, taxi, driver)
                return True
            return False

    async def _candidates(self, unit: DispatchUnit, commande: Commande, demandes: Iterable[Demande]) -> list[UUID]:
        """Taxis of free chauffeurs who have not been asked in vain, the nearest first; without a point the one who was
        asked for anything the longest ago.
        """
        now = self.clock.now()
        since, point = now - FRESH, commande.prise_en_charge_point
        if point is not None:
            seen = await unit.positions.nearest(point, seen_since=since, limit=NEAREST)
        else:
            seen = await unit.positions.seen(since=since)
        passed = {demande.chauffeur_id for demande in demandes if _in_vain(demande)}
        drivers = {d.taxi_id: d.id for d in await unit.staff.drivers() if d.taxi_id is not None and d.id not in passed}
        candidates = await without_conflicts(unit, commande, [id for id in seen if id in drivers], now=now)
        if point is None:
            last = await unit.demandes.last_asked([drivers[id] for id in candidates])
            candidates.sort(key=lambda id: (drivers[id] in last, last.get(drivers[id], now)))
        return candidates

    async def _offer(
        self, unit: DispatchUnit, societe: Societe, commande: Commande, taxi: Taxi, driver: StaffUser
    ) -> None:
        before = dataclasses.replace(commande)
        commande.offer(CommandeAction.AUTO, Party.SYSTEM, self.clock.now(), taxi_id=taxi.id)
        commande.essais_auto += 1
        commande.auto_at = None
        await self.offers.open(unit, societe, commande, taxi, driver, origine=Origine.AUTO)
        await self.offers.save(unit, commande, CommandeAction.AUTO, before=before, by=None)
        await self.trail.record(unit, None, societe.id, "commande.proposee", "commande", before=before, after=commande)

    async def _wait(self, unit: DispatchUnit, commande: Commande) -> None:
        """Nobody is free: look again soon, until the course should have begun."""
        now = self.clock.now()
        if now < commande.date_iso:
            await unit.commandes.look_again(commande.id, now + LOOK_AGAIN)
            return
        await unit.commandes.look_again(commande.id, None)
        await tell_nobody_found(self.notices, unit, commande)


def _in_vain(demande: Demande) -> bool:
    """Whether asking this chauffeur again makes no sense: he refused, let it pass, or a dispatcher took it from him.
    Who was asked with others and was too late may well be asked again.
    """
    if demande.statut is DemandeStatut.ANNULEE:
        return demande.origine is not Origine.DIFFUSION or demande.repondue_at is not None
    return demande.statut in (DemandeStatut.REFUSEE, DemandeStatut.EXPIREE)
