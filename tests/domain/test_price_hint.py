"""What a seat should cost."""

from __future__ import annotations

import pytest

from allonova.domain.carpool.price_hint import SeatPrice, hint, near_m, usual_per_km
from allonova.domain.carpool.rules import ABIDJAN_YAMOUSSOUKRO, Corridor
from allonova.domain.kernel.geo import Point
from tests.support.factories import ABIDJAN, BOUAKE, YAMOUSSOUKRO


def hinted(distance_km: float, per_km: float) -> int:
    """Where no corridor bounds it."""
    return hint((), ABIDJAN, BOUAKE, distance_m=round(distance_km * 1_000), per_km=per_km).recommended


@pytest.mark.parametrize(
    ("distance_km", "per_km", "francs"),
    [(240, 25, 6_000), (241.9, 25, 6_000), (242, 25, 6_100), (10, 25, 300), (9.9, 25, 200), (1, 25, 100), (0, 25, 100)],
)
def test_price_is_rounded_to_hundreds_when_it_is_made_of_kilometres(
    distance_km: float, per_km: float, francs: int
) -> None:
    assert hinted(distance_km, per_km) == francs


def test_price_keeps_to_the_corridor_when_there_is_one() -> None:
    def within(per_km: float, *corridors: Corridor) -> tuple[int, int | None, int | None]:
        found = hint(corridors, YAMOUSSOUKRO, ABIDJAN, distance_m=240_000, per_km=per_km)
        return found.recommended, found.floor, found.ceiling

    assert within(25, ABIDJAN_YAMOUSSOUKRO) == (6_000, 3_000, 10_000)
    assert within(1, ABIDJAN_YAMOUSSOUKRO) == (3_000, 3_000, 10_000)
    assert within(100, ABIDJAN_YAMOUSSOUKRO) == (10_000, 3_000, 10_000)
    narrow = Corridor("narrow", ABIDJAN, YAMOUSSOUKRO, radius_m=1_000, floor=4_050, ceiling=12_000)
    assert within(1, ABIDJAN_YAMOUSSOUKRO, narrow) == (4_050, 4_050, 10_000)
    elsewhere = Corridor("elsewhere", ABIDJAN, BOUAKE, radius_m=1_000, floor=1, ceiling=2)
    assert within(25, elsewhere) == (6_000, None, None)


def test_price_may_be_paid_when_a_way_is_as_long_as_the_world() -> None:
    assert (hinted(1_000, 1_000), hinted(1_001, 1_000)) == (1_000_000, 1_000_000)


def test_usual_price_is_the_median_when_five_drivers_took_one() -> None:
    prices = [SeatPrice(francs, 100_000) for francs in (9_000, 1_000, 3_000, 2_000, 2_500)]
    assert usual_per_km(prices) == 25
    assert usual_per_km(prices[:4]) is None
    assert usual_per_km([*prices, SeatPrice(3_000, 100_000)]) == 27.5
    assert usual_per_km([*prices[:4], SeatPrice(1_000, 0)]) is None


@pytest.mark.parametrize(
    ("end", "metres"),
    [
        (Point(5.3575, -4.0083), 2_000),
        (Point(5.3575 + 1 / 2, -4.0083), 5_560),
        (YAMOUSSOUKRO, 21_472),
        (BOUAKE, 25_000),
    ],
)
def test_way_is_the_same_when_ends_lie_within_a_tenth_of_it(end: Point, metres: int) -> None:
    assert near_m(ABIDJAN, end) == pytest.approx(metres, rel=0.001)
