"""Ratings that meet: many passengers of one driver, and the two sides of one ride; and what finds them does so by an
index.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest

from allonova.adapters.postgres.carpool.ratings import FIGURES, OVERDUE, PostgresRatingQueries
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.close_ratings import CloseRatings
from allonova.application.carpool.rate_side import RateSide
from allonova.domain.carpool.booking import Booking
from allonova.domain.identity.user import User
from tests.support.factories import (
    DEPARTURE,
    HOUR,
    NOW,
    Driver,
    NumberedIds,
    SetClock,
    a_booking,
    a_driver,
    a_rating,
    a_trip,
    a_user,
    arrived,
    keep,
)

RIDES = 12
ROUNDS = 3
SHOWN = "SELECT count(*), sum(stars)::bigint FROM carpool.ratings WHERE to_user_id = $1 AND shown_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Stage:
    """The use cases on real connections, an hour after the arrival."""

    units: PostgresUnits
    pool: Pool
    clock: SetClock

    async def rides(self, driver: Driver, count: int) -> list[Booking]:
        """As many completed bookings of one driver, each of somebody else."""
        made = []
        async with self.units.begin() as unit:
            trip = a_trip(driver)
            await keep(unit, trip)
            for _ in range(count):
                passenger = a_user()
                booking = arrived(trip, a_booking(trip, passenger))
                trip.unsell(booking.ride, booking.seats)
                await keep(unit, passenger, booking)
                made.append(booking)
        return made

    async def rate(self, by: UUID, whom: UUID, booking: Booking, stars: int) -> None:
        """One side's word."""
        use = RateSide(self.units.begin, self.clock, NumberedIds())
        await use(caller_id=by, booking_id=booking.id, to_user_id=whom, stars=stars, comment=None)

    async def user(self, id: UUID) -> User:
        """As he is now."""
        async with self.units.begin() as unit:
            return await unit.users.get(id)

    async def require_exact(self, id: UUID, *, count: int, total: int) -> None:
        """What stands with somebody is what was said of him."""
        user = await self.user(id)
        row = await self.pool.fetchrow(SHOWN, id)
        assert row is not None
        assert (user.rating_count, user.rating_sum) == (row[0], row[1]) == (count, total)
        assert user.rating_avg == (Decimal(total) / count).quantize(Decimal("0.01"))


@pytest.fixture
def stage(units: PostgresUnits, pool: Pool) -> Stage:
    return Stage(units, pool, SetClock(DEPARTURE + 4 * HOUR))


async def test_count_and_average_are_exact_when_many_rate_one_driver_at_once(stage: Stage) -> None:
    for _ in range(ROUNDS):
        driver = a_driver()
        async with stage.units.begin() as unit:
            await keep(unit, driver)
        rides = await stage.rides(driver, RIDES)
        for ride in rides:
            await stage.rate(driver.id, ride.passenger_id, ride, 3)
        stars = [1 + n % 5 for n in range(RIDES)]
        await asyncio.gather(
            *(stage.rate(ride.passenger_id, driver.id, ride, each) for ride, each in zip(rides, stars, strict=True))
        )
        await stage.require_exact(driver.id, count=RIDES, total=sum(stars))
        for ride in rides:
            await stage.require_exact(ride.passenger_id, count=1, total=3)


async def test_both_are_shown_when_the_two_sides_rate_at_once(stage: Stage) -> None:
    for _ in range(ROUNDS):
        driver = a_driver()
        async with stage.units.begin() as unit:
            await keep(unit, driver)
        rides = await stage.rides(driver, RIDES)
        both = [(ride, ride.passenger_id, driver.id) for ride in rides]
        await asyncio.gather(
            *(stage.rate(by, whom, ride, 4) for ride, by, whom in both),
            *(stage.rate(whom, by, ride, 2) for ride, by, whom in both),
        )
        await stage.require_exact(driver.id, count=RIDES, total=4 * RIDES)
        for ride in rides:
            await stage.require_exact(ride.passenger_id, count=1, total=2)


async def test_rating_counts_once_when_two_jobs_close_its_window(stage: Stage) -> None:
    driver = a_driver()
    async with stage.units.begin() as unit:
        await keep(unit, driver)
    rides = await stage.rides(driver, RIDES)
    for ride in rides:
        await stage.rate(ride.passenger_id, driver.id, ride, 5)
    stage.clock.advance(15 * 24 * HOUR)
    close = CloseRatings(stage.units.begin, PostgresRatingQueries(stage.pool), stage.clock)
    assert sum(await asyncio.gather(*(close() for _ in range(3)))) == RIDES
    await stage.require_exact(driver.id, count=RIDES, total=5 * RIDES)


async def test_indexes_find_what_is_overdue_and_what_drivers_did(stage: Stage, owner: Connection) -> None:
    driver = a_driver()
    async with stage.units.begin() as unit:
        await keep(unit, driver)
    trip_rides = await stage.rides(driver, 3)
    async with stage.units.begin() as unit:
        for ride in trip_rides:
            trip = await unit.trips.get(ride.trip_id)
            await keep(unit, a_rating(trip, ride))
    await owner.execute("ANALYZE")
    await owner.execute("SET enable_seqscan = off")
    overdue = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {OVERDUE}", NOW, 10))
    assert "ix_ratings_hidden" in overdue
    assert "Sort" not in overdue
    figures = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {FIGURES}", driver.id, NOW, NOW))
    assert "Seq Scan" not in figures, figures
