"""What people said of each other, who may see whom, and what is counted of their rides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.rating import AlreadyRated, RatedAs, Rating
from allonova.domain.carpool.reliability import DriverRecord
from allonova.domain.carpool.trip import Trip
from allonova.domain.identity.user import User
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party
from tests.contract.conftest import Scene
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    MINUTE,
    NOW,
    Driver,
    a_block,
    a_booking,
    a_driver,
    a_paper,
    a_rating,
    a_trip,
    a_user,
    arrived,
    new_id,
    paid,
)
from tests.support.worlds import STORAGE_ERRORS, World

NEWEST = ListQuery(sort=(Sort("created_at", descending=True),))
DAY = 24 * HOUR
NO_RECORD = DriverRecord(answered=0, unanswered=0, typical_answer_s=None, kept=0, broken=0)


async def a_ride(scene: Scene, passenger: User | None = None) -> Booking:
    """Somebody else's completed booking on the scene's trip."""
    if passenger is None:
        passenger = a_user()
        await scene.world.keep(passenger)
    booking = arrived(scene.trip, a_booking(scene.trip, passenger))
    scene.trip.unsell(booking.ride, booking.seats)
    await scene.world.keep(booking)
    return booking


def equal(field: str, value: object) -> ListQuery:
    return replace(NEWEST, filters=(Filter(field, Op.EQ, value),))


async def test_rating_is_one_of_a_kind_for_each_side(scene: Scene) -> None:
    world, booking = scene.world, await a_ride(scene, scene.passenger)
    first, other = a_rating(scene.trip, booking), a_rating(scene.trip, booking, by_driver=True, stars=4)
    await world.keep(first, replace(other, created_at=NOW + HOUR))
    with pytest.raises(AlreadyRated):
        await world.keep(a_rating(scene.trip, booking, stars=1))
    async with world.begin() as unit:
        assert [each.id for each in await unit.ratings.of_booking(booking.id)] == [first.id, other.id]
        assert await unit.ratings.get(first.id) == first
        assert await unit.ratings.of_booking(new_id()) == []


@pytest.mark.parametrize("wrong", [{"stars": 0}, {"stars": 6}, {"booking_id": new_id()}, {"to_user_id": new_id()}])
async def test_refused_when_a_rating_breaks_a_rule(scene: Scene, wrong: dict[str, Any]) -> None:
    booking = await a_ride(scene, scene.passenger)
    with pytest.raises(STORAGE_ERRORS):
        await scene.world.keep(a_rating(scene.trip, booking, **wrong))


async def test_refused_when_somebody_rates_himself(scene: Scene) -> None:
    booking = await a_ride(scene, scene.passenger)
    with pytest.raises(STORAGE_ERRORS):
        await scene.world.keep(a_rating(scene.trip, booking, to_user_id=booking.passenger_id))


async def three_ratings(scene: Scene) -> list[Rating]:
    """Of the driver: two that are shown, and one that is not; and one of a passenger."""
    rides = [await a_ride(scene) for _ in range(3)]
    made = [
        a_rating(scene.trip, ride, stars=stars, created_at=NOW + n * HOUR, shown_at=None if n == 1 else NOW + DAY)
        for n, (ride, stars) in enumerate(zip(rides, (5, 1, 4), strict=True))
    ]
    made[2].comment_hidden, made[2].hidden_reason = True, "insult"
    await scene.world.keep(*made, a_rating(scene.trip, rides[0], by_driver=True, shown_at=NOW))
    return made


async def test_shown_ratings_are_listed_with_their_writers_and_without_hidden_words(scene: Scene) -> None:
    first, _, third = await three_ratings(scene)
    page = await scene.world.ratings.ratings(scene.driver.id, NEWEST)
    assert [(each.id, each.stars, each.comment, each.role) for each in page.items] == [
        (third.id, 4, None, RatedAs.DRIVER),
        (first.id, 5, "À l'heure.", RatedAs.DRIVER),
    ]
    assert [each.author.id for each in page.items] == [third.from_user_id, first.from_user_id]
    assert page.total == 2
    few = await scene.world.ratings.ratings(scene.driver.id, equal("stars", 4))
    assert ([each.id for each in few.items], few.total) == ([third.id], 1)
    as_passenger = await scene.world.ratings.ratings(scene.driver.id, equal("role", RatedAs.PASSENGER))
    assert (list(as_passenger.items), as_passenger.total) == ([], 0)


async def test_writer_sees_what_is_hidden_of_his_own(scene: Scene) -> None:
    _, second, _ = await three_ratings(scene)
    page = await scene.world.ratings.written(second.from_user_id, NEWEST)
    assert [(each.id, each.shown_at, each.comment) for each in page.items] == [(second.id, None, second.comment)]
    assert (await scene.world.ratings.written(second.from_user_id, equal("booking_id", new_id()))).total == 0
    assert (await scene.world.ratings.written(second.to_user_id, NEWEST)).total == 1


async def test_back_office_sees_all(scene: Scene) -> None:
    made = await three_ratings(scene)
    assert (await scene.world.ratings.desk(NEWEST)).total == 4
    for query, expected in (
        (equal("comment_hidden", value=True), [made[2].id]),
        (equal("booking_id", made[1].booking_id), [made[1].id]),
        (equal("from_user_id", made[0].from_user_id), [made[0].id]),
        (equal("to_user_id", scene.driver.id), [made[2].id, made[1].id, made[0].id]),
    ):
        page = await scene.world.ratings.desk(query)
        assert [each.id for each in page.items] == expected
    assert page.items[0].comment == "À l'heure."
    assert page.items[0].hidden_reason == "insult"


async def test_hidden_ratings_are_overdue_when_their_window_has_closed(scene: Scene) -> None:
    rides = [await a_ride(scene) for _ in range(4)]
    closing = [NOW + 2 * HOUR, NOW + HOUR, NOW + 3 * HOUR, NOW]
    made = [a_rating(scene.trip, ride, closes_at=at) for ride, at in zip(rides, closing, strict=True)]
    made[3].shown_at = NOW
    await scene.world.keep(*made)
    queries = scene.world.ratings
    assert await queries.overdue(now=NOW + HOUR - MINUTE, limit=10) == []
    assert await queries.overdue(now=NOW + 2 * HOUR, limit=10) == [rides[1].id, rides[0].id]
    assert await queries.overdue(now=NOW + DAY, limit=2) == [rides[1].id, rides[0].id]


async def test_words_of_and_about_somebody_are_forgotten_and_those_of_others_stay(scene: Scene) -> None:
    booking, another = await a_ride(scene, scene.passenger), await a_ride(scene)
    about, own = a_rating(scene.trip, booking), a_rating(scene.trip, booking, by_driver=True)
    theirs = a_rating(scene.trip, another)
    await scene.world.keep(about, own, theirs)
    await scene.world.run(lambda unit: unit.ratings.forget(scene.passenger.id, at=NOW + HOUR))
    async with scene.world.begin() as unit:
        for each in (about, own):
            blank = await unit.ratings.get(each.id)
            assert (blank.comment, blank.stars, blank.version, blank.updated_at) == (None, 5, 2, NOW + HOUR)
        assert await unit.ratings.get(theirs.id) == theirs


async def test_person_is_seen_unless_his_account_is_closed_or_a_block_parts_them(world: World) -> None:
    viewer, shown, closed, blocked, blocking = (a_user() for _ in range(5))
    closed.is_active = False
    await world.keep(viewer, shown, closed, blocked, blocking, a_paper(shown))
    await world.keep(a_block(viewer, blocked), a_block(blocking, viewer), a_block(shown, blocked))
    found = [await world.ratings.person(one.id, viewer_id=viewer.id) for one in (shown, closed, blocked, blocking)]
    assert found[1:] == [None] * 3
    assert found[0] is not None
    assert (found[0].user, found[0].is_verified) == (shown, True)
    assert await world.ratings.person(new_id(), viewer_id=viewer.id) is None
    assert (await world.ratings.person(viewer.id, viewer_id=viewer.id)) is not None


async def test_rides_are_counted_on_both_seats(scene: Scene) -> None:
    passenger = scene.passenger
    for _ in range(2):
        await a_ride(scene)
    await a_ride(scene, passenger)
    figures = [await scene.world.ratings.figures(id, now=NOW) for id in (scene.driver.id, passenger.id, new_id())]
    assert [each.trips_completed for each in figures] == [1, 1, 0]
    assert [each.record for each in figures[1:]] == [NO_RECORD, NO_RECORD]
    assert figures[0].record.kept == 3


class Requests:
    """A driver who is asked, on a trip for each passenger."""

    def __init__(self, world: World, driver: Driver) -> None:
        self.world, self.driver, self.by = world, driver, Actor(Party.DRIVER, driver.id)
        self.days = 0

    async def trip(self) -> Trip:
        """Another day, another trip."""
        self.days += 1
        trip = a_trip(self.driver, departure_time=DEPARTURE + self.days * DAY)
        await self.world.keep(trip)
        return trip

    async def asked(self, trip: Trip, *, at: object = NOW) -> Booking:
        """A request."""
        passenger = a_user()
        await self.world.keep(passenger)
        return a_booking(trip, passenger, created_at=at)


@pytest.fixture
async def requests(world: World) -> Requests:
    driver = a_driver()
    await world.keep(driver)
    return Requests(world, driver)


async def test_answers_are_counted_by_the_drivers_own_word(requests: Requests) -> None:
    world, hold = requests.world, timedelta(minutes=30)
    trip = await requests.trip()
    made = [await requests.asked(trip) for _ in range(6)]
    made[0].accept(requests.by, NOW + 4 * MINUTE, hold)
    made[1].reject(requests.by, NOW + 10 * MINUTE)
    made[2].expire(NOW + DAY)
    made[3].cancel(Actor(Party.PASSENGER, made[3].passenger_id), NOW + MINUTE, "changed my mind")
    made[4].accept_at_once(NOW, hold)
    old = await requests.asked(trip, at=NOW - 91 * DAY)
    old.accept(requests.by, NOW - 91 * DAY, hold)
    await world.keep(*made, old)
    record = (await world.ratings.figures(requests.driver.id, now=NOW)).record
    assert record == replace(NO_RECORD, answered=2, unanswered=1, typical_answer_s=420.0)


async def test_request_that_expired_for_want_of_money_was_answered(requests: Requests) -> None:
    trip = await requests.trip()
    booking = await requests.asked(trip)
    booking.accept(requests.by, NOW + MINUTE, timedelta(minutes=30))
    booking.expire(NOW + HOUR)
    await requests.world.keep(booking)
    record = (await requests.world.ratings.figures(requests.driver.id, now=NOW)).record
    assert (record.answered, record.unanswered) == (1, 0)


async def test_promises_are_kept_or_broken_at_the_last_moment(requests: Requests) -> None:
    world, trips = requests.world, [await requests.trip() for _ in range(6)]
    made = [paid(trip, await requests.asked(trip)) for trip in trips]
    starts = [trip.departure_time for trip in trips]
    made[0].cancel(requests.by, starts[0] - DAY + MINUTE, "ill")
    made[1].cancel(requests.by, starts[1] - DAY, "ill")
    made[2].cancel(Actor(Party.PASSENGER, made[2].passenger_id), starts[2] - MINUTE, "ill")
    for booking, start in zip(made[3:5], starts[3:5], strict=True):
        booking.driver_no_show(Actor(Party.PASSENGER, booking.passenger_id), start + HOUR)
    made[3].give_back(starts[3] + 2 * DAY)
    unpaid = await requests.asked(trips[5])
    unpaid.cancel(requests.by, starts[5] - MINUTE, "ill")
    await world.keep(*made, unpaid)
    record = (await world.ratings.figures(requests.driver.id, now=starts[5])).record
    assert (record.kept, record.broken) == (0, 2)
    later = (await world.ratings.figures(requests.driver.id, now=starts[3] + 365 * DAY + MINUTE)).record
    assert (later.kept, later.broken) == (0, 0)
    still = (await world.ratings.figures(requests.driver.id, now=starts[0] + 365 * DAY)).record
    assert still.broken == 2


async def test_demotion_and_sum_are_kept_with_the_account(world: World) -> None:
    user = a_user()
    await world.keep(user)
    async with world.begin() as unit:
        found = await unit.users.get(user.id, lock=True)
        found.rate(4, NOW)
        found.demote(NOW + DAY)
        await unit.users.save(found)
    async with world.begin() as unit:
        again = await unit.users.get(user.id)
    assert (again.rating_sum, again.demoted_until, float(again.rating_avg)) == (4, NOW + DAY, 4.0)
