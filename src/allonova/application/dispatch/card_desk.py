"""What every change of a card begins and ends with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.trail import Trail
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.versions import require_version
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande, CommandeAction
from allonova.domain.dispatch.notification import NotificationType
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import Membre, StaffRole
from allonova.domain.kernel.errors import NotFound, PreconditionRequired


@dataclass(frozen=True, slots=True)
class Card:
    """A commande that this unit has locked, as it is being changed and as it was."""

    societe: Societe
    commande: Commande
    before: Commande


@wired
class CardDesk:
    """Locks cards for whoever may change them, and keeps what became of them."""

    clock: Clock
    offers: OfferDesk
    notices: NoticeDesk
    trail: Trail

    async def take(
        self, unit: DispatchUnit, by: Membre, commande_id: UUID, *, expected: int | None, is_free: bool = False
    ) -> Card:
        """The card, locked. `is_free` is for what has its own way to know that the card has not changed.

        Raises:
            NotFound: none of the company's, or for a chauffeur not his course.
            PreconditionFailed: it has changed since `expected`.
            PreconditionRequired: the company wants every change of a card to name its version.
        """
        societe = await unit.societes.get(by.societe_id)
        commande = await unit.commandes.get(commande_id, lock=True)
        if by.role is StaffRole.CHAUFFEUR and commande.chauffeur_id != by.id:
            raise NotFound
        if societe.version_obligatoire and expected is None and not is_free:
            raise PreconditionRequired
        if expected is not None and expected != commande.version:
            require_version(expected, commande.version, await self.show(unit, by, commande_id))
        return Card(societe, commande, dataclasses.replace(commande))

    async def keep(
        self,
        unit: DispatchUnit,
        card: Card,
        action: CommandeAction | str,
        *,
        by: Membre,
        audited: str,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Save it, write it into the company's log, let the boards know."""
        await self.offers.save(unit, card.commande, action, before=card.before, by=by)
        await self.trail.record(
            unit,
            by,
            card.societe.id,
            f"commande.{audited}",
            "commande",
            before=card.before,
            after=card.commande,
            facts=facts,
        )

    async def tell(
        self, unit: DispatchUnit, card: Card, readers: list[UUID], kind: NotificationType, titre: str
    ) -> None:
        """Let chauffeurs know what became of a course."""
        commande = card.commande
        await self.notices.tell(
            unit,
            card.societe.id,
            readers,
            kind,
            titre=titre,
            description=f"{commande.reference} : {commande.prise_en_charge} → {commande.destination}",
            data={"commandeId": str(commande.id)},
        )

    async def show(self, unit: DispatchUnit, by: Membre, commande_id: UUID) -> CommandeView:
        """The card as the caller sees it, with this unit's changes."""
        view = await unit.board.commande(commande_id, viewer=by.role.party, now=self.clock.now())
        if view is None:
            raise NotFound
        return view
