"""What a seat should cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import floor as floor_of
from statistics import median

from allonova.domain.carpool.rules import Corridor
from allonova.domain.kernel.geo import Point

LATELY = timedelta(days=90)
FEWEST_DRIVERS = 5  # a price that fewer than these took says nothing
STEP = 100  # francs
DEAREST = 1_000_000  # that a seat may cost anywhere
NEAR_M = (2_000, 25_000)


@dataclass(frozen=True, slots=True)
class SeatPrice:
    """What a driver took for a seat, over how many metres."""

    francs: int
    distance_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceHint:
    """Francs per seat: what is recommended, and the corridor's bounds where there is one."""

    recommended: int
    floor: int | None
    ceiling: int | None
    distance_m: int


def near_m(start: Point, end: Point) -> int:
    """How near other trips' ends must be to be the same way: a tenth of it, from 2 to 25 km."""
    least, most = NEAR_M
    return min(max(round(start.distance_m(end) / 10), least), most)


def usual_per_km(prices: Iterable[SeatPrice]) -> float | None:
    """The median of what drivers took, one price of each; None when there are too few of them."""
    per_km = [price.francs * 1_000 / price.distance_m for price in prices if price.distance_m > 0]
    return median(per_km) if len(per_km) >= FEWEST_DRIVERS else None


def hint(corridors: Sequence[Corridor], start: Point, end: Point, *, distance_m: int, per_km: float) -> PriceHint:
    """A price by the kilometre, rounded, within every corridor that a trip must keep to."""
    bounds = [corridor for corridor in corridors if corridor.covers(start, end)]
    floor = max((corridor.floor for corridor in bounds), default=None)
    ceiling = min((corridor.ceiling for corridor in bounds), default=None)
    rounded = max(STEP, floor_of(per_km * distance_m / 1_000 / STEP + 0.5) * STEP)
    low, high = floor or 1, DEAREST if ceiling is None else ceiling
    return PriceHint(recommended=min(max(rounded, low), high), floor=floor, ceiling=ceiling, distance_m=distance_m)
