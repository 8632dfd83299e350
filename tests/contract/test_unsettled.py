"""What the job that settles rides is told of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from allonova.domain.carpool.booking import Booking
from allonova.domain.carpool.trip import TripStatus
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party
from tests.contract.conftest import Scene
from tests.support.factories import DEPARTURE, HOUR, MINUTE, SECOND, a_booking, a_trip, accepted, paid

DAY = 24 * HOUR
ARRIVAL = DEPARTURE + 3 * HOUR


def check_in(booking: Booking) -> None:
    booking.check_in(booking.qr_code, Actor(Party.DRIVER), DEPARTURE)


def start(booking: Booking) -> None:
    check_in(booking)
    booking.start(Actor(Party.DRIVER), DEPARTURE)


def ask(booking: Booking) -> None:
    booking.ask(DEPARTURE + 6 * HOUR)


def miss_driver(booking: Booking) -> None:
    booking.driver_no_show(Actor(Party.PASSENGER), DEPARTURE + HOUR)


def contest(booking: Booking) -> None:
    miss_driver(booking)
    booking.contest(Actor(Party.DRIVER), DEPARTURE + 2 * HOUR)


def end(booking: Booking) -> None:
    start(booking)
    booking.end(Actor(Party.DRIVER), ARRIVAL)


@pytest.mark.parametrize(
    ("become", "due"),
    [
        (lambda _: None, DEPARTURE + 6 * HOUR),
        (check_in, ARRIVAL + DAY),
        (start, ARRIVAL + DAY),
        (ask, DEPARTURE + 6 * HOUR + DAY),
        (miss_driver, DEPARTURE + HOUR + DAY),
        (contest, None),
        (end, None),
    ],
)
async def test_found_when_its_time_has_come(
    scene: Scene, become: Callable[[Booking], Any], due: datetime | None
) -> None:
    booking = paid(scene.trip, a_booking(scene.trip, scene.passenger))
    become(booking)
    await scene.world.keep(booking)
    find = scene.world.queries.unsettled_rides
    if due is None:
        assert await find(now=DEPARTURE + 99 * DAY, limit=9) == []
    else:
        assert await find(now=due - SECOND, limit=9) == []
        assert await find(now=due, limit=9) == [booking.id]
        assert await find(now=due, limit=0) == []


async def test_not_found_when_nothing_was_paid(scene: Scene) -> None:
    await scene.world.keep(accepted(scene.trip, a_booking(scene.trip, scene.passenger)))
    assert await scene.world.queries.unsettled_rides(now=DEPARTURE + 99 * DAY, limit=9) == []


async def test_trip_is_found_when_it_should_have_arrived_long_ago_with_nobody(scene: Scene) -> None:
    find = scene.world.queries.empty_trips
    assert await find(now=ARRIVAL + 6 * HOUR - SECOND, limit=9) == []
    assert await find(now=ARRIVAL + 6 * HOUR, limit=9) == [scene.trip.id]


async def test_trip_is_not_found_when_somebody_is_on_it_or_it_is_no_longer_published(scene: Scene) -> None:
    await scene.world.keep(a_booking(scene.trip, scene.passenger))
    for days, status in enumerate((TripStatus.DRAFT, TripStatus.ONGOING, TripStatus.CANCELLED), 1):
        departure = DEPARTURE - days * DAY + MINUTE
        await scene.world.keep(a_trip(scene.driver, status=status, departure_time=departure))
    assert await scene.world.queries.empty_trips(now=ARRIVAL + 99 * DAY, limit=9) == []
