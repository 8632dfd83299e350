"""A driver's phone says where he is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from allonova.application.carpool.ride_screen import RideScreen
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.tracks import Tracks
from allonova.domain.carpool.booking import TooEarly
from allonova.domain.carpool.location import Fix, Window
from allonova.domain.kernel.errors import DomainError, NotFound
from allonova.domain.kernel.geo import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Driving:
    """A driver at his trip, and when he may be followed."""

    trip_id: UUID
    driver_id: UUID
    window: Window


@dataclass(frozen=True, slots=True)
class ReportLocation:
    """Take a position, of which there may be many a second: nothing is waited for."""

    tracks: Tracks[UUID, Fix]
    screen: RideScreen
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = (NotFound, TooEarly)

    def __call__(self, *, driving: Driving, point: Point, heading: float | None, speed: float | None) -> None:
        """Raises TooEarly until a day before the departure, NotFound once the trip is over."""
        now = self.clock.now()
        if now < driving.window.since:
            raise TooEarly(driving.window.since)
        if now > driving.window.until or self.screen.is_over(driving.trip_id):
            raise NotFound
        fix = Fix(driver_id=driving.driver_id, point=point, heading=heading, speed=speed, at=now)
        self.tracks.take(driving.trip_id, fix)
