"""The job that works the table of periods."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allonova.adapters.postgres.metadata import METADATA
from allonova.application.files.clean_up import CleanUp
from allonova.domain.kernel.retention import CLEANUP, RULES, STAYS, Kept, Rule
from allonova.domain.money.rules import MoneyRules
from tests.support.factories import NOW
from tests.support.retained import FILES, NOVA, forgotten, plant
from tests.support.worlds import World

LONG = timedelta(days=20_000)
OWN = [rule for rule in RULES if rule.job == CLEANUP and rule.kept not in NOVA]
DAYS = [rule for rule in OWN if rule.kept not in {Kept.DELIVERIES, Kept.DEAD_LETTERS, Kept.JOB_REQUESTS, Kept.SESSIONS}]


def period(rule: Rule) -> timedelta:
    """With the figures of the back office as they come."""
    return rule.period or timedelta(days=MoneyRules().legal_retention_days)


def test_every_kind_and_every_table_has_its_rule() -> None:
    assert sorted(rule.kept for rule in RULES) == sorted(Kept)
    ends, tables = {rule.table for rule in RULES}, {table.fullname for table in METADATA.tables.values()}
    assert ends | STAYS.keys() == tables
    assert not ends & STAYS.keys()
    assert all(rule.why and rule.since for rule in RULES)


@pytest.mark.parametrize("rule", DAYS, ids=lambda rule: rule.kept.value)
async def test_rows_go_when_their_period_is_over_and_not_before(world: World, rule: Rule) -> None:
    await plant(world)
    clean = CleanUp(world.begin, world.clock, MoneyRules)
    world.clock.at = NOW + period(rule)
    await clean()
    assert (await forgotten(world, rule.kept, after=timedelta(seconds=1)))[0] == 1
    await plant(world)
    world.clock.at += timedelta(seconds=1)
    await clean()
    assert (await forgotten(world, rule.kept, after=timedelta(seconds=1)))[0] == 0


async def test_files_are_dropped_by_events_of_the_same_unit(world: World) -> None:
    await plant(world)
    world.clock.at = NOW + LONG
    assert await CleanUp(world.begin, world.clock, MoneyRules, batch=1)() > len(FILES)
    assert {kept: await forgotten(world, kept, after=LONG) for kept in FILES} == dict.fromkeys(FILES, (0, set()))


async def test_papers_stay_as_long_as_the_back_office_says(world: World) -> None:
    await plant(world)
    world.clock.at = NOW + timedelta(days=4_000)
    await CleanUp(world.begin, world.clock, lambda: MoneyRules(legal_retention_days=5_000))()
    assert await forgotten(world, Kept.PAPERS, after=LONG) == (1, {"erased.jpg"})


async def test_one_batch_of_each_kind_is_worked_when_the_time_of_a_run_is_up(world: World) -> None:
    for _ in range(3):
        await plant(world)
    world.clock.at = NOW + LONG
    await CleanUp(world.begin, world.clock, MoneyRules, batch=1, budget=timedelta(0))()
    left = {kept: (await forgotten(world, kept, after=LONG))[0] for kept in (Kept.CODES, Kept.NOTICES)}
    assert left == {Kept.CODES: 2, Kept.NOTICES: 2}
