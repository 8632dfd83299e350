"""Where memory is stricter than PostgreSQL, which would let a mistake pass in silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allonova.adapters.memory.rules import ForeignKeyMissing, RuleBroken
from allonova.domain.carpool.trip import TripStatus
from tests.support.factories import DEPARTURE, NOW, a_booking, a_driver, a_payment, a_stop, a_trip, a_user
from tests.support.worlds import World, memory_world


@pytest.fixture
def world() -> World:
    """Memory alone."""
    return memory_world()


CHANGES: list[dict[str, Any]] = [
    {"status": TripStatus.COMPLETED},
    {"departure_time": DEPARTURE + timedelta(minutes=1)},
    {"arrival_eta": DEPARTURE + timedelta(days=1)},
    {"price_per_seat": 5_000},
    {"stops": [a_stop(label="elsewhere")]},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
async def test_refused_when_a_plain_save_hides_a_change_from_search(world: World, change: dict[str, Any]) -> None:
    driver = a_driver()
    trip = a_trip(driver, stops=[a_stop()])
    await world.keep(driver, trip)
    for name, value in change.items():
        setattr(trip, name, value)
    with pytest.raises(RuntimeError, match="save_route"):
        await world.run(lambda unit: unit.trips.save(trip))


async def test_refused_when_an_instant_has_no_zone(world: World) -> None:
    with pytest.raises(RuleBroken):
        await world.keep(a_user(created_at=NOW.replace(tzinfo=None)))


async def test_refused_when_the_only_one_is_not_the_only_one(world: World) -> None:
    await world.keep(a_user(), a_user())
    with pytest.raises(RuntimeError, match="more than one"):
        await world.run(lambda unit: unit.users.find(language="en"))


async def test_refused_by_its_own_name_when_a_foreign_key_is_missing(world: World) -> None:
    driver = a_driver()
    booking = a_booking(a_trip(driver), a_user())
    with pytest.raises(ForeignKeyMissing):
        await world.keep(booking)


async def test_refused_when_json_holds_what_is_no_json(world: World) -> None:
    driver, passenger = a_driver(), a_user()
    payment = a_payment(a_booking(a_trip(driver), passenger), booking_id=None)
    for unfit in (float("nan"), NOW, {1, 2}):
        payment.intent = {"x": unfit}
        with pytest.raises(RuleBroken):
            await world.keep(driver, passenger, payment)
