"""What to ask for a seat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from allonova.application.carpool.ports import CarpoolQueries
from allonova.application.kernel.ports import Clock
from allonova.application.kernel.roads import RoutePlanner
from allonova.application.kernel.wired import wired
from allonova.domain.carpool.price_hint import LATELY, PriceHint, hint, near_m, usual_per_km
from allonova.domain.carpool.rules import RulesNow
from allonova.domain.kernel.errors import DomainError
from allonova.domain.kernel.geo import Point

TTL = timedelta(minutes=5)
DECIMALS = 3  # of a degree: about a hundred metres
MOST_TRIPS = 500  # of the way's last ones; a busy one has thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceHintView:
    """Francs per seat; `floor` and `ceiling` are null where no corridor bounds the price."""

    recommended: int
    floor: int | None
    ceiling: int | None
    distance_km: float


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where."""

    start: Point
    end: Point

    def rounded(self) -> Way:
        """The one that stands for all that are nearly the same."""
        return Way(_near(self.start), _near(self.end))


@dataclass(frozen=True, slots=True)
class KnownWay:
    """How long a way is by road, and what a kilometre of it costs usually, if that is known."""

    distance_m: int
    per_km: float | None


class WayBook(Protocol):
    """Ways that were looked at lately. It forgets at will."""

    def find(self, way: Way, *, now: datetime) -> KnownWay | None:
        """What is known of it, unless its time is over."""

    def keep(self, way: Way, known: KnownWay, *, until: datetime) -> None:
        """Keep it until then."""


def _near(point: Point) -> Point:
    return Point(round(point.lat, DECIMALS), round(point.lon, DECIMALS))


@wired
class HintPrice:
    """A price from what seats on the same way cost lately, or by the kilometre, within what publishing allows."""

    queries: CarpoolQueries
    planner: RoutePlanner
    ways: WayBook
    rules: RulesNow
    clock: Clock

    errors: ClassVar[tuple[type[DomainError], ...]] = ()

    async def __call__(self, *, start: Point, end: Point) -> PriceHintView:
        """Settings count as they stand; length and usual price of a way are at most five minutes old."""
        way, now, rules = Way(start, end).rounded(), self.clock.now(), self.rules()
        known = self.ways.find(way, now=now)
        if known is None:
            known = await self._look(way, now)
            self.ways.keep(way, known, until=now + TTL)
        per_km = rules.price_per_km if known.per_km is None else known.per_km
        return _view(hint(rules.corridors, way.start, way.end, distance_m=known.distance_m, per_km=per_km))

    async def _look(self, way: Way, now: datetime) -> KnownWay:
        reached = await self.planner.reach([way.start, way.end], departure=now)
        prices = await self.queries.seat_prices(
            way.start, way.end, radius_m=near_m(way.start, way.end), since=now - LATELY, until=now, limit=MOST_TRIPS
        )
        return KnownWay(reached[-1].distance_m, usual_per_km(prices))


def _view(found: PriceHint) -> PriceHintView:
    return PriceHintView(
        recommended=found.recommended,
        floor=found.floor,
        ceiling=found.ceiling,
        distance_km=round(found.distance_m / 1_000, 1),
    )
