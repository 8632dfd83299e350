"""Give a taxi up."""

from __future__ import annotations

import dataclasses
from typing import ClassVar
from uuid import UUID

from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.return_to_pool import lock_promises
from allonova.application.dispatch.taxi_desk import TaxiDesk
from allonova.application.kernel.ports import BeginFor, Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.staff import Membre
from allonova.domain.dispatch.taxi import Taxi, TaxiPromised
from allonova.domain.kernel.errors import DomainError, InvalidTransition, NotFound, PreconditionFailed, StaleVersion


@wired
class RemoveTaxi:
    """A taxi that nothing names is gone; one with history is no longer active, and its number and plate are free. Its
    chauffeur drives no taxi from now on.
    """

    begin_for: BeginFor[DispatchUnit]
    clock: Clock
    desk: TaxiDesk

    errors: ClassVar[tuple[type[DomainError], ...]] = (
        *(NotFound, TaxiPromised, InvalidTransition, PreconditionFailed, StaleVersion),
    )

    async def __call__(self, *, by: Membre, taxi_id: UUID, expected: int | None, force: bool) -> None:
        """`force` gives promised courses back to the pool. Raises InvalidTransition while a client is aboard."""
        now = self.clock.now()
        async with self.begin_for(by.societe_id) as unit:
            taxi, promised = await lock_promises(unit, taxi_id, now=now)
            await self.desk.require_current(unit, by, taxi, expected, may_be_asked=False)
            before = dataclasses.replace(taxi)
            taxi.withdraw(now)
            await self.desk.empty(unit, by, taxi, promised, force=force)
            await self._free_driver(unit, by, taxi)
            if await unit.taxis.has_history(taxi.id):
                await unit.taxis.save(taxi)
                await self.desk.record(unit, by, "desactive", taxi, before=before)
            else:
                await unit.taxis.remove(taxi)
                await self.desk.record(unit, by, "supprime", taxi, before=before, is_gone=True)

    async def _free_driver(self, unit: DispatchUnit, by: Membre, taxi: Taxi) -> None:
        found = await unit.staff.driver_of(taxi.id)
        if found is None:
            return
        driver = await unit.staff.get(found.id, lock=True)
        before = dataclasses.replace(driver)
        driver.taxi_id, driver.updated_at = None, self.clock.now()
        await unit.staff.save(driver)
        await self.desk.trail.record(unit, by, by.societe_id, "user.modifie", "user", before=before, after=driver)
