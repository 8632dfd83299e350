"""NOVA's jobs when several workers run them at the same minute."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from allonova.adapters.postgres.company import reading_from
from allonova.adapters.postgres.dispatch.doors import PostgresDoors
from allonova.adapters.postgres.dispatch.stats_queries import PostgresStatsQueries
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.dispatch.keep_weeks import KeepWeeks
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.dispatch.trail import Trail
from allonova.application.dispatch.watch_sla import WatchSla
from allonova.domain.dispatch.client import Client
from allonova.domain.dispatch.commande import Commande, CommandeAction
from allonova.domain.dispatch.societe import Societe
from allonova.domain.dispatch.staff import StaffRole, StaffUser
from allonova.domain.dispatch.taxi import Taxi
from allonova.domain.kernel.machine import Party
from tests.support.factories import NOW, NumberedIds, SetClock
from tests.support.nova import a_client, a_colleague, a_commande, a_societe, a_taxi

WORKERS = 3
LATE = NOW + timedelta(hours=2)
MONDAY = datetime(2026, 6, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Firm:
    """A company with two admins and a chauffeur."""

    units: PostgresUnits
    societe: Societe
    client: Client
    taxi: Taxi
    chauffeur: StaffUser

    async def enter(self, count: int) -> list[Commande]:
        """Commandes that have waited since NOW."""
        cards = [a_commande(self.societe, self.client) for _ in range(count)]
        async with self.units.begin_for(self.societe.id) as unit:
            for card in cards:
                await unit.commandes.add(card)
        return cards


@pytest.fixture
async def firm(units: PostgresUnits) -> Firm:
    societe = a_societe(created_at=MONDAY - timedelta(days=20))
    taxi, client = a_taxi(societe), a_client(societe)
    chauffeur = a_colleague(societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id)
    async with units.begin_for(societe.id) as unit:
        await unit.societes.add(societe)
        await unit.taxis.add(taxi)
        await unit.clients.add(client)
        for user in (a_colleague(societe), a_colleague(societe), chauffeur):
            await unit.staff.add(user)
    return Firm(units, societe, client, taxi, chauffeur)


@pytest.fixture
def watch(pool: Pool, units: PostgresUnits) -> Callable[[], WatchSla]:
    """A worker's own job."""
    clock, ids = SetClock(LATE), NumberedIds()

    def made() -> WatchSla:
        return WatchSla(units.begin_for, PostgresDoors(pool), clock, ids, NoticeDesk(clock, ids), Trail(clock, ids))

    return made


@pytest.mark.promise("jobs-are-rows")
async def test_one_intervention_a_wait_when_three_workers_watch(
    firm: Firm, watch: Callable[[], WatchSla], owner: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    cards = await firm.enter(20)
    with caplog.at_level(logging.WARNING):
        reported = await asyncio.gather(*(watch()() for _ in range(WORKERS)))
    assert (sum(reported), caplog.records) == (len(cards), [])
    opened = Counter(row[0] for row in await owner.fetch("SELECT commande_id FROM dispatch.interventions"))
    assert opened == {card.id: 1 for card in cards}
    assert await owner.fetchval("SELECT count(*) FROM dispatch.notifications") == 2 * len(cards)
    assert await owner.fetchval("SELECT count(*) FROM dispatch.commandes WHERE version = 1") == len(cards)


async def test_index_stands_behind_it_when_the_mark_is_lost(
    firm: Firm, watch: Callable[[], WatchSla], owner: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await firm.enter(1)
    assert await watch()() == 1
    await owner.execute("UPDATE dispatch.commandes SET sla_signale_at = NULL")
    assert await watch()() == 0
    assert [record.message for record in caplog.records] == ["wait not reported"]
    assert await owner.fetchval("SELECT count(*) FROM dispatch.interventions") == 1
    assert await owner.fetchval("SELECT count(*) FROM dispatch.notifications") == 2


async def test_nothing_is_lost_when_a_chauffeur_is_found_meanwhile(
    firm: Firm, watch: Callable[[], WatchSla], owner: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    cards = await firm.enter(8)
    clock = SetClock(LATE)

    async def assign(card: Commande, hours: int) -> None:
        async with firm.units.begin_for(firm.societe.id) as unit:
            mine = await unit.commandes.get(card.id, lock=True)
            mine.shift(clock.now(), date_iso=LATE + timedelta(hours=hours), duree_minutes=60)
            ids = {"taxi_id": firm.taxi.id, "chauffeur_id": firm.chauffeur.id}
            mine.assign(CommandeAction.CONFIRM, Party.ADMIN, clock.now(), **ids, force=False)
            await unit.commandes.save(mine)

    await asyncio.gather(watch()(), watch()(), *(assign(card, n) for n, card in enumerate(cards)))
    assert caplog.records == []
    rows = await owner.fetch("SELECT version, statut, sla_signale_at IS NULL FROM dispatch.commandes")
    assert {(row[0], row[1]) for row in rows} == {(2, "assignee")}
    marked = sum(not row[2] for row in rows)
    assert await owner.fetchval("SELECT count(*) FROM dispatch.interventions") == marked


@pytest.mark.promise("jobs-are-rows")
async def test_each_week_is_kept_once_when_three_workers_keep_them(
    firm: Firm, pool: Pool, owner: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    async with firm.units.begin_for(firm.societe.id) as unit:
        for _ in range(30):
            await unit.staff.add(a_colleague(firm.societe, StaffRole.CHAUFFEUR))
    clock = SetClock(MONDAY)
    jobs = [
        KeepWeeks(
            firm.units.begin_for,
            PostgresDoors(pool),
            PostgresStatsQueries(reading_from(pool)),
            clock,
            NumberedIds(),
        )
        for _ in range(WORKERS)
    ]
    kept = await asyncio.gather(*(job() for job in jobs))
    assert caplog.records == []
    assert sum(kept) == 31 * 3  # the week in which the company came, and two more
    assert await owner.fetchval("SELECT count(DISTINCT (chauffeur_id, debut)) FROM dispatch.semaines") == 31 * 3
    assert await jobs[0]() == 0
