"""Take back the last move of a card."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.card_desk import Card
from allonova.application.dispatch.move_desk import Move, MoveDesk
from allonova.application.dispatch.obstacles import require_possible
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import CommandeAction, CommandeStatut
from allonova.domain.dispatch.conflits import CommandeConflict
from allonova.domain.dispatch.deplacement import Deplacement, NothingToUndo
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound


@wired
class UndoMove:
    """The card goes back to where the caller took it from, as long as nothing else has happened to it. Who had
    accepted the course has it again (docs/decisions/0042); who had been asked is asked anew.
    """

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    moves: MoveDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, NothingToUndo, InvalidTransition, CommandeConflict)

    async def __call__(self, *, by: Membre, commande_id: UUID) -> CommandeView:
        """Raises NothingToUndo when the caller's last move of this card is too old, or not the last thing that
        happened to it; CommandeConflict when the old place is taken meanwhile.
        """
        cards = self.moves.cards
        async with self.begin_for(by.societe_id) as unit:
            card = await cards.take(unit, by, commande_id, expected=None, is_free=True)
            move = await unit.deplacements.last_of(commande_id, by.id)
            if move is None or not move.is_undoable(card.commande.version, self.clock.now()):
                raise NothingToUndo
            await self._put_back(unit, card, move)
            await cards.keep(unit, card, CommandeAction.UNDO, by=by, audited="remise")
            move.undone_at = self.clock.now()
            await unit.deplacements.save(move)
            return await cards.show(unit, by, commande_id)

    async def _put_back(self, unit: DispatchUnit, card: Card, move: Deplacement) -> None:
        was_his = move.statut is CommandeStatut.ASSIGNEE
        back = Move(
            date_iso=move.date_iso,
            duree_minutes=move.duree_minutes,
            taxi_id=move.taxi_id,
            is_placed=card.commande.taxi_id != move.taxi_id or card.commande.statut is not move.statut,
            force=move.chevauchement_force,
        )
        if was_his and back.is_placed:
            await self._give_back(unit, card, move, back)
        else:
            await self.moves.apply(unit, card, back)

    async def _give_back(self, unit: DispatchUnit, card: Card, move: Deplacement, back: Move) -> None:
        spot = await self.moves.look(unit, card, back, lock=True)
        driver = None if spot is None else spot.driver
        if spot is None or driver is None or driver.id != move.chauffeur_id:
            raise NothingToUndo
        require_possible(spot.obstacles, force=back.force)
        await self.moves.clear(unit, card)
        card.commande.shift(self.clock.now(), date_iso=back.date_iso, duree_minutes=back.duree_minutes)
        is_forced = bool(spot.obstacles)
        await self.moves.grant(unit, card, spot.taxi, driver, CommandeAction.UNDO, is_forced=is_forced)
