"""The benchmarks' country: what is put in by COPY is as the tables want it, and is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.carpool.search import find_hits, read_hit
from allonova.adapters.postgres.pool import open_pool
from benchmarks.country import COUNTRY_DEGREES, DAYS, MOST_DAYS, PER_DAY, plan, questions
from benchmarks.fill import fill
from benchmarks.jobs.search import search_of
from tests.support.postgres import admin_dsn, drop_database, fresh_database

SINCE = datetime(2030, 1, 1, tzinfo=UTC)
BUILT = """
SELECT array_agg(indexdef ORDER BY indexname), (SELECT array_agg(pg_get_constraintdef(oid) ORDER BY conname)
    FROM pg_constraint WHERE connamespace = 'carpool'::regnamespace)
FROM pg_indexes WHERE schemaname = 'carpool'
"""


async def test_trips_are_found_and_rules_are_back_when_the_country_is_filled() -> None:
    dsn = await fresh_database(admin_dsn())
    try:
        owner = await asyncpg.connect(dsn)
        before = tuple(await owner.fetchrow(BUILT))
        timetable = await fill(dsn, PER_DAY * DAYS * 2, SINCE)
        assert tuple(await owner.fetchrow(BUILT)) == before
        await owner.close()
        async with await open_pool(dsn, max_size=1) as pool:
            for question in questions(timetable, 5, SINCE):
                found = await find_hits(pool, search_of(question))
                assert found.total >= PER_DAY
                assert all(
                    question[2] <= hit.departure_time < question[2] + timedelta(days=1)
                    for hit in map(read_hit, found.hits)
                )
    finally:
        await drop_database(admin_dsn(), dsn)


def test_roads_are_no_busier_when_trips_are_more() -> None:
    sizes = [plan(PER_DAY * DAYS * number) for number in (1, 2, 10)]
    assert [len(each.corridors) for each in sizes] == [1, 2, 10]
    assert {each.days for each in sizes} == {DAYS}
    million = plan(1_000_000)
    assert DAYS < million.days <= MOST_DAYS
    assert million.trips <= len(million.corridors) * PER_DAY * million.days


def test_a_full_country_gets_a_neighbour_when_trips_are_more() -> None:
    whole = plan(5_000_000)
    larger = plan(10_000_000)
    assert larger.days <= MOST_DAYS
    there = larger.corridors[len(whole.corridors)]
    assert there.origin.lon - whole.corridors[0].origin.lon == pytest.approx(COUNTRY_DEGREES)
    assert larger.trips <= len(larger.corridors) * PER_DAY * larger.days


@pytest.mark.parametrize("trips", [0, -1, 100_000_000])
def test_plan_is_refused_when_the_country_has_no_room_for_it(trips: int) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        plan(trips)
