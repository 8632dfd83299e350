"""Where and when a card stands: the rules of drag and drop."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allonova.application.dispatch.auto import auto_at
from allonova.application.dispatch.card_desk import Card, CardDesk
from allonova.application.dispatch.obstacles import find_obstacles, require_possible
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.kernel.ports import Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import COMMANDE, PROMISED, CommandeAction, CommandeStatut, end_of
from allonova.domain.dispatch.conflits import Conflit
from allonova.domain.dispatch.demande import Origine
from allonova.domain.dispatch.deplacement import Deplacement
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import Membre, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.errors import NotFound
from allonova.domain.kernel.machine import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a card is to stand: on which taxi (None is the pool), from when, and for how long. `is_placed` is whether
    somebody chose the taxi now; without that it stays where it is.
    """

    date_iso: datetime
    duree_minutes: int
    taxi_id: UUID | None
    is_placed: bool
    force: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """A taxi with its chauffeur, and all that stands in a move's way there."""

    taxi: Taxi
    driver: StaffUser | None
    obstacles: list[Conflit]


@wired
class MoveDesk:
    """Moves cards that are locked. A course that a chauffeur has taken is his until it is put elsewhere."""

    clock: Clock
    ids: Ids
    cards: CardDesk

    async def look(self, unit: DispatchUnit, card: Card, move: Move, *, lock: bool) -> Spot | None:
        """What the move meets; None when it leads to the pool. Raises NotFound for a taxi of nobody here and
        InvalidTransition for a card that cannot be moved any more.
        """
        action = CommandeAction.MOVE if move.taxi_id is not None or not move.is_placed else CommandeAction.TAKE_BACK
        COMMANDE.go(card.commande.statut, action, Party.ADMIN)
        wanted = {id for id in (move.taxi_id, card.commande.taxi_id) if id is not None}
        if lock:
            taxis = {taxi.id: taxi for taxi in await unit.taxis.lock_all(wanted)}
        else:
            taxis = {id: await unit.taxis.get(id) for id in wanted}
        if move.taxi_id is None:
            return None
        if move.taxi_id not in taxis:
            raise NotFound
        taxi, driver = taxis[move.taxi_id], await unit.staff.driver_of(move.taxi_id)
        planned = dataclasses.replace(
            card.commande,
            date_iso=move.date_iso,
            duree_minutes=move.duree_minutes,
            fin_iso=end_of(move.date_iso, move.duree_minutes),
        )
        return Spot(taxi, driver, await find_obstacles(unit, planned, taxi, driver, now=self.clock.now()))

    async def apply(self, unit: DispatchUnit, card: Card, move: Move, *, confirm: bool = False) -> bool:
        """Put the card there, and whether that changed anything; saving it is the caller's. `confirm` gives the course
        to the chauffeur at once, in his name. Raises CommandeConflict, and what `look` raises.
        """
        spot = await self.look(unit, card, move, lock=True)
        commande, now = card.commande, self.clock.now()
        is_forced = False
        if spot is not None:
            require_possible(spot.obstacles, force=move.force)
            is_forced = bool(spot.obstacles)
        is_shifted = (commande.date_iso, commande.duree_minutes) != (move.date_iso, move.duree_minutes)
        if is_shifted:
            commande.shift(now, date_iso=move.date_iso, duree_minutes=move.duree_minutes)
        if move.is_placed and spot is None:
            return await self.take_back(unit, card) or is_shifted
        if spot is not None and spot.driver is not None and await self._is_elsewhere(unit, card, move):
            await self._put(unit, card, spot.taxi, spot.driver, is_forced=is_forced, confirm=confirm)
            return True
        if is_shifted:
            await self._stay(unit, card, is_forced=is_forced)
        return is_shifted

    async def take_back(self, unit: DispatchUnit, card: Card) -> bool:
        """Into the pool. A card that is there already, and offered to nobody, stays as it is: False."""
        commande = card.commande
        ended = await self.cards.offers.withdraw_all(unit, commande)
        if not ended and commande.taxi_id is None:
            return False
        await self._tell_former(unit, card)
        commande.release(CommandeAction.TAKE_BACK, Party.ADMIN, self.clock.now())
        commande.auto_at = auto_at(card.societe, commande)
        return True

    async def clear(self, unit: DispatchUnit, card: Card) -> None:
        """End whatever was asked or promised; a course that somebody had is nobody's, and he is told."""
        await self.cards.offers.withdraw_all(unit, card.commande)
        if card.commande.statut is CommandeStatut.ASSIGNEE:
            await self._tell_former(unit, card)
            card.commande.release(CommandeAction.TAKE_BACK, Party.ADMIN, self.clock.now())

    async def remember(self, unit: DispatchUnit, card: Card, by: Membre) -> None:
        """Keep how the card stood, so that the move can be taken back; it is saved already."""
        before = card.before
        await unit.deplacements.add(
            Deplacement(
                id=self.ids.new(),
                societe_id=card.societe.id,
                commande_id=before.id,
                user_id=by.id,
                statut=before.statut,
                date_iso=before.date_iso,
                duree_minutes=before.duree_minutes,
                taxi_id=before.taxi_id,
                chauffeur_id=before.chauffeur_id,
                chevauchement_force=before.chevauchement_force,
                version_after=card.commande.version,
                created_at=self.clock.now(),
            )
        )

    async def _is_elsewhere(self, unit: DispatchUnit, card: Card, move: Move) -> bool:
        """Whether the taxi is another one, or nobody there is asked any more."""
        commande = card.commande
        if not move.is_placed:
            return False
        if commande.taxi_id != move.taxi_id:
            return True
        demandes = await unit.demandes.of_commande(commande.id)
        now = self.clock.now()
        return commande.statut is CommandeStatut.EN_ATTENTE and not any(demande.is_open(now) for demande in demandes)

    async def _put(
        self, unit: DispatchUnit, card: Card, taxi: Taxi, driver: StaffUser, *, is_forced: bool, confirm: bool
    ) -> None:
        commande, offers, now = card.commande, self.cards.offers, self.clock.now()
        await self.clear(unit, card)
        if confirm:
            await self.grant(unit, card, taxi, driver, CommandeAction.CONFIRM, is_forced=is_forced)
            return
        commande.offer(CommandeAction.PROPOSE, Party.ADMIN, now, taxi_id=taxi.id)
        commande.auto_at = None
        await offers.open(unit, card.societe, commande, taxi, driver, origine=Origine.PROPOSITION, force=is_forced)

    async def grant(
        self, unit: DispatchUnit, card: Card, taxi: Taxi, driver: StaffUser, action: CommandeAction, *, is_forced: bool
    ) -> None:
        """The course is a chauffeur's without his answer: by phone, or because a move is taken back."""
        commande, now = card.commande, self.clock.now()
        commande.assign(action, Party.ADMIN, now, taxi_id=taxi.id, chauffeur_id=driver.id, force=is_forced)
        await self.cards.offers.grant(unit, card.societe, commande, taxi, driver, force=is_forced)
        await self.cards.tell(
            unit, card, [driver.id], NotificationType.COMMANDE_ASSIGNEE, "Une course vous est attribuée"
        )

    async def _stay(self, unit: DispatchUnit, card: Card, *, is_forced: bool) -> None:
        """Another time on the same taxi, or in the pool: whoever counts on the course hears of it."""
        commande, now = card.commande, self.clock.now()
        if commande.statut in PROMISED:
            commande.chevauchement_force = is_forced
            readers = [commande.chauffeur_id] if commande.chauffeur_id else []
        else:
            asked = [each for each in await unit.demandes.of_commande(commande.id) if each.is_open(now)]
            for demande in asked:
                demande.force = demande.force or is_forced
                await unit.demandes.save(demande)
            await self.cards.offers.announce(unit, asked)
            readers = [demande.chauffeur_id for demande in asked]
            commande.auto_at = None if asked else auto_at(card.societe, commande)
        await self.cards.tell(unit, card, readers, NotificationType.COMMANDE_MODIFIEE, "L’horaire a changé")

    async def _tell_former(self, unit: DispatchUnit, card: Card) -> None:
        former = card.commande.chauffeur_id
        if former is not None and card.commande.statut is CommandeStatut.ASSIGNEE:
            await self.cards.tell(
                unit, card, [former], NotificationType.COMMANDE_ANNULEE, "Une course ne vous est plus attribuée"
            )
