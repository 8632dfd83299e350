"""Kept searches: who is told of which trip, measured by the search itself."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from allonova.application.carpool.ports import Search
from allonova.application.kernel.listing import Filter, ListQuery, Op
from allonova.domain.carpool.alert import Alert
from allonova.domain.carpool.trip import Stop, Trip, TripStatus
from allonova.domain.identity.user import User
from allonova.domain.kernel.geo import Point
from tests.contract.conftest import Scene
from tests.support.factories import (
    ABIDJAN,
    BOUAKE,
    DEPARTURE,
    HOUR,
    MINUTE,
    NDOUCI,
    NOW,
    SECOND,
    TOUMODI,
    YAMOUSSOUKRO,
    Driver,
    a_block,
    a_driver,
    a_stop,
    a_trip,
    a_user,
    an_alert,
    keep,
    new_id,
)
from tests.support.worlds import STORAGE_ERRORS, World

DAY = timedelta(days=1)
THURSDAY = DEPARTURE.isoweekday()
TOWNS = (ABIDJAN, NDOUCI, TOUMODI, YAMOUSSOUKRO, BOUAKE)


async def matched(world: World, trip: Trip, *, limit: int = 500) -> list[UUID]:
    """Whose alerts a trip matches for the first time."""
    async with world.begin() as unit:
        found = await unit.alerts.match(trip.id, now=world.clock.now(), limit=limit)
    return [match.user_id for match in found]


async def wanted(scene: Scene, **given: Any) -> bool:
    """Whether an alert of somebody new matches the scene's trip."""
    reader = a_user()
    await scene.world.keep(reader, an_alert(reader, **given))
    return await matched(scene.world, scene.trip) == [reader.id]


def near(chance: random.Random, point: Point) -> Point:
    """Somewhere around it, often about 25 km away."""
    return Point(point.lat + chance.uniform(-0.3, 0.3), point.lon + chance.uniform(-0.3, 0.3))


def some_trip(chance: random.Random) -> tuple[Driver, Trip]:
    """Through some of the towns in the next ten days, with some of its seats taken; not always published."""
    first, *halts, last = sorted(chance.sample(range(len(TOWNS)), chance.randint(2, 5)))
    departure = NOW + timedelta(minutes=chance.randint(-120, 10 * 24 * 60))
    stops: list[Stop] = [
        a_stop(
            order,
            point=near(chance, TOWNS[town]),
            label=f"stop {order}",
            price_from_origin=1_000 * order,
            eta=departure + order * HOUR,
            pickup_allowed=chance.random() < 0.8,
            dropoff_allowed=chance.random() < 0.8,
        )
        for order, town in enumerate(halts, 1)
    ]
    driver, stretches = a_driver(), len(stops) + 1
    held = [chance.randint(0, 2) for _ in range(stretches)]
    status = TripStatus.PUBLISHED if chance.random() < 0.9 else TripStatus.DRAFT
    return driver, a_trip(
        driver,
        stops=stops,
        status=status,
        departure_time=departure,
        arrival_eta=departure + (stretches + 1) * HOUR,
        origin_point=near(chance, TOWNS[first]),
        destination_point=near(chance, TOWNS[last]),
        seats_held=held,
        price_per_seat=1_000 * stretches + 500,
    )


def some_alert(chance: random.Random) -> tuple[User, Alert]:
    """Between two of the towns, more or less picky."""
    start, end = sorted(chance.sample(range(len(TOWNS)), 2))
    edges = sorted(time(chance.randint(0, 23), chance.choice((0, 30, 59))) for _ in range(2))
    reader = a_user()
    return reader, an_alert(
        reader,
        origin_point=near(chance, TOWNS[start]),
        destination_point=near(chance, TOWNS[end]),
        radius_m=1_000 * chance.randint(10, 100),
        days=chance.choice(([], [], sorted(chance.sample(range(1, 8), 4)))),
        time_from=chance.choice((None, edges[0])),
        time_to=chance.choice((None, edges[1])),
        seats=chance.randint(1, 3),
        price_max=chance.choice((None, 1_500, 3_000)),
    )


def searches(alert: Alert) -> list[Search]:
    """What somebody would have to ask, day by day, to see what the alert looks for."""
    found = []
    for ahead in range(12):
        midnight = datetime.combine((NOW + ahead * DAY).date(), time(), UTC)
        opens = datetime.combine(midnight, alert.time_from or time(), UTC)
        closes = datetime.combine(midnight, alert.time_to, UTC) + MINUTE if alert.time_to else midnight + DAY
        if not alert.days or midnight.isoweekday() in alert.days:
            found.append(
                Search(
                    start=alert.origin_point,
                    end=alert.destination_point,
                    earliest=max(opens, NOW),
                    latest=closes,
                    radius_m=alert.radius_m,
                    seats=alert.seats,
                    price_max=alert.price_max,
                    viewer_id=alert.user_id,
                    page_size=100,
                )
            )
    return found


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(2, 12))])
async def test_alert_matches_exactly_what_the_search_finds_when_both_are_anything(world: World, seed: int) -> None:
    chance = random.Random(seed)
    offers, wishes = [some_trip(chance) for _ in range(25)], [some_alert(chance) for _ in range(25)]
    async with world.begin() as unit:
        for driver, trip in offers:
            await keep(unit, driver, trip)
        for reader, alert in wishes:
            await keep(unit, reader, alert)
        for (driver, _), (reader, _) in zip(offers[:8], wishes[:8], strict=True):
            await keep(unit, a_block(*chance.sample([driver.user, reader], 2)))
    told = {(reader_id, trip.id) for _, trip in offers for reader_id in await matched(world, trip)}
    found = {
        (alert.user_id, hit.trip.id): hit
        for _, alert in wishes
        for search in searches(alert)
        for hit in (await world.queries.search(search)).items
    }
    assert told == found.keys()
    assert len(told) > 20
    for _, alert in wishes:
        for _, trip in offers:
            await require_same_news(world, alert, trip, found.get((alert.user_id, trip.id)))


async def require_same_news(world: World, alert: Alert, trip: Trip, hit: Any) -> None:
    """What is told of a trip is the ride that the search shows, when the days of the search do not part its rides."""
    news = await world.alerts.news(alert.id, trip.id, now=world.clock.now())
    assert (news is None) == (hit is None)
    if news is not None and trip.departure_time.date() == trip.arrival_eta.date():
        told = news.origin, news.destination, news.departure_time, news.price
        assert told == (hit.pickup.label, hit.dropoff.label, hit.departure_time, hit.price_per_seat)


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({}, True),
        ({"days": [THURSDAY]}, True),
        ({"days": [d for d in range(1, 8) if d != THURSDAY]}, False),
        ({"time_from": time(8, 30), "time_to": time(8, 30)}, True),
        ({"time_from": time(8, 31)}, False),
        ({"time_to": time(8, 29)}, False),
        ({"seats": 3, "price_max": 6_000}, True),
        ({"seats": 4}, False),
        ({"price_max": 5_999}, False),
        ({"origin_point": TOUMODI, "time_from": time(10, 30), "price_max": 2_000}, True),
        ({"origin_point": YAMOUSSOUKRO, "destination_point": ABIDJAN}, False),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + SECOND}, True),
    ],
)
async def test_somebody_is_told_when_all_that_he_asks_is_there(
    scene: Scene, given: dict[str, Any], is_told: bool
) -> None:
    assert await wanted(scene, **given) is is_told


async def test_last_minute_is_within_when_the_pickup_has_seconds(world: World) -> None:
    driver, reader = a_driver(), a_user()
    trip = a_trip(driver, departure_time=DEPARTURE + 59 * SECOND)
    await world.keep(driver, trip, reader, an_alert(reader, time_to=time(8, 30)))
    assert await matched(world, trip) == [reader.id]


async def test_nobody_is_told_when_it_is_his_own_trip_or_he_is_suspended(world: World) -> None:
    driver, closed = a_driver(), a_user(is_active=False)
    trip = a_trip(driver)
    await world.keep(driver, trip, closed, an_alert(driver.user), an_alert(closed))
    assert await matched(world, trip) == []


async def test_ride_that_has_left_is_not_told_while_a_later_stop_still_is(scene: Scene) -> None:
    first, second = a_user(), a_user()
    await scene.world.keep(first, second, an_alert(first), an_alert(second, origin_point=TOUMODI))
    scene.world.clock.at = DEPARTURE + SECOND
    assert await matched(scene.world, scene.trip) == [second.id]
    scene.world.clock.at = DEPARTURE
    assert await matched(scene.world, scene.trip) == [first.id]


@pytest.mark.parametrize("by_driver", [True, False])
async def test_nobody_is_told_when_either_has_blocked_the_other(scene: Scene, by_driver: bool) -> None:
    world, reader, driver = scene.world, scene.passenger, scene.driver.user
    alert = an_alert(reader)
    await world.keep(alert, a_block(driver, reader) if by_driver else a_block(reader, driver))
    assert await matched(world, scene.trip) == []
    assert await world.alerts.news(alert.id, scene.trip.id, now=NOW) is None


async def test_everybody_is_told_once_when_it_is_asked_again(scene: Scene) -> None:
    world, readers = scene.world, sorted((a_user() for _ in range(5)), key=lambda user: user.id)
    for reader in readers:
        await world.keep(reader, an_alert(reader), an_alert(reader, radius_m=50_000))
    assert await matched(world, scene.trip, limit=3) == [reader.id for reader in readers[:3]]
    assert await matched(world, scene.trip, limit=3) == [reader.id for reader in readers[3:]]
    assert await matched(world, scene.trip) == []
    other = a_trip(scene.driver, departure_time=DEPARTURE + DAY)
    await world.keep(other)
    assert len(await matched(world, other)) == 5


async def test_nothing_is_left_when_an_alert_or_its_owner_is_gone(scene: Scene) -> None:
    world, reader = scene.world, scene.passenger
    first, second, over = an_alert(reader), an_alert(reader), an_alert(reader, expires_at=NOW)
    await world.keep(first, second, over)
    assert await matched(world, scene.trip) == [reader.id]
    async with world.begin() as unit:
        assert await unit.alerts.count_live(reader.id, now=NOW) == 2
        await unit.alerts.remove(first)
        assert await unit.alerts.remove_expired(now=NOW, limit=5) == 1
        assert await unit.alerts.remove_expired(now=NOW, limit=5) == 0
        assert await unit.alerts.count_live(reader.id, now=NOW) == 1
    await world.run(lambda unit: unit.alerts.forget(reader.id))
    assert (await world.alerts.alerts(reader.id, ListQuery(), now=NOW)).total == 0


async def test_trip_can_go_when_somebody_was_told_of_it(scene: Scene) -> None:
    world, reader = scene.world, scene.passenger
    await world.keep(an_alert(reader))
    assert await matched(world, scene.trip) == [reader.id]
    await world.run(lambda unit: unit.trips.remove(scene.trip))
    assert await matched(world, scene.trip) == []


async def test_own_alerts_are_listed_when_they_still_look(world: World) -> None:
    reader, other = a_user(), a_user()
    mine = [an_alert(reader, created_at=NOW + n * HOUR, days=[1, 7], time_from=time(6, 5)) for n in range(3)]
    await world.keep(reader, other, *mine, an_alert(other), an_alert(reader, expires_at=NOW))
    page = await world.alerts.alerts(reader.id, ListQuery(filters=(Filter("created_at", Op.GTE, NOW + HOUR),)), now=NOW)
    assert ({view.id for view in page.items}, page.total) == ({mine[1].id, mine[2].id}, 2)
    view = page.items[0]
    assert (view.days, view.time_from, view.time_to, view.radius_km) == ((1, 7), "06:05", None, 25)
    assert (view.start.lat, view.start.text, view.end.text) == (ABIDJAN.lat, "Abidjan", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"radius_m": 0},
        {"radius_m": 100_001},
        {"days": [8]},
        {"time_from": time(9), "time_to": time(8)},
        {"seats": 0},
        {"price_max": -1},
        {"user_id": new_id()},
    ],
)
async def test_refused_when_an_alert_is_unsound(world: World, wrong: dict[str, Any]) -> None:
    reader = a_user()
    await world.keep(reader)
    with pytest.raises(STORAGE_ERRORS):
        await world.run(lambda unit: unit.alerts.add(replace(an_alert(reader), **wrong)))
