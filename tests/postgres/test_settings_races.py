"""Changes of the settings that meet, and processes that hear of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from allonova.adapters.postgres.carpool.settings import PostgresSettingsQueries
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.carpool.change_settings import ChangeSettings
from allonova.application.carpool.settings_book import SettingsBook
from allonova.application.kernel.listing import ListQuery, Sort
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.settings import BusinessSettings
from allonova.domain.kernel.errors import DomainError
from allonova.domain.money.rules import MoneyRules
from tests.support.factories import NumberedIds, SetClock, an_admin, keep

DEFAULTS = BusinessSettings(rides=Rules(), money=MoneyRules())
ADMIN = an_admin()


@pytest.fixture
async def books(pool: Pool, units: PostgresUnits) -> list[SettingsBook]:
    """Those of three processes, and somebody who may set what they say."""
    async with units.begin() as unit:
        await keep(unit, ADMIN)
    return [SettingsBook(PostgresSettingsQueries(pool), DEFAULTS) for _ in range(3)]


async def outcome(units: PostgresUnits, book: SettingsBook, expected: int, minutes: int) -> str:
    """`done`, or the code of the refusal."""
    change = ChangeSettings(units.begin, SetClock(), NumberedIds(), book)
    try:
        await change(admin_id=ADMIN.id, change={"hold_minutes": minutes}, expected=expected)
    except DomainError as error:
        return error.code
    return "done"


@pytest.mark.promise("lost-updates")
async def test_one_wins_when_twenty_change_one_version_at_once(
    units: PostgresUnits, pool: Pool, books: list[SettingsBook]
) -> None:
    for version in range(1, 6):  # the first of all finds no record yet
        deeds = [outcome(units, books[n % 3], version, 40 + 20 * version + n) for n in range(20)]
        assert Counter(await asyncio.gather(*deeds)) == {"done": 1, "precondition_failed": 19}
    page = await PostgresSettingsQueries(pool).history(ListQuery(sort=(Sort("version"),)))
    assert [revision.version for revision in page.items] == [2, 3, 4, 5, 6]
    minutes = [revision.changes[0] for revision in page.items]
    assert [change.before for change in minutes] == [30, *(change.after for change in minutes[:-1])]


async def test_every_process_follows_within_two_seconds(units: PostgresUnits, books: list[SettingsBook]) -> None:
    async with AsyncExitStack() as stack:
        for book in books:
            await stack.enter_async_context(book.running())
        assert await outcome(units, books[0], 1, 45) == "done"
        assert books[0].rides().hold_minutes == 45
        async with asyncio.timeout(2):
            while any(book.rides().hold_minutes != 45 for book in books):
                await asyncio.sleep(0.02)
