"""Which trips there are for whom: those for women alone, those of drivers who are suspended."""

from __future__ import annotations

from typing import Any

import pytest

from allonova.application.carpool.ports import Search
from allonova.domain.carpool.trip import Trip, TripStatus
from allonova.domain.identity.user import Gender, User
from allonova.domain.kernel.geo import Box, Point
from tests.support.factories import (
    ABIDJAN,
    DEPARTURE,
    HOUR,
    NOW,
    WOMAN,
    YAMOUSSOUKRO,
    Driver,
    a_booking,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    a_woman,
    an_alert,
    cancelled,
    new_id,
)
from tests.support.worlds import STORAGE_ERRORS, World

MAN = {"gender": Gender.MALE, "confirmed_gender": Gender.MALE, "gender_confirmed_by": new_id()}
COUNTRY = Box(Point(4, -9), Point(11, -2))
HIDDEN = {"page": False, "search": False, "area": False, "alert": False}
SHOWN = dict.fromkeys(HIDDEN, True)


async def seen(world: World, trip: Trip, viewer: User | None) -> dict[str, bool]:
    """By which ways somebody comes upon a trip; who has no account keeps no search."""
    viewer_id = viewer.id if viewer else None
    given: dict[str, Any] = {"earliest": NOW, "latest": DEPARTURE + HOUR, "radius_m": 25_000, "viewer_id": viewer_id}
    near, within = Search(start=ABIDJAN, end=YAMOUSSOUKRO, **given), Search(start=None, end=None, area=COUNTRY, **given)
    found = {
        "page": await world.queries.trip(trip.id, viewer_id=viewer_id) is not None,
        "search": [hit.trip.id for hit in (await world.queries.search(near)).items] == [trip.id],
        "area": (await world.queries.find(within)).total == 1,
        "alert": False,
    }
    if viewer is not None:
        alert = an_alert(viewer)
        await world.keep(alert)
        async with world.begin() as unit:
            told = [match.user_id for match in await unit.alerts.match(trip.id, now=NOW, limit=9)]
            found["alert"] = told == [viewer.id]
            await unit.alerts.remove(await unit.alerts.get(alert.id))
        assert (await world.alerts.news(alert.id, trip.id, now=NOW)) is None
    return found


async def offered(world: World, driver: Driver, **given: Any) -> Trip:
    trip = a_trip(driver, stops=[a_stop()], **given)
    await world.keep(driver, trip)
    return trip


async def test_trip_for_women_alone_is_there_when_a_confirmed_woman_looks(world: World) -> None:
    trip, woman = await offered(world, a_driver(**WOMAN), women_only=True), a_woman()
    await world.keep(woman)
    assert await seen(world, trip, woman) == SHOWN
    view = await world.queries.trip(trip.id, viewer_id=woman.id)
    assert view is not None
    assert view.women_only


@pytest.mark.parametrize("fields", [{}, {"gender": Gender.FEMALE}, {"gender": Gender.OTHER}, MAN])
async def test_trip_for_women_alone_is_not_there_when_anybody_else_looks(world: World, fields: dict[str, Any]) -> None:
    trip, other = await offered(world, a_driver(**WOMAN), women_only=True), a_user(**fields)
    await world.keep(other)
    assert await seen(world, trip, other) == HIDDEN
    assert await seen(world, trip, None) == HIDDEN


async def test_trip_for_women_alone_is_hers_alone_when_the_driver_is_not_confirmed_any_more(world: World) -> None:
    driver, woman = a_driver(**WOMAN), a_woman()
    trip = await offered(world, driver, women_only=True)
    driver.user.change_gender(Gender.OTHER)
    await world.run(lambda unit: unit.users.save(driver.user))
    await world.keep(woman)
    assert await seen(world, trip, woman) == HIDDEN
    assert await seen(world, trip, driver.user) == HIDDEN | {"page": True}


async def test_trip_for_women_alone_is_shown_when_one_rides_along(world: World) -> None:
    trip, passenger = await offered(world, a_driver(**WOMAN), women_only=True), a_user()
    booking = a_booking(trip, passenger)
    await world.keep(passenger, booking)
    assert await seen(world, trip, passenger) == HIDDEN | {"page": True}
    async with world.begin() as unit:
        await unit.bookings.save(cancelled(await unit.bookings.get(booking.id)))
    assert await seen(world, trip, passenger) == HIDDEN


@pytest.mark.parametrize("women_only", [False, True])
async def test_trip_is_not_there_when_its_driver_is_suspended(world: World, *, women_only: bool) -> None:
    driver, woman, passenger = a_driver(**WOMAN), a_woman(), a_woman()
    trip = await offered(world, driver, women_only=women_only)
    await world.keep(woman, passenger, a_booking(trip, passenger))
    driver.user.is_active = False
    await world.run(lambda unit: unit.users.save(driver.user))
    assert await seen(world, trip, woman) == HIDDEN
    assert await seen(world, trip, None) == HIDDEN
    assert await seen(world, trip, passenger) == HIDDEN | {"page": True}
    driver.user.is_active = True
    await world.run(lambda unit: unit.users.save(driver.user))
    assert await seen(world, trip, woman) == SHOWN


@pytest.mark.parametrize("status", [TripStatus.ONGOING, TripStatus.COMPLETED, TripStatus.CANCELLED])
async def test_trip_for_women_alone_stays_so_when_it_is_over(world: World, status: TripStatus) -> None:
    trip, man, woman = await offered(world, a_driver(**WOMAN), women_only=True, status=status), a_user(), a_woman()
    await world.keep(man, woman)
    assert await world.queries.trip(trip.id, viewer_id=man.id) is None
    assert await world.queries.trip(trip.id, viewer_id=woman.id) is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"confirmed_gender": Gender.FEMALE, "gender_confirmed_by": new_id()},
        {"gender": Gender.MALE, "confirmed_gender": Gender.FEMALE, "gender_confirmed_by": new_id()},
        {"gender": Gender.FEMALE, "confirmed_gender": Gender.FEMALE},
        {"gender": Gender.FEMALE, "gender_confirmed_by": new_id()},
    ],
)
async def test_confirmation_is_refused_when_it_is_not_of_what_the_owner_says(
    world: World, fields: dict[str, Any]
) -> None:
    with pytest.raises(STORAGE_ERRORS):
        await world.keep(a_user(**fields))
