"""Units: everything or nothing, one inside none, nothing leaks out or in."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from allonova.application.kernel.inside import INSIDE_UNIT
from allonova.domain.kernel.errors import AlreadyExists, NotFound
from tests.contract.conftest import Scene
from tests.support.factories import AnyUnit, a_user
from tests.support.worlds import STORAGE_ERRORS, World


async def test_visible_when_committed(world: World) -> None:
    user = a_user()
    await world.keep(user)
    view = await world.accounts.user(user.id)
    assert view is not None
    assert view.phone == user.phone


async def test_invisible_outside_when_not_yet_committed(world: World) -> None:
    user = a_user()
    async with world.begin() as unit:
        await unit.users.add(user)
        seen = await asyncio.create_task(world.accounts.user(user.id))
    assert seen is None


async def test_visible_to_its_own_reads_when_not_yet_committed(scene: Scene) -> None:
    async with scene.world.begin() as unit:
        trip = await unit.trips.get(scene.trip.id)
        trip.seats_available = 1
        await unit.trips.save(trip)
        view = await unit.reads.trip(trip.id, viewer_id=None)
    assert view is not None
    assert view.seats_available == 1


async def test_nothing_kept_when_the_unit_raises(world: World) -> None:
    user = a_user()

    async def fail(unit: AnyUnit) -> None:
        await unit.users.add(user)
        raise LookupError

    with pytest.raises(LookupError):
        await world.run(fail)
    assert await world.accounts.user(user.id) is None


async def test_changes_undone_when_the_unit_raises(scene: Scene) -> None:
    async def fail(unit: AnyUnit) -> None:
        trip = await unit.trips.get(scene.trip.id)
        trip.seats_available = 0
        await unit.trips.save(trip)
        raise LookupError

    with pytest.raises(LookupError):
        await scene.world.run(fail)
    async with scene.world.begin() as unit:
        trip = await unit.trips.get(scene.trip.id)
    assert (trip.seats_available, trip.version) == (3, 1)


async def test_nothing_kept_and_nobody_blocked_when_the_task_is_cancelled(world: World) -> None:
    user, inside = a_user(), asyncio.Event()

    async def hang() -> None:
        async with world.begin() as unit:
            await unit.users.add(user)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await asyncio.wait_for(world.keep(a_user()), timeout=5)
    assert await world.accounts.user(user.id) is None


async def test_refused_when_a_unit_is_opened_inside_another(world: World) -> None:
    with pytest.raises(RuntimeError):
        async with world.begin(), world.begin():
            pass
    await asyncio.wait_for(world.keep(a_user()), timeout=5)


async def test_marked_as_inside_when_and_only_when_a_unit_is_open(world: World) -> None:
    assert not INSIDE_UNIT.get()
    async with world.begin():
        assert INSIDE_UNIT.get()
    assert not INSIDE_UNIT.get()
    with pytest.raises(LookupError):
        async with world.begin():
            raise LookupError
    assert not INSIDE_UNIT.get()


async def test_unusable_when_the_unit_has_ended(world: World) -> None:
    async with world.begin() as unit:
        pass
    with pytest.raises(STORAGE_ERRORS):
        await unit.users.add(a_user())


async def test_can_only_roll_back_when_a_rule_was_broken(world: World) -> None:
    one, other, third = a_user(), a_user(), a_user()
    other.phone = one.phone
    await world.keep(one)

    async def swallow(unit: AnyUnit) -> None:
        with contextlib.suppress(AlreadyExists):
            await unit.users.add(other)
        await unit.users.add(third)

    with pytest.raises(STORAGE_ERRORS):
        await world.run(swallow)
    assert await world.accounts.user(third.id) is None


async def test_loud_when_the_refusal_of_a_rule_was_swallowed(world: World) -> None:
    one, other = a_user(), a_user()
    other.phone = one.phone
    await world.keep(one)

    async def swallow(unit: AnyUnit) -> None:
        with contextlib.suppress(AlreadyExists):
            await unit.users.add(other)

    with pytest.raises(STORAGE_ERRORS):
        await world.run(swallow)


async def test_goes_on_when_something_was_not_found(world: World) -> None:
    user = a_user()
    async with world.begin() as unit:
        with pytest.raises(NotFound):
            await unit.users.get(world.ids.new())
        await unit.users.add(user)
    assert await world.accounts.user(user.id) is not None


async def test_stored_object_untouched_when_the_added_one_changes_afterwards(scene: Scene) -> None:
    scene.trip.seats_held[0] = 3
    scene.trip.stops[0].label = "elsewhere"
    async with scene.world.begin() as unit:
        trip = await unit.trips.get(scene.trip.id)
    assert (trip.seats_held, trip.stops[0].label) == ([0, 0], "Toumodi")


async def test_stored_object_untouched_when_the_read_one_changes_without_a_save(scene: Scene) -> None:
    async with scene.world.begin() as unit:
        trip = await unit.trips.get(scene.trip.id)
        trip.seats_sold[0] = 3
        trip.stops[0].label = "elsewhere"
        again = await unit.trips.get(scene.trip.id)
    assert (again.seats_sold, again.stops[0].label) == ([0, 0], "Toumodi")


async def test_units_queue_when_two_tasks_change_one_row(scene: Scene) -> None:
    async def take_one() -> None:
        async with scene.world.begin() as unit:
            trip = await unit.trips.get(scene.trip.id, lock=True)
            await asyncio.sleep(0)
            trip.seats_available -= 1
            await unit.trips.save(trip)

    await asyncio.gather(*(take_one() for _ in range(3)))
    view = await scene.world.queries.trip(scene.trip.id, viewer_id=None)
    assert view is not None
    assert (view.seats_available, view.version) == (0, 4)
