"""Who blocks whom, what that hides, and who reported whom."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from allonova.application.carpool.ports import Search
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.carpool.user_report import AlreadyReported, ReportStatus, UserReport
from allonova.domain.identity.user import User
from tests.contract.conftest import Scene
from tests.support.factories import (
    ABIDJAN,
    HOUR,
    NOW,
    YAMOUSSOUKRO,
    a_block,
    a_booking,
    a_driver,
    a_paper,
    a_user,
    cancelled,
    new_id,
)
from tests.support.worlds import STORAGE_ERRORS, World


def a_report(by: User, about: User, booking_id: UUID | None = None, **given: object) -> UserReport:
    report = UserReport(
        id=new_id(),
        reporter_id=by.id,
        reported_id=about.id,
        booking_id=booking_id,
        reason="Conduite dangereuse",
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(report, **given)  # type: ignore[arg-type]


async def between(world: World, one: User, other: User) -> tuple[bool, bool]:
    async with world.begin() as unit:
        return await unit.blocks.between(one.id, other.id), await unit.blocks.between(other.id, one.id)


async def test_block_is_one_of_a_kind_and_works_both_ways_until_it_is_taken_back(world: World) -> None:
    one, other, third = a_user(), a_user(), a_user()
    await world.keep(one, other, third)
    assert await between(world, one, other) == (False, False)
    first, again = a_block(one, other), replace(a_block(one, other), created_at=NOW + HOUR)
    async with world.begin() as unit:
        assert [await unit.blocks.put(block) for block in (first, again)] == [first, first]
    assert (await between(world, one, other), await between(world, one, third)) == ((True, True), (False, False))
    await world.keep(a_block(other, one))
    async with world.begin() as unit:
        assert [await unit.blocks.remove(one.id, other.id) for _ in range(2)] == [True, False]
    assert await between(world, one, other) == (True, True)
    await world.run(lambda unit: unit.blocks.forget(one.id))
    assert await between(world, one, other) == (False, False)


async def test_refused_when_a_block_is_of_oneself_or_of_nobody(world: World) -> None:
    one = a_user()
    await world.keep(one)
    for other in (one, a_user()):
        with pytest.raises(STORAGE_ERRORS):
            await world.keep(a_block(one, other))


async def test_blocked_people_are_listed_with_their_faces_when_asked(world: World) -> None:
    one, *others = a_user(), a_user(first_name="Yao"), a_user(first_name="Awa")
    await world.keep(one, *others, a_paper(others[0]))
    for hours, other in enumerate(others):
        await world.keep(replace(a_block(one, other), created_at=NOW + hours * HOUR))
    await world.keep(a_block(others[0], others[1]))
    page = await world.people.blocks(one.id, ListQuery(sort=(Sort("created_at"),), page_size=1))
    assert page.total == 2
    assert [(view.user.id, view.user.first_name, view.user.is_verified) for view in page.items] == [
        (others[0].id, "Yao", True)
    ]


@pytest.mark.parametrize("by_driver", [True, False])
async def test_trip_is_hidden_when_either_has_blocked_the_other(scene: Scene, by_driver: bool) -> None:
    world, driver, passenger, stranger = scene.world, scene.driver.user, scene.passenger, a_user()
    await world.keep(stranger, a_block(driver, passenger) if by_driver else a_block(passenger, driver))
    for viewer_id, is_shown in ((passenger.id, False), (stranger.id, True), (None, True), (driver.id, True)):
        assert (await world.queries.trip(scene.trip.id, viewer_id=viewer_id) is not None) is is_shown
    for viewer_id, total in ((passenger.id, 0), (stranger.id, 1), (None, 1)):
        search = Search(
            start=ABIDJAN,
            end=YAMOUSSOUKRO,
            earliest=NOW,
            latest=NOW + 48 * HOUR,
            radius_m=25_000,
            viewer_id=viewer_id,
        )
        assert (await world.queries.search(search)).total == total


async def test_trip_is_shown_when_the_two_ride_together_as_long_as_they_do(scene: Scene) -> None:
    world, passenger = scene.world, scene.passenger
    booking = a_booking(scene.trip, passenger)
    await world.keep(booking, a_block(passenger, scene.driver.user))
    assert await world.queries.trip(scene.trip.id, viewer_id=passenger.id) is not None
    await world.run(lambda unit: unit.bookings.save(cancelled(booking)))
    assert await world.queries.trip(scene.trip.id, viewer_id=passenger.id) is None


async def test_report_is_one_of_a_kind_while_it_is_open(scene: Scene) -> None:
    world, one, other = scene.world, scene.passenger, scene.driver.user
    booking = a_booking(scene.trip, one)
    await world.keep(booking)
    for booking_id in (None, booking.id):
        first = a_report(one, other, booking_id)
        await world.run(lambda unit, first=first: unit.reports.add(first))  # type: ignore[misc]
        with pytest.raises(AlreadyReported):
            await world.run(lambda unit, b=booking_id: unit.reports.add(a_report(one, other, b)))  # type: ignore[misc]
        first.status = ReportStatus.CLOSED
        await world.run(lambda unit, first=first: unit.reports.save(first))  # type: ignore[misc]
        await world.run(lambda unit, b=booking_id: unit.reports.add(a_report(one, other, b)))  # type: ignore[misc]
    await world.run(lambda unit: unit.reports.add(a_report(other, one)))
    assert (await world.people.reports(one.id, ListQuery())).total == 4
    [view] = (await world.people.reports(other.id, ListQuery())).items
    assert (view.user_id, view.reason, view.status, view.booking_id) == (
        *(one.id, "Conduite dangereuse", ReportStatus.OPEN),
        None,
    )


async def test_refused_when_a_report_is_about_oneself_or_nobody(world: World) -> None:
    one, driver = a_user(), a_driver()
    await world.keep(one, driver)
    for wrong in (a_report(one, one), a_report(one, a_user()), a_report(one, driver.user, new_id())):
        with pytest.raises(STORAGE_ERRORS):
            await world.run(lambda unit, wrong=wrong: unit.reports.add(wrong))  # type: ignore[misc]
