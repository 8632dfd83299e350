"""Take a taxi into the fleet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from allonova.application.dispatch.fleet_views import TaxiView
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.taxi_desk import TaxiDesk
from allonova.application.kernel.ports import BeginFor, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import NumeroTaken, PlaqueTaken, Taxi
from allonova.domain.kernel.errors import DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxiDraft:
    """A taxi as somebody enters it."""

    numero: str
    plaque: str
    vignette: str


@wired
class AddTaxi:
    """One more taxi, free and without a chauffeur."""

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    ids: Ids
    desk: TaxiDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (NumeroTaken, PlaqueTaken)

    async def __call__(self, *, by: Membre, draft: TaxiDraft) -> TaxiView:
        """Its number and its plate are no other active taxi's of the company."""
        now = self.clock.now()
        taxi = Taxi(
            id=self.ids.new(),
            societe_id=by.societe_id,
            numero=draft.numero,
            plaque=draft.plaque,
            vignette=draft.vignette,
            created_at=now,
            updated_at=now,
        )
        async with self.begin_for(by.societe_id) as unit:
            await unit.taxis.add(taxi)
            await self.desk.record(unit, by, "cree", taxi, before=None)
            return await self.desk.show(unit, by, taxi.id)
