"""Figures walk indexes, in two statements, also with plans made before their parameters are known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.postgres.company import begin_sql, reading_from
from allonova.adapters.postgres.dispatch import stats_queries as sql
from allonova.adapters.postgres.dispatch.stats_queries import PostgresStatsQueries
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.application.dispatch.report_chauffeur import ReportChauffeur
from allonova.application.dispatch.report_fleet import ReportFleet
from allonova.application.dispatch.stats_views import ChauffeurView
from allonova.domain.dispatch.calendrier import WEEK, Period, jour, monday, week_of
from allonova.domain.dispatch.staff import Membre, StaffRole
from tests.postgres.fleets import CHAUFFEURS, fill
from tests.support.factories import SetClock
from tests.support.postgres import admin_dsn, drop_database, fresh_database

PARIS = "Europe/Paris"
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
NOW = SINCE + timedelta(days=7)
DAY = (SINCE + timedelta(days=3)).date()


@pytest.fixture(scope="module", params=[125, pytest.param(1000, marks=pytest.mark.prove)])
def town(request: pytest.FixtureRequest) -> Iterator[tuple[str, UUID]]:
    """A database with 5,000 courses, or 40,000, of each of two companies, and the id of the first."""

    async def make() -> tuple[str, UUID]:
        dsn = await fresh_database(admin_dsn())
        owner = await asyncpg.connect(dsn)
        first = await fill(owner, courses=request.param, since=SINCE)
        await owner.close()
        return dsn, first

    made = asyncio.run(make())
    yield made
    asyncio.run(drop_database(admin_dsn(), made[0]))


@pytest.fixture
async def pool(town: tuple[str, UUID]) -> AsyncIterator[Pool]:
    """The application's connection to it."""
    async with await open_pool(town[0], max_size=1) as pool:
        yield pool


def arrays(*of: date) -> list[str]:
    """Days, their beginnings and ends, as SQL writes them."""
    jours = [jour(day, PARIS) for day in of]
    columns = (
        ("date[]", [each.date.isoformat() for each in jours]),
        ("timestamptz[]", [each.span.debut.isoformat() for each in jours]),
        ("timestamptz[]", [each.span.fin.isoformat() for each in jours]),
    )
    return [f"'{{{','.join(values)}}}'::{kind}" for kind, values in columns]


def days_args() -> list[str]:
    """Two days a week apart, and how far back one may look."""
    return [*arrays(DAY, DAY - WEEK)[1:], "'1 day'::interval"]


def week_args() -> list[str]:
    """A week."""
    return arrays(*week_of(monday(DAY)))


STATEMENTS = {
    "days": (sql._DAY_FACTS, days_args),
    "all": (sql._ACTIVITY_OF_ALL, week_args),
    "one": (sql._ACTIVITY_OF_ONE, week_args),
}

DRIVEN = ("ix_commandes_chauffeur_id_terminee_at", "ix_demandes_chauffeur_id_repondue_at")
USED = {
    "days": ("ix_commandes_societe_id_date_iso", DRIVEN[1], "ix_interventions_societe_id_created_at"),
    "all": DRIVEN,
    "one": DRIVEN,
}


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", STATEMENTS)
async def test_indexes_are_walked(town: tuple[str, UUID], pool: Pool, name: str, mode: str) -> None:
    statement, arguments = STATEMENTS[name]
    chauffeur = await chauffeur_of(pool, town[1])
    args = [*arguments(), *([f"'{chauffeur.id}'"] if name == "one" else [])]
    async with pool.acquire() as connection:
        await connection.execute(begin_sql("READ ONLY", town[1]))
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.execute(f"PREPARE figures AS {statement}")
        rows = await connection.fetch(f"EXPLAIN EXECUTE figures ({', '.join(args)})")
        await connection.execute("DEALLOCATE figures")
        await connection.execute("ROLLBACK")
    plan = "\n".join(row[0] for row in rows)
    for index in USED[name]:
        assert index in plan, plan
    for table in ("commandes", "demandes", "interventions"):
        assert f"Seq Scan on {table}" not in plan, plan


async def statements(dsn: str, deed: Callable[[Pool], Awaitable[object]]) -> list[str]:
    """What was sent to the server, once types and statements were known there."""
    seen: list[str] = []
    async with await open_pool(dsn, max_size=1) as pool:
        await deed(pool)
        async with pool.acquire() as connection:
            listening: Any = connection
            listening.add_query_logger(lambda record: seen.append(record.query.split()[0]))
        await deed(pool)
    return [word for word in seen if word not in ("BEGIN", "ROLLBACK")]


async def test_two_statements_and_the_figures_of_a_full_day(town: tuple[str, UUID], pool: Pool) -> None:
    clock = SetClock(NOW)
    chauffeur = await chauffeur_of(pool, town[1])
    admin = Membre(chauffeur.id, town[1], StaffRole.ADMIN)

    def fleet(pool: Pool) -> ReportFleet:
        return ReportFleet(PostgresStatsQueries(reading_from(pool)), clock)

    def own(pool: Pool, period: Period) -> Awaitable[ChauffeurView]:
        return ReportChauffeur(PostgresStatsQueries(reading_from(pool)), clock)(by=chauffeur, period=period)

    assert len(await statements(town[0], lambda pool: fleet(pool)(by=admin, day=DAY))) == 2
    for period in Period:
        assert len(await statements(town[0], partial(own, period=period))) == 2
    found = await fleet(pool)(by=admin, day=DAY)
    assert found.courses.terminee == found.courses.total == found.depassements_sla == 24 * CHAUFFEURS
    assert (found.taux_acceptation, found.minutes_avant_assignation) == (1.0, 10.0)
    assert {row.taux for row in found.occupation} == {1.0}
    month = await own(pool, Period.MONTH)
    assert [row.courses for row in month.jours if row.date == DAY] == [24]


async def chauffeur_of(pool: Pool, societe_id: UUID) -> Membre:
    """One of its chauffeurs."""
    async with reading_from(pool)(societe_id) as runner:
        id = await runner.fetchval("SELECT id FROM dispatch.users ORDER BY id LIMIT 1")
    return Membre(id, societe_id, StaffRole.CHAUFFEUR)


def test_day_of_the_test_is_a_day_there() -> None:
    assert date(2026, 3, 4) == DAY
