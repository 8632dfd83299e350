"""Demo data by the thousand: sound, the same for the same number, and there for whoever asks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from allonova.adapters.postgres.bulk import PostgresBulk
from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.carpool.ratings import PostgresRatingQueries
from allonova.adapters.postgres.dispatch.doors import PostgresDoors
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.ports import Search
from allonova.application.kernel.listing import ListQuery
from allonova.domain.carpool.booking import BOOKING, Booking, BookingStage
from allonova.domain.dispatch.commande import CommandeStatut
from allonova.domain.kernel.machine import Party
from allonova.main.seed import ABIDJAN, YAMOUSSOUKRO
from allonova.main.seed_many.courses import Month
from allonova.main.seed_many.people import People
from allonova.main.seed_many.plant import Plan, Plant
from allonova.main.seed_many.ride_story import RideStory
from allonova.main.seed_many.rides import rides
from tests.support.factories import NumberedIds, SetClock
from tests.support.postgres import admin_dsn, drop_database, fresh_database

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
PLAN = Plan(50, 7, NOON)
MANY = 1_500


class Plain:
    """Neither seals nor hashes, so that rows can be compared."""

    def seal(self, value: str, *, context: str) -> str:
        """See Sealer."""
        return value

    def open(self, sealed: str, *, context: str) -> str:
        """See Sealer."""
        return sealed

    async def hash(self, password: str) -> str:
        """See PasswordHasher."""
        return f"hash of {password}"

    async def verify(self, password: str, kept: str | None) -> bool:
        """See PasswordHasher."""
        return kept == f"hash of {password}"

    def is_outdated(self, kept: str) -> bool:
        """See PasswordHasher."""
        return False

    def is_common(self, password: str) -> bool:
        """See PasswordHasher."""
        return False


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A migrated database."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@dataclass(frozen=True, slots=True)
class Ground:
    """Where things are planted."""

    pool: Pool
    plant: Plant


@pytest.fixture
async def ground(database: str) -> AsyncIterator[Ground]:
    """The plan's people are there."""
    async with await open_pool(database, max_size=4) as pool:
        units = PostgresUnits(pool, subscribers={}, ids=NumberedIds(), clock=SetClock(NOON), wake=lambda _: None)
        plain = Plain()
        plant = Plant(
            bulk=PostgresBulk(pool),
            begin_for=units.begin_for,
            doors=PostgresDoors(pool),
            sealer=plain,
            hasher=plain,
            is_quiet=True,
        )
        await plant(PLAN)
        yield Ground(pool, plant)


def people(count: int = MANY, seed: int = 7) -> People:
    return People(seed, count, NOON, Plain(), "hash")


@pytest.fixture(scope="module")
def stories() -> list[RideStory]:
    """Of many drivers."""
    crowd = people()
    return [story for number in crowd.drivers() for story in rides(crowd, number)]


def steps(booking: Booking) -> bool:
    """Whether a booking's history is one that its machine tells, told anew from the first line on."""
    first, *rest = booking.changes
    if first.from_status is not None or first.to_status != "pending":
        return False
    stage = BookingStage.PENDING
    for change in rest:
        wanted = BookingStage(str(change.meta.get("stage", change.to_status)))
        by = Party.PASSENGER if change.by.party is Party.PROVIDER else change.by.party
        if change.to_status == stage.value and "reason" in change.meta and stage is BookingStage.CANCELLED:
            continue  # the word that was asked for did not come: the money goes back, the state stays
        ways = (step for (at, _), step in BOOKING.steps.items() if at is stage)
        if not any(step.to is wanted and by in step.who for step in ways):
            return False
        stage = wanted
    return stage is booking.stage


def test_every_booking_is_one_that_the_machine_can_reach(stories: list[RideStory]) -> None:
    bookings = [booking for story in stories for booking in story.bookings]
    assert [booking for booking in bookings if not steps(booking)] == []
    assert {booking.stage for booking in bookings} == set(BookingStage)
    reasons = {booking.cancel_reason for booking in bookings}
    assert reasons == {None, "rejected", "expired", "cancelled", "no_show", "driver_no_show"}
    assert {booking.is_frozen for booking in bookings} == {False, True}


def test_nothing_happens_out_of_turn_or_in_the_future(stories: list[RideStory]) -> None:
    for story in stories:
        for booking in story.bookings:
            at = [change.at for change in booking.changes]
            assert at == sorted(at)
            assert at[-1] <= NOON
        assert all(rating.created_at <= NOON for rating in story.ratings)
        assert all(entry.created_at <= NOON for entry in story.entries)


def test_same_number_tells_the_same_and_another_number_another_story(stories: list[RideStory]) -> None:
    number = people().drivers()[3]
    one, again, other = (list(rides(people(seed=seed), number)) for seed in (7, 7, 8))
    assert [story.things() for story in one] == [story.things() for story in again]
    assert {story.trip.id for story in one} & {story.trip.id for story in other} == set()
    assert list(people().made(number)) == list(people().made(number))
    assert Month(7, NOON, "hash").commandes == Month(7, NOON, "hash").commandes


def test_month_of_courses_has_every_statut_and_no_taxi_is_in_two_places() -> None:
    month = Month(7, NOON, "hash")
    assert {commande.statut for commande in month.commandes} == set(CommandeStatut)
    by_taxi = Counter((c.taxi_id, c.date_iso) for c in month.commandes if c.chauffeur_id is not None)
    assert max(by_taxi.values()) == 1
    assert len(month.interventions) > 10
    for made in (month.commandes, month.interventions):
        assert max(each.created_at for each in made) <= NOON


@pytest.mark.parametrize(("users", "seed"), [(9, 1), (200_001, 1), (50, -1), (50, 100)])
def test_refused_when_there_are_too_few_or_too_many(users: int, seed: int) -> None:
    with pytest.raises(ValueError, match=r"N is|SEED is"):
        Plan(users, seed, NOON)


async def test_books_are_sound_and_nothing_is_added_twice(ground: Ground) -> None:
    before = await PostgresBooks(ground.pool).verify()
    assert before.faults == ()
    assert before.entries > 50
    assert not await ground.plant(PLAN)
    assert not await ground.plant(replace(PLAN, users=60))
    assert await PostgresBooks(ground.pool).verify() == before


async def test_another_number_adds_others(ground: Ground) -> None:
    assert await ground.plant(replace(PLAN, seed=8, users=20))
    assert (await PostgresBooks(ground.pool).verify()).faults == ()
    assert await ground.pool.fetchval("SELECT count(*) FROM carpool.users") == 70


async def test_people_and_rides_are_there_for_whoever_asks(ground: Ground) -> None:
    queries, ratings = PostgresCarpoolQueries(ground.pool), PostgresRatingQueries(ground.pool)
    crowd = people(PLAN.users)
    driver, passenger = crowd.user_id(0), crowd.user_id(1)
    assert (await queries.trips(driver, ListQuery())).total >= 5
    page = await queries.bookings(driver, Party.DRIVER, ListQuery())
    assert page.total > 0
    assert {each.trip.driver.id for each in page.items} == {driver}
    rows = await ground.pool.fetch(
        "SELECT id, rating_sum, rating_count FROM carpool.users WHERE rating_count > 0 ORDER BY id"
    )
    assert len(rows) > 5
    for row in rows[:5]:
        shown = await ratings.ratings(row["id"], ListQuery(page_size=100))
        assert (sum(each.stars for each in shown.items), shown.total) == (row["rating_sum"], row["rating_count"])
    profile = await ratings.person(passenger, viewer_id=driver)
    assert profile is not None
    search = Search(
        start=ABIDJAN.point, end=YAMOUSSOUKRO.point, earliest=NOON, latest=NOON + timedelta(days=30), radius_m=25_000
    )
    assert (await queries.search(search)).total > 0
