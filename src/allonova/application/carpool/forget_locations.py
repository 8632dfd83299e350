"""Where drivers were long ago is nobody's business; what it says of rides is kept."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from allonova.application.carpool.ports import CarpoolUnit
from allonova.application.carpool.ride_queries import RideQueries
from allonova.application.kernel.ports import Begin, Clock, Ids
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.location import LOCATIONS_KEPT
from allonova.domain.carpool.ride_proof import prove

log = logging.getLogger(__name__)

BATCH = 200


async def keep_proofs(unit: CarpoolUnit, ids: Ids, trip_id: UUID, at: datetime) -> None:
    """Keep what a trip's positions say of each ride that was ever paid, before they go."""
    trip, locations = await unit.trips.get(trip_id), await unit.locations.of_trip(trip_id)
    for booking in await unit.bookings.paid_of(trip_id):
        if proof := prove(ids.new(), booking, trip, locations, at):
            await unit.proofs.put(proof)


@wired
class ForgetLocations:
    """A job. Deletes positions that were kept long enough, trip by trip, so that one that fails stops no other; and
    links that ended as long ago.
    """

    begin: Begin[CarpoolUnit]
    queries: RideQueries
    clock: Clock
    ids: Ids

    async def __call__(self) -> int:
        """How many positions there were."""
        before, total = self.clock.now() - LOCATIONS_KEPT, 0
        while found := await self.queries.forgettable(before=before, limit=BATCH):
            gone = sum([await self._forgotten(trip_id, before) for trip_id in found])
            total += gone
            if gone == 0:
                break
        async with self.begin() as unit:
            await unit.ride_links.forget(before=before)
        return total

    async def _forgotten(self, trip_id: UUID, before: datetime) -> int:
        try:
            async with self.begin() as unit:
                await keep_proofs(unit, self.ids, trip_id, self.clock.now())
                return await unit.locations.forget(trip_id, before=before)
        except Exception:
            log.exception("positions not forgotten", extra={"trip_id": str(trip_id)})
            return 0
