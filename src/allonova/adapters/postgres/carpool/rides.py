"""Where drivers were, what that says of rides, and links by which rides are followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from allonova.adapters.postgres.carpool.ride_tables import DRIVER_LOCATIONS, RIDE_LINKS, RIDE_PROOFS
from allonova.adapters.postgres.rows import RowMapper
from allonova.adapters.postgres.runner import Runner
from allonova.adapters.postgres.statements import compile_once
from allonova.adapters.postgres.store import PostgresStore, Shelf
from allonova.application.carpool.ride_ports import LocationStore, ProofStore, RideLinkStore
from allonova.domain.carpool.location import DriverLocation, Window
from allonova.domain.carpool.ride_link import RideLink
from allonova.domain.carpool.ride_proof import RideProof
from allonova.domain.kernel.geo import Point

LOCATION = RowMapper(DriverLocation, DRIVER_LOCATIONS)
PROOF = RowMapper(RideProof, RIDE_PROOFS)
LINK_SHELF = Shelf(RowMapper(RideLink, RIDE_LINKS), {})

# A trip that was deleted meanwhile must not keep the positions of all others from being kept.
_KEEP = """
INSERT INTO carpool.driver_locations (id, trip_id, driver_id, point, heading, speed, created_at)
SELECT l.id, l.trip_id, l.driver_id, l.point, l.heading, l.speed, l.created_at
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::geography[], $5::float8[], $6::float8[], $7::timestamptz[])
    AS l (id, trip_id, driver_id, point, heading, speed, created_at)
WHERE EXISTS (SELECT FROM carpool.trips t WHERE t.id = l.trip_id FOR KEY SHARE)
ON CONFLICT (trip_id, created_at) DO NOTHING
"""
_OF_TRIP = """
SELECT id, trip_id, driver_id, point, heading, speed, created_at FROM carpool.driver_locations
WHERE trip_id = $1::uuid ORDER BY created_at
"""
_WAS_NEAR = """
SELECT EXISTS (
    SELECT FROM carpool.driver_locations
    WHERE trip_id = $1::uuid AND created_at BETWEEN $4::timestamptz AND $5::timestamptz
        AND ST_DWithin(point, $2::geography, $3::float8, false)
)
"""
_FORGET = """
WITH gone AS (
    DELETE FROM carpool.driver_locations WHERE trip_id = $1::uuid AND created_at < $2::timestamptz RETURNING id
)
SELECT count(*) FROM gone
"""
_TRIPS_OF = "SELECT DISTINCT trip_id FROM carpool.driver_locations WHERE driver_id = $1::uuid ORDER BY trip_id"
_FORGET_DRIVER = "DELETE FROM carpool.driver_locations WHERE driver_id = $1::uuid"

_PUT_PROOF = compile_once(
    insert(RIDE_PROOFS)
    .values({name: bindparam(name) for name in PROOF.names})
    .on_conflict_do_nothing(index_elements=["booking_id"])
)

_HAS_ANY_LINK = "SELECT EXISTS (SELECT FROM carpool.ride_links WHERE booking_id = $1::uuid)"
_FORGET_LINKS = """
WITH gone AS (DELETE FROM carpool.ride_links WHERE expires_at < $1::timestamptz RETURNING id)
SELECT count(*) FROM gone
"""


class PostgresLocations:
    """Where drivers were."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def keep(self, locations: Sequence[DriverLocation]) -> None:
        """In one statement; those of a trip that is gone are left out, and so are those that are kept already."""
        rows = [[getattr(location, name) for location in locations] for name in LOCATION.names]
        await self._runner.execute(_KEEP, *rows)

    async def of_trip(self, trip_id: UUID) -> list[DriverLocation]:
        """All of a trip, the oldest first."""
        return [LOCATION.read(tuple(row)) for row in await self._runner.fetch(_OF_TRIP, trip_id)]

    async def was_near(self, trip_id: UUID, point: Point, *, radius_m: int, window: Window) -> bool:
        """Whether the driver was seen so near a point at that time."""
        found = await self._runner.fetchval(_WAS_NEAR, trip_id, point, radius_m, window.since, window.until)
        return bool(found)

    async def forget(self, trip_id: UUID, *, before: datetime) -> int:
        """Those of a trip that are older; how many there were."""
        return int(await self._runner.fetchval(_FORGET, trip_id, before))

    async def trips_of(self, driver_id: UUID) -> list[UUID]:
        """Of which trips somebody's positions are kept."""
        return [row[0] for row in await self._runner.fetch(_TRIPS_OF, driver_id)]

    async def forget_driver(self, driver_id: UUID) -> None:
        """All of somebody who is erased."""
        await self._runner.execute(_FORGET_DRIVER, driver_id)


class PostgresProofs:
    """What positions said."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def put(self, proof: RideProof) -> None:
        """Keep it, unless the booking has one."""
        await self._runner.execute(_PUT_PROOF.sql, *_PUT_PROOF.args(**PROOF.values(proof)))


class PostgresRideLinks(PostgresStore[RideLink]):
    """Links by which rides are followed."""

    def __init__(self, runner: Runner) -> None:
        super().__init__(runner, LINK_SHELF)

    async def has_any(self, booking_id: UUID) -> bool:
        """Whether the booking ever had one."""
        return bool(await self._runner.fetchval(_HAS_ANY_LINK, booking_id))

    async def forget(self, *, before: datetime) -> int:
        """Those that ended before then; how many there were."""
        return int(await self._runner.fetchval(_FORGET_LINKS, before))


def _conforms(
    locations: PostgresLocations, proofs: PostgresProofs, links: PostgresRideLinks
) -> tuple[LocationStore, ProofStore, RideLinkStore]:
    return locations, proofs, links
