"""Where search puts drivers who gave up a paid ride at the last moment."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from allonova.application.carpool.ports import Search
from allonova.application.carpool.search_order import RANK, ranked
from allonova.application.kernel.listing import Sort
from tests.support.factories import ABIDJAN, DEPARTURE, HOUR, YAMOUSSOUKRO, a_driver, a_trip
from tests.support.worlds import World

BEST = Sort("rating", descending=True)


def test_rank_comes_before_the_best_and_else_last() -> None:
    rank, soonest, dearest = Sort(RANK), Sort("departure_time"), Sort("price", descending=True)
    assert ranked(()) == (soonest, rank)
    assert ranked((dearest, BEST, soonest)) == (dearest, rank, BEST, soonest)
    assert ranked((Sort("rating"),)) == (Sort("rating"), rank)


@pytest.fixture
async def trips(world: World) -> list[UUID]:
    """Of a driver who is put back until an hour after these leave, with five stars; of one who has four, of one who was
    put back until they leave, with three; and the first one's next, when he is no more put back.
    """
    late, good, fair = a_driver(), a_driver(), a_driver()
    for driver, stars in ((late, 5), (good, 4), (fair, 3)):
        driver.user.rating_avg = Decimal(stars)
    late.user.demoted_until, fair.user.demoted_until = DEPARTURE + HOUR, DEPARTURE
    made = [*(a_trip(driver) for driver in (late, good, fair)), a_trip(late, departure_time=DEPARTURE + 5 * HOUR)]
    await world.keep(late, good, fair, *made)
    return [trip.id for trip in made]


async def found(world: World, *sort: Sort) -> list[UUID]:
    search = Search(
        start=ABIDJAN,
        end=YAMOUSSOUKRO,
        earliest=DEPARTURE - HOUR,
        latest=DEPARTURE + 12 * HOUR,
        radius_m=25_000,
        sort=sort,
    )
    return [hit.trip.id for hit in (await world.queries.search(search)).items]


async def test_driver_who_is_put_back_comes_after_others_however_good_he_is(world: World, trips: list[UUID]) -> None:
    late, good, fair, later = trips
    assert await found(world, BEST) == [later, good, fair, late]


async def test_driver_who_is_put_back_comes_after_those_who_leave_with_him(world: World, trips: list[UUID]) -> None:
    late, good, fair, later = trips
    for sort in ((), (Sort("departure_time"),)):
        assert await found(world, *sort) == [*sorted((good, fair)), late, later]
    assert await found(world, Sort("price")) == [*sorted((good, fair, later)), late]
