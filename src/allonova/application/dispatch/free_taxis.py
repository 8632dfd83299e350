"""Taxis that could take a course."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allonova.application.dispatch.obstacles import plan_of
from allonova.application.dispatch.ports import DispatchUnit
from allonova.domain.dispatch.commande import Commande
from allonova.domain.dispatch.conflits import NEIGHBOURS, conflicts
from allonova.domain.dispatch.staff import StaffUser
from allonova.domain.dispatch.taxi import Taxi, TaxiStatut


async def without_conflicts(
    unit: DispatchUnit, commande: Commande, taxi_ids: Sequence[UUID], *, now: datetime
) -> list[UUID]:
    """Those of the taxis on whose day the course fits, in their order."""
    start, end = commande.date_iso - NEIGHBOURS, commande.fin_iso + NEIGHBOURS
    plans = await unit.commandes.plans_by_taxi(taxi_ids, start=start, end=end, now=now)
    wanted = plan_of(commande)
    return [taxi_id for taxi_id in taxi_ids if not conflicts(wanted, plans.get(taxi_id, ()))]


async def lock_free(
    unit: DispatchUnit, commande: Commande, taxi_ids: Sequence[UUID], *, now: datetime
) -> list[tuple[Taxi, StaffUser]]:
    """Lock these taxis; those that are available, have a chauffeur and time for the course, in the given order."""
    taxis = {taxi.id: taxi for taxi in await unit.taxis.lock_all(taxi_ids)}
    drivers = {driver.taxi_id: driver for driver in await unit.staff.drivers()}
    ready = [
        taxi_id
        for taxi_id in taxi_ids
        if taxi_id in drivers
        and taxi_id in taxis
        and taxis[taxi_id].active
        and taxis[taxi_id].statut is TaxiStatut.DISPONIBLE
    ]
    return [(taxis[id], drivers[id]) for id in await without_conflicts(unit, commande, ready, now=now)]
