"""What is asked of the stores of positions, proofs and links of rides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from allonova.application.kernel.ports import Store
from allonova.domain.carpool.location import DriverLocation, Window
from allonova.domain.carpool.ride_link import RideLink
from allonova.domain.carpool.ride_proof import RideProof
from allonova.domain.kernel.geo import Point


class LocationStore(Protocol):
    """Where drivers were."""

    async def keep(self, locations: Sequence[DriverLocation]) -> None:
        """In one statement; those of a trip that is gone are left out, and so are those that are kept already."""

    async def of_trip(self, trip_id: UUID) -> list[DriverLocation]:
        """All of a trip, the oldest first."""

    async def was_near(self, trip_id: UUID, point: Point, *, radius_m: int, window: Window) -> bool:
        """Whether the driver was seen so near a point at that time."""

    async def forget(self, trip_id: UUID, *, before: datetime) -> int:
        """Those of a trip that are older; how many there were."""

    async def trips_of(self, driver_id: UUID) -> list[UUID]:
        """Of which trips somebody's positions are kept."""

    async def forget_driver(self, driver_id: UUID) -> None:
        """All of somebody who is erased."""


class ProofStore(Protocol):
    """What positions said."""

    async def put(self, proof: RideProof) -> None:
        """Keep it, unless the booking has one: the first was made when all its positions were there."""


class RideLinkStore(Store[RideLink], Protocol):
    """Links by which rides are followed."""

    async def has_any(self, booking_id: UUID) -> bool:
        """Whether the booking ever had one."""

    async def forget(self, *, before: datetime) -> int:
        """Those that ended before then; how many there were."""
