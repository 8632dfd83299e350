"""Taxis that pass from one chauffeur to another."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from uuid import UUID

from allonova.application.dispatch.fleet_views import promise_views
from allonova.application.dispatch.offer_desk import OfferDesk
from allonova.application.dispatch.ports import DispatchUnit
from allonova.application.dispatch.return_to_pool import return_to_pool
from allonova.application.dispatch.trail import Trail
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.wired import wired
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.events import TaxiChanged
from allonova.domain.dispatch.staff import ChauffeurDriving, Membre, StaffUser
from allonova.domain.dispatch.taxi import Taxi, TaxiPromised, TaxiStatut
from allonova.domain.kernel.errors import NotFound, StaleVersion


@wired
class TaxiHandover:
    """Takes taxis from their chauffeurs. What was promised on a taxi was promised with its chauffeur: it goes back to
    the pool, if the dispatcher says so.
    """

    clock: Clock
    offers: OfferDesk
    trail: Trail

    async def clear(
        self, unit: DispatchUnit, taxi_ids: Collection[UUID], *, force: bool, by: Membre, leaver: UUID | None = None
    ) -> list[Taxi]:
        """Leave these taxis without a chauffeur. Locks commandes, then taxis, then chauffeurs, each in the order of
        their ids; who had one of them is saved without it.

        Args:
            force: give promised courses back to the pool.
            leaver: whom the caller changes: he is locked in his turn, whatever he drives, and his line in the log is
                the caller's to write.

        Returns:
            The taxis, locked.

        Raises:
            NotFound: one of them is nobody's here, or given up.
            ChauffeurDriving: a client is aboard one.
            TaxiPromised: one still has courses before it, and `force` does not give them back.
            StaleVersion: one was given another course in between.
        """
        known = await self._promised(unit, taxi_ids)
        locked = await unit.commandes.lock_all(set().union(*known.values()))
        commandes = {commande.id: commande for commande in locked}
        taxis = await self._lock(unit, taxi_ids)
        drivers = {taxi.id: driver for taxi in taxis if (driver := await unit.staff.driver_of(taxi.id))}
        if any(taxi.statut is TaxiStatut.EN_COURSE and taxi.id in drivers for taxi in taxis):
            raise ChauffeurDriving
        standing = await self._promised(unit, drivers)
        if any(promised - known[taxi_id] for taxi_id, promised in standing.items()):
            raise StaleVersion
        await self._empty(unit, standing, commandes, force=force, by=by)
        freed = {driver.id for driver in drivers.values()}
        for user_id in sorted(freed if leaver is None else freed | {leaver}):
            user = await unit.staff.get(user_id, lock=True)
            if user_id in freed:
                await self._free(unit, user, by, is_logged=user_id != leaver)
        return taxis

    async def announce(self, unit: DispatchUnit, taxis: Collection[Taxi], by: Membre) -> None:
        """Let the boards know that these have another chauffeur, or none."""
        for taxi in taxis:
            await unit.outbox.put(TaxiChanged(taxi.societe_id, taxi.id, taxi.version, str(by.id)))

    async def _promised(self, unit: DispatchUnit, taxi_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
        return await unit.commandes.promised_to(taxi_ids, now=self.clock.now())

    async def _lock(self, unit: DispatchUnit, taxi_ids: Collection[UUID]) -> list[Taxi]:
        taxis = await unit.taxis.lock_all(taxi_ids)
        if len(taxis) < len(set(taxi_ids)) or not all(taxi.active for taxi in taxis):
            raise NotFound
        return taxis

    async def _empty(
        self,
        unit: DispatchUnit,
        standing: dict[UUID, set[UUID]],
        commandes: dict[UUID, Commande],
        *,
        force: bool,
        by: Membre,
    ) -> None:
        promised = set().union(*standing.values())
        if promised and not force:
            raise TaxiPromised(courses=promise_views([commandes[id] for id in promised]))
        for taxi_id, ids in standing.items():
            await return_to_pool(self.offers, unit, [commandes[id] for id in sorted(ids)], by, taxi_id=taxi_id)

    async def _free(self, unit: DispatchUnit, user: StaffUser, by: Membre, *, is_logged: bool) -> None:
        before = dataclasses.replace(user)
        user.taxi_id = None
        user.updated_at = self.clock.now()
        await unit.staff.save(user)
        if is_logged:
            await self.trail.record(unit, by, user.societe_id, "user.modifie", "user", before=before, after=user)


async def announce_name(unit: DispatchUnit, before: StaffUser, after: StaffUser, by: Membre) -> None:
    """Let the boards know that the chauffeur of a taxi goes by another name, where that is all that has changed."""
    if before.name == after.name or after.taxi_id is None or before.taxi_id != after.taxi_id:
        return
    taxi = await unit.taxis.get(after.taxi_id)
    await unit.outbox.put(TaxiChanged(taxi.societe_id, taxi.id, taxi.version, str(by.id)))
