"""What an answer to a demande, or none in time, makes of its commande."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from allonova.application.dispatch.auto import auto_at, tell_nobody_found
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.dispatch.views import DemandeView
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import AUTO_TRIES, Commande, CommandeAction, CommandeStatut
from allonova.domain.dispatch.demande import Demande, DemandeOver, DemandeStatut, Origine
from allonova.domain.dispatch.events import CommandeChanged
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.machine import Party

GIVEN_BACK = {
    CommandeAction.REFUSE: (NotificationType.DEMANDE_REFUSEE, "Demande refusée"),
    CommandeAction.EXPIRE: (NotificationType.DEMANDE_EXPIREE, "Demande restée sans réponse"),
}


@wired
class AnswerDesk:
    """Finds a chauffeur's demandes and gives commandes back to the pool."""

    clock: Clock
    offers: OfferDesk
    notices: NoticeDesk
    trail: Trail

    async def take(self, unit: DispatchUnit, by: Membre, demande_id: UUID) -> tuple[Commande, Demande]:
        """A chauffeur's demande as it is under the lock of its commande. Raises NotFound for somebody else's."""
        known = await unit.demandes.get(demande_id)
        if known.chauffeur_id != by.id:
            raise NotFound
        commande = await unit.commandes.get(known.commande_id, lock=True)
        return commande, await unit.demandes.get(demande_id, lock=True)

    def require_open(self, demande: Demande) -> None:
        """Raise DemandeOver once it has ended, or should have."""
        if demande.is_open(self.clock.now()):
            return
        is_overdue = demande.statut is DemandeStatut.PROPOSEE
        raise DemandeOver(DemandeStatut.EXPIREE if is_overdue else demande.statut)

    async def give_back(
        self, unit: DispatchUnit, commande: Commande, last: Demande, action: CommandeAction, *, by: Membre | None
    ) -> None:
        """A demande has ended without a yes: the commande is in the pool again, and admins know, unless others are
        still asked.
        """
        demandes = await unit.demandes.of_commande(commande.id)
        await self.offers.close_overdue(unit, demandes)
        now = self.clock.now()
        if any(each.is_open(now) for each in demandes):
            changed = CommandeChanged(commande.societe_id, commande.id, commande.version, action, _doer(by))
            await unit.outbox.put(changed)
            return
        if commande.statut is not CommandeStatut.EN_ATTENTE:
            return
        before = dataclasses.replace(commande)
        commande.release(action, Party.SYSTEM if by is None else by.role.party, now)
        commande.auto_at = auto_at(await unit.societes.get(commande.societe_id), commande)
        await self.offers.save(unit, commande, action, before=before, by=by)
        await self.trail.record(
            unit, by, commande.societe_id, "commande.rendue", "commande", before=before, after=commande
        )
        await self._tell(unit, commande, last, action)
        if last.origine is Origine.AUTO and commande.essais_auto >= AUTO_TRIES:
            await tell_nobody_found(self.notices, unit, commande)

    async def _tell(self, unit: DispatchUnit, commande: Commande, last: Demande, action: CommandeAction) -> None:
        kind, titre = GIVEN_BACK[action]
        driver = await unit.staff.get(last.chauffeur_id)
        await self.notices.tell_admins(
            unit,
            commande.societe_id,
            kind,
            titre=titre,
            description=f"{commande.reference} : {driver.name}" + (f", « {last.motif} »" if last.motif else ""),
            data={"commandeId": str(commande.id), "demandeId": str(last.id)},
        )

    async def show(self, unit: DispatchUnit, demande_id: UUID) -> DemandeView:
        """The demande as its chauffeur sees it, with this unit's changes."""
        view = await unit.board.demande(demande_id, now=self.clock.now())
        if view is None:
            raise NotFound
        return view


def _doer(by: Membre | None) -> str:
    return "" if by is None else str(by.id)
