"""A course that several chauffeurs are asked for at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.card_desk import Card, CardDesk
from allonova.application.dispatch.free_taxis import lock_free
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.views import CommandeView
from allonova.application.kernel.ports import BeginFor
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande, CommandeAction
from allonova.domain.dispatch.demande import DIFFUSION_AT_MOST, NobodyFree, Origine
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import FRESH
from allonova.domain.kernel.errors import (
    DomainError,
    FieldError,
    InvalidTransition,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    ValidationError,
)
from allonova.domain.kernel.machine import Party


@wired
class BroadcastCommande:
    """One live demande to each of several free chauffeurs; the first to accept has it."""

    begin_for: BeginFor[DispatchUnit]
    cards: CardDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        NotFound,
        ValidationError,
        InvalidTransition,
        NobodyFree,
        PreconditionFailed,
        PreconditionRequired,
    )

    async def __call__(
        self,
        *,
        by: Membre,
        commande_id: UUID,
        taxi_ids: Sequence[UUID] | None = None,
        rayon_km: float | None = None,
        expected: int | None = None,
    ) -> CommandeView:
        """Whoever was asked before is not any more, or anew.

        Args:
            taxi_ids: only these, as far as they are free; all of the company's by default.
            rayon_km: only those that were seen lately at most so far from where the client waits.

        Raises:
            NotFound: a commande or a taxi of nobody here.
            ValidationError: a radius around nothing.
            NobodyFree: nothing has changed then.
        """
        async with self.begin_for(by.societe_id) as unit:
            card = await self.cards.take(unit, by, commande_id, expected=expected)
            card.commande.require(CommandeAction.BROADCAST, Party.ADMIN)
            candidates = await self._candidates(unit, card.commande, taxi_ids, rayon_km)
            await self._offer(unit, card, candidates, by)
            return await self.cards.show(unit, by, commande_id)

    async def _candidates(
        self, unit: DispatchUnit, commande: Commande, taxi_ids: Sequence[UUID] | None, rayon_km: float | None
    ) -> list[UUID]:
        """Taxis to be asked if they are free: the nearest first, then those of which nobody knows where they are."""
        if taxi_ids is None:
            wanted = {driver.taxi_id for driver in await unit.staff.drivers() if driver.taxi_id is not None}
        else:
            wanted = set(taxi_ids)
            if len(await unit.taxis.lock_all(wanted)) < len(wanted):
                raise NotFound
        near = await self._near(unit, commande, rayon_km, at_most=len(wanted))
        found = [taxi_id for taxi_id in near if taxi_id in wanted]
        return found if rayon_km is not None else found + sorted(wanted - set(found))

    async def _near(
        self, unit: DispatchUnit, commande: Commande, rayon_km: float | None, *, at_most: int
    ) -> list[UUID]:
        point, since = commande.prise_en_charge_point, self.cards.clock.now() - FRESH
        if rayon_km is None:
            return [] if point is None else await unit.positions.nearest(point, seen_since=since, limit=at_most)
        if point is None:
            raise ValidationError((FieldError("rayonKm", "no_point", "the commande has no priseEnChargePoint"),))
        return await unit.positions.within(point, radius_m=rayon_km * 1000, seen_since=since)

    async def _offer(self, unit: DispatchUnit, card: Card, candidates: list[UUID], by: Membre) -> None:
        commande, offers, now = card.commande, self.cards.offers, self.cards.clock.now()
        free = await lock_free(unit, commande, candidates, now=now)
        if not free:
            raise NobodyFree
        await offers.withdraw_all(unit, commande)
        commande.offer(CommandeAction.BROADCAST, Party.ADMIN, now, taxi_id=None)
        commande.auto_at = None
        crews = free[:DIFFUSION_AT_MOST]
        await offers.open_all(unit, card.societe, commande, crews, origine=Origine.DIFFUSION)
        facts = {"demandes": len(crews)}
        await self.cards.keep(unit, card, CommandeAction.BROADCAST, by=by, audited="diffusee", facts=facts)
