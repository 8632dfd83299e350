"""Search walks one index, whatever it asks for, also with a plan made before its parameters are known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.carpool.prices import SEAT_PRICES, around
from allonova.adapters.postgres.carpool.queries import PostgresCarpoolQueries
from allonova.adapters.postgres.carpool.search import AREA, NO_END, NO_START, page_statement
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.application.carpool.ports import RIDES_IN_AREA, Search
from allonova.application.kernel.listing import Sort
from allonova.domain.kernel.geo import Box, Point
from tests.postgres.crowd import DAYS, RIDES_PER_TRIP, crowd
from tests.support.factories import NOW, new_id
from tests.support.postgres import admin_dsn, drop_database, fresh_database

START, END = Point(6, -5), Point(7, -4.5)
EARLIEST = NOW + timedelta(days=20)
LATEST = EARLIEST + timedelta(days=1)


def crowded(drivers: int) -> str:
    """The DSN of a database with that many drivers' trips."""

    async def make() -> str:
        dsn = await fresh_database(admin_dsn())
        owner = await asyncpg.connect(dsn)
        await crowd(owner, drivers=drivers, since=NOW)
        await owner.close()
        return dsn

    return asyncio.run(make())


@pytest.fixture(scope="module", params=[50, pytest.param(500, marks=pytest.mark.prove)])
def country(request: pytest.FixtureRequest) -> Iterator[str]:
    """30,000 rides, or 300,000."""
    dsn = crowded(request.param)
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
async def crowd_pool(country: str) -> AsyncIterator[Pool]:
    """The application's pool over the crowd."""
    async with await open_pool(country, max_size=1) as pool:
        yield pool


def as_literal(value: object) -> str:
    """A text, or an array of words, as SQL writes it."""
    return "'{" + ",".join(value) + "}'" if isinstance(value, list) else f"'{value}'"


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    "wanted",
    [
        (),
        ("comfort", "driver_rating", "price_max", "price_min", "viewer_id"),
        (AREA,),
        (AREA, NO_END),
        (AREA, NO_START, NO_END),
    ],
)
@pytest.mark.parametrize("field", ["departure_time", "price", "distance", "rating"])
async def test_composite_index_is_used(crowd_pool: Pool, mode: str, wanted: tuple[str, ...], field: str) -> None:
    statement = page_statement((frozenset(wanted), (Sort(field, descending=True),)))
    literals = {
        "start": "'POINT(-5 6)'",
        "end": "'POINT(-4.5 7)'",
        "earliest": f"'{EARLIEST.isoformat()}'",
        "latest": f"'{LATEST.isoformat()}'",
        "first_day": f"'{EARLIEST.date()}'",
        "last_day": f"'{LATEST.date()}'",
        "radius_m": "25000",
        "centre": "'POINT(-4.75 6.5)'",
        "reach_m": "80000",
        "south": "6",
        "west": "-5.1",
        "north": "7",
        "east": "-4.4",
        "seats": "1",
        "comfort": "'standard'",
        "driver_rating": "3",
        "price_max": "9000",
        "price_min": "1000",
        "viewer_id": "gen_random_uuid()",
        "page_limit": "20",
        "page_offset": "0",
    }
    values = [literals.get(name) or as_literal(statement.fixed[name]) for name in statement.names]
    async with crowd_pool.acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.execute(f"PREPARE search AS {statement.sql}")
        rows = await connection.fetch(f"EXPLAIN EXECUTE search ({', '.join(values)})")
        await connection.execute("DEALLOCATE search")
    plan = "\n".join(row[0] for row in rows)
    assert "on ix_trip_legs_search" in plan or "using ix_trip_legs_search" in plan
    assert "Seq Scan on trip_legs" not in plan
    assert "Seq Scan on trips" not in plan


async def test_viewer_is_looked_up_once_when_trips_are_for_women_alone(crowd_pool: Pool) -> None:
    statement = page_statement((frozenset({"viewer_id"}), (Sort("departure_time"),)))
    assert statement.sql.count("AS viewer") == 1
    given = {"start": START, "end": END, "earliest": EARLIEST, "latest": LATEST, "radius_m": 25_000.0, "seats": 1}
    days = {"first_day": EARLIEST.date(), "last_day": LATEST.date()}
    args = statement.args(**given, **days, viewer_id=new_id(), page_limit=20, page_offset=0)
    plan = "\n".join(row[0] for row in await crowd_pool.fetch(f"EXPLAIN {statement.sql}", *args))
    assert "InitPlan" in plan
    assert "users viewer" in plan
    assert "SubPlan" not in plan.partition("users viewer")[0].rpartition("InitPlan")[2]


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_prices_are_found_by_one_index(crowd_pool: Pool, mode: str) -> None:
    until = EARLIEST + timedelta(days=10)
    values = (
        "'POINT(-5 6)'", "'POINT(-4.5 7)'", "25000", f"'{EARLIEST.date()}'", f"'{until.date()}'",
        f"'{EARLIEST.isoformat()}'", f"'{until.isoformat()}'", "500",
        *(str(edge) for point in (START, END) for edge in around(point, 25_000)),
    )  # fmt: skip
    async with crowd_pool.acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.execute(f"PREPARE prices AS {SEAT_PRICES}")
        rows = await connection.fetch(f"EXPLAIN EXECUTE prices ({', '.join(values)})")
        await connection.execute("DEALLOCATE prices")
    plan = "\n".join(row[0] for row in rows)
    assert "using ix_trips_prices" in plan, plan
    assert "Seq Scan" not in plan


async def test_every_match_is_found_when_compared_with_the_domains_own_measure(crowd_pool: Pool) -> None:
    search = Search(start=START, end=END, earliest=EARLIEST, latest=LATEST, radius_m=90_000, page_size=100)
    page = await PostgresCarpoolQueries(crowd_pool).search(search)
    rows = await crowd_pool.fetch(
        "SELECT trip_id, origin, destination FROM carpool.trip_legs WHERE departure_time >= $1 AND departure_time < $2",
        EARLIEST,
        LATEST,
    )
    wanted = {
        trip
        for trip, origin, destination in rows
        if origin.distance_m(START) <= search.radius_m and destination.distance_m(END) <= search.radius_m
    }
    assert {hit.trip.id for hit in page.items} == wanted
    assert len(wanted) == page.total > 0


async def test_every_match_is_found_when_compared_with_the_areas_own_edges(crowd_pool: Pool) -> None:
    area = Box(Point(5.5, -6.5), Point(8.5, -4))
    search = Search(start=None, end=None, area=area, earliest=EARLIEST, latest=LATEST, radius_m=1, page_size=100)
    page = await PostgresCarpoolQueries(crowd_pool).search(search)
    rows = await crowd_pool.fetch(
        "SELECT trip_id, origin, destination FROM carpool.trip_legs WHERE departure_time >= $1 AND departure_time < $2",
        EARLIEST,
        LATEST,
    )
    wanted = {trip for trip, origin, destination in rows if area.holds(origin) and area.holds(destination)}
    assert {hit.trip.id for hit in page.items} <= wanted
    assert len(wanted) == page.total > 0


async def test_next_rides_alone_are_looked_at_when_the_area_is_a_country(crowd_pool: Pool) -> None:
    area = Box(Point(4, -9), Point(11, -2))
    search = Search(start=None, end=None, area=area, earliest=NOW, latest=LATEST, radius_m=1, page_size=100)
    page = await PostgresCarpoolQueries(crowd_pool).search(search)
    rows = await crowd_pool.fetch("SELECT trip_id, departure_time FROM carpool.trip_legs ORDER BY departure_time")
    assert len(rows) > RIDES_IN_AREA
    last = rows[RIDES_IN_AREA - 1]["departure_time"]
    fewest = len({row["trip_id"] for row in rows if row["departure_time"] < last})
    most = len({row["trip_id"] for row in rows if row["departure_time"] <= last})
    assert fewest <= page.total <= most
    assert {hit.trip.id for hit in page.items} <= {row["trip_id"] for row in rows[:RIDES_IN_AREA]}


async def test_crowd_is_as_large_as_it_says(crowd_pool: Pool) -> None:
    drivers = await crowd_pool.fetchval("SELECT count(*) FROM carpool.users")
    assert await crowd_pool.fetchval("SELECT count(*) FROM carpool.trip_legs") == drivers * DAYS * RIDES_PER_TRIP
