"""Vehicles."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam

from allonova.adapters.postgres.carpool.rows import VEHICLE
from allonova.adapters.postgres.carpool.tables import VEHICLES
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.ports import REFUSALS
from allonova.domain.carpool.vehicle import Vehicle

VEHICLE_SHELF = Shelf(VEHICLE, REFUSALS)
_ALL_OF = compile_once(
    VEHICLE_SHELF.select(VEHICLES.c.user_id == bindparam("owner")).order_by(VEHICLES.c.created_at, VEHICLES.c.id)
)


class PostgresVehicles(PostgresStore[Vehicle]):
    """Vehicles."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, VEHICLE_SHELF)

    async def all_of(self, owner_id: UUID) -> list[Vehicle]:
        """Somebody's vehicles, the retired ones too, the oldest first."""
        rows = await self._runner.fetch(_ALL_OF.sql, *_ALL_OF.args(owner=owner_id))
        return [await self._entity(row, is_locked=False) for row in rows]
