"""Keeps where drivers were."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.kernel.ports import Begin, Ids
from allonova.application.kernel.tracks import Keeper
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.location import DriverLocation, Fix


@wired
class KeepLocations:
    """A row for each driver who was heard of in the last ten seconds."""

    begin: Begin[CarpoolUnit]
    ids: Ids

    async def keep(self, fixes: Sequence[tuple[UUID, Fix]]) -> None:
        """See Keeper; by the trip's id."""
        rows = [
            DriverLocation(
                id=self.ids.new(),
                trip_id=trip_id,
                driver_id=fix.driver_id,
                point=fix.point,
                heading=fix.heading,
                speed=fix.speed,
                created_at=fix.at,
            )
            for trip_id, fix in fixes
        ]
        async with self.begin() as unit:
            await unit.locations.keep(rows)


def _conforms(keeper: KeepLocations) -> Keeper[UUID, Fix]:
    return keeper
