"""Enter an order at the office."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.change_commande import require_motif
from allonova.application.dispatch.move_desk import Move, MoveDesk
from allonova.application.dispatch.order_desk import OrderDesk, OrderDraft
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.idempotency import Once
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import CommandeAction, Source
from allonova.domain.dispatch.conflits import CommandeConflict
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import DomainError, NotFound, ValidationError


@wired
class CreateCommande:
    """A commande of a client in the address book, in the pool or put to a taxi's chauffeur at once."""

    begin_for: BeginFor[DispatchUnit]
    orders: OrderDesk
    moves: MoveDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, ValidationError, CommandeConflict)

    async def __call__(
        self,
        *,
        by: Membre,
        client_id: UUID,
        draft: OrderDraft,
        taxi_id: UUID | None,
        force: bool,
        motif: str | None,
        once: Once[CommandeView],
    ) -> CommandeView:
        """Raises NotFound for a client or taxi of nobody here, CommandeConflict when the taxi cannot have it."""
        require_motif(motif, force=force)
        async with self.begin_for(by.societe_id) as unit:
            await once.claim(unit)
            societe = await unit.societes.get(by.societe_id)
            client = await unit.clients.get(client_id)
            if not client.active:
                raise NotFound
            commande = await self.orders.place(unit, societe, client, draft, source=Source.ADMIN, by=by)
            cards = self.moves.cards
            if taxi_id is not None:
                card = await cards.take(unit, by, commande.id, expected=None, is_free=True)
                move = Move(
                    date_iso=commande.date_iso,
                    duree_minutes=commande.duree_minutes,
                    taxi_id=taxi_id,
                    is_placed=True,
                    force=force,
                )
                await self.moves.apply(unit, card, move)
                facts = {"motif": motif} if motif else None
                await cards.keep(unit, card, CommandeAction.PROPOSE, by=by, audited="proposee", facts=facts)
            view = await cards.show(unit, by, commande.id)
            await once.settle(unit, view)
        return view
