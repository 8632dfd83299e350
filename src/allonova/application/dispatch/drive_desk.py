"""A course that is assigned, driven and over."""

from __future__ import annotations

from allonova.application.dispatch.card_desk import Card, CardDesk
from allonova.application.dispatch.obstacles import crew_of, find_course_obstacles, require_possible
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import CommandeAction
from allonova.domain.dispatch.demande import DemandeAction, DemandeOver, DemandeStatut
from allonova.domain.dispatch.events import TaxiChanged
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import TAXI, Taxi, TaxiAction, TaxiStatut
from allonova.domain.kernel.errors import InvalidTransition
from allonova.domain.kernel.machine import Party


@wired
class DriveDesk:
    """Takes a locked card through its course; saving it is the caller's."""

    clock: Clock
    cards: CardDesk

    async def confirm(self, unit: DispatchUnit, card: Card) -> None:
        """The chauffeur said yes by phone: a dispatcher answers his open demande for him.

        Raises:
            InvalidTransition: nobody is asked, or several are.
            DemandeOver: his time is up.
            CommandeConflict: his day has filled up meanwhile.
        """
        commande, offers, now = card.commande, self.cards.offers, self.clock.now()
        commande.require(CommandeAction.CONFIRM, Party.ADMIN)
        demandes = await unit.demandes.of_commande(commande.id)
        asked = [each for each in demandes if each.statut is DemandeStatut.PROPOSEE]
        if commande.taxi_id is None or len(asked) != 1:
            raise InvalidTransition(from_=commande.statut, to="assignee")
        demande = asked[0]
        if not demande.is_open(now):
            raise DemandeOver(DemandeStatut.EXPIREE)
        taxi, driver = await crew_of(unit, demande)
        obstacles = await find_course_obstacles(unit, commande, taxi, driver)
        require_possible(obstacles, force=demande.force)
        await offers.end(unit, demande, DemandeAction.CONFIRM, Party.ADMIN)
        is_forced = demande.force and bool(obstacles)
        commande.assign(
            CommandeAction.CONFIRM,
            Party.ADMIN,
            now,
            taxi_id=taxi.id,
            chauffeur_id=demande.chauffeur_id,
            force=is_forced,
        )
        kind = NotificationType.COMMANDE_ASSIGNEE
        await self.cards.tell(unit, card, [demande.chauffeur_id], kind, "Une course vous est attribuée")

    async def start(self, unit: DispatchUnit, card: Card, by: Membre) -> None:
        """The client is aboard. Raises InvalidTransition, also for a taxi that is on another course."""
        card.commande.start(by.role.party, self.clock.now())
        await self._turn(unit, card, by, TaxiAction.START)

    async def end(self, unit: DispatchUnit, card: Card, by: Membre) -> None:
        """The client has arrived; the taxi is free again. Raises InvalidTransition."""
        card.commande.end(by.role.party, self.clock.now())
        await self._turn(unit, card, by, TaxiAction.END)

    async def _turn(self, unit: DispatchUnit, card: Card, by: Membre, action: TaxiAction) -> None:
        for taxi in await unit.taxis.lock_all([id for id in [card.commande.taxi_id] if id is not None]):
            if action is TaxiAction.END and taxi.statut is not TaxiStatut.EN_COURSE:
                continue
            await self._save(unit, taxi, TAXI.go(taxi.statut, action, by.role.party), by)

    async def _save(self, unit: DispatchUnit, taxi: Taxi, statut: TaxiStatut, by: Membre) -> None:
        taxi.statut, taxi.updated_at = statut, self.clock.now()
        await unit.taxis.save(taxi)
        await unit.outbox.put(TaxiChanged(taxi.societe_id, taxi.id, taxi.version, str(by.id)))
