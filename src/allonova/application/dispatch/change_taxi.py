"""A dispatcher says something else of a taxi."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.fleet_views import TaxiView
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.return_to_pool import lock_promises
from allonova.application.dispatch.taxi_desk import TaxiDesk
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import NumeroTaken, PlaqueTaken, Taxi, TaxiChange, TaxiPromised, TaxiStatut
from allonova.domain.kernel.errors import (
    DomainError,
    InvalidTransition,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    StaleVersion,
)


@wired
class ChangeTaxi:
    """Change a taxi, or take it out of service and back. One that has courses before it goes out of service only when
    these go back to the pool.
    """

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    desk: TaxiDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        *(NotFound, NumeroTaken, PlaqueTaken, TaxiPromised, InvalidTransition),
        *(PreconditionFailed, PreconditionRequired, StaleVersion),
    )

    async def __call__(
        self, *, by: Membre, taxi_id: UUID, change: TaxiChange, expected: int | None, force: bool
    ) -> TaxiView:
        """`expected` is the version that the caller read; `force` gives promised courses back to the pool."""
        now = self.clock.now()
        async with self.begin_for(by.societe_id) as unit:
            taxi, promised = await self._lock(unit, taxi_id, change, now)
            await self.desk.require_current(unit, by, taxi, expected, may_be_asked=True)
            before = dataclasses.replace(taxi)
            if taxi.change(change, now):
                if taxi.statut is TaxiStatut.HORS_SERVICE and before.statut is not taxi.statut:
                    await self.desk.empty(unit, by, taxi, promised, force=force)
                await unit.taxis.save(taxi)
                await self.desk.record(unit, by, "modifie", taxi, before=before)
            return await self.desk.show(unit, by, taxi.id)

    async def _lock(
        self, unit: DispatchUnit, taxi_id: UUID, change: TaxiChange, now: datetime
    ) -> tuple[Taxi, list[Commande]]:
        if change.statut is TaxiStatut.HORS_SERVICE:
            return await lock_promises(unit, taxi_id, now=now)
        return await unit.taxis.get(taxi_id, lock=True), []
