"""An order that nobody wants any more."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.card_desk import Card, CardDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import CommandeAction
from allonova.domain.dispatch.events import CommandeCancelled
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.staff import Membre
from allonova.domain.kernel.errors import (
    DomainError,
    InvalidTransition,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
)
from allonova.domain.kernel.machine import Party


@wired
class CancelDesk:
    """Cancels a locked card; saving it is the caller's."""

    cards: CardDesk

    async def cancel(self, unit: DispatchUnit, card: Card, motif: str | None) -> None:
        """Whoever was asked or had it is told, and the client by mail. Raises InvalidTransition."""
        commande = card.commande
        commande.cancel(Party.ADMIN, self.cards.clock.now(), motif)
        ended = await self.cards.offers.withdraw_all(unit, commande)
        readers = [demande.chauffeur_id for demande in ended]
        kind = NotificationType.COMMANDE_ANNULEE
        await self.cards.tell(unit, card, readers, kind, "Une course est annulée")
        await unit.outbox.put(CommandeCancelled(commande.societe_id, commande.id))


@wired
class CancelCommande:
    """Cancel before the course begins."""

    begin_for: BeginFor[DispatchUnit]
    cards: CardDesk
    cancels: CancelDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        InvalidTransition,
        PreconditionFailed,
        PreconditionRequired,
    )

    async def __call__(
        self, *, by: Membre, commande_id: UUID, motif: str | None, expected: int | None = None
    ) -> CommandeView:
        """The card as it is then."""
        async with self.begin_for(by.societe_id) as unit:
            card = await self.cards.take(unit, by, commande_id, expected=expected)
            await self.cancels.cancel(unit, card, motif)
            await self.cards.keep(unit, card, CommandeAction.CANCEL, by=by, audited="annulee")
            return await self.cards.show(unit, by, commande_id)
