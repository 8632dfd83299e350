"""The main cities, and how people ride between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from allonova.domain.kernel.geo import Place, Point
from allonova.main.seed import ABIDJAN, YAMOUSSOUKRO
from allonova.main.seed_many.dice import Dice

BOUAKE = Place(Point(7.6906, -5.0300), "Bouaké, Commerce")
KORHOGO = Place(Point(9.4580, -5.6297), "Korhogo")
SAN_PEDRO = Place(Point(4.7485, -6.6363), "San-Pédro")
DALOA = Place(Point(6.8774, -6.4502), "Daloa")
MAN = Place(Point(7.4125, -7.5538), "Man")
GAGNOA = Place(Point(6.1319, -5.9506), "Gagnoa")
ABENGOUROU = Place(Point(6.7297, -3.4964), "Abengourou")
ROAD = 1.25  # a road is so much longer than the line
METRES_PER_HOUR = 70_000
FRANCS_PER_KM = 25

ROUTES: tuple[tuple[Place, ...], ...] = (
    *((ABIDJAN, YAMOUSSOUKRO),) * 6,  # the line that most people ride
    *((ABIDJAN, YAMOUSSOUKRO, BOUAKE),) * 3,
    (ABIDJAN, YAMOUSSOUKRO, BOUAKE, KORHOGO),
    (YAMOUSSOUKRO, BOUAKE),
    (ABIDJAN, GAGNOA, DALOA),
    (YAMOUSSOUKRO, DALOA, MAN),
    (ABIDJAN, SAN_PEDRO),
    (ABIDJAN, ABENGOUROU),
    (BOUAKE, KORHOGO),
    (DALOA, MAN),
)
"""Origin, stops, destination; each is driven both ways."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way through towns; metres and time from the first to each later one."""

    places: tuple[Place, ...]
    metres: tuple[int, ...]

    @property
    def takes(self) -> timedelta:
        """From end to end."""
        return self.reached_after(self.metres[-1])

    @property
    def price(self) -> int:
        """Francs per seat, rounded to hundreds, as people ask for it."""
        return max(1_500, round(self.metres[-1] / 1_000 * FRANCS_PER_KM / 100) * 100)

    @staticmethod
    def reached_after(metres: int) -> timedelta:
        """How long it takes so far."""
        return timedelta(minutes=round(metres / METRES_PER_HOUR * 60))


def a_route(dice: Dice) -> Route:
    """One of them, in one direction."""
    places = dice.choice(ROUTES)
    if dice.one_in(2):
        places = places[::-1]
    reached, metres = 0, []
    for here, there in pairwise(places):
        reached += round(here.point.distance_m(there.point) * ROAD)
        metres.append(reached)
    return Route(places, tuple(metres))
