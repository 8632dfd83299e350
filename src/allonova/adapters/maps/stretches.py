"""From stretches of a road to the waypoints at their ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from allonova.domain.kernel.road import Reached

# Two waypoints at one place are still two: whoever gets in and out there takes a moment.
MIN_STRETCH_M = 1
MIN_STRETCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Between a waypoint and the next one."""

    distance_m: float
    driven: timedelta


def add_up(stretches: Iterable[Stretch], departure: datetime) -> list[Reached]:
    """Metres and instant at the end of each stretch, in whole metres and seconds; both rise strictly."""
    reached: list[Reached] = []
    distance_m, at = 0, departure
    for stretch in stretches:
        distance_m += max(MIN_STRETCH_M, round(stretch.distance_m))
        at += max(MIN_STRETCH, timedelta(seconds=round(stretch.driven.total_seconds())))
        reached.append(Reached(distance_m, at))
    return reached
