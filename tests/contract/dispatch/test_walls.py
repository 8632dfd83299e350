"""A unit of a company: of others' rows it sees none and writes none, on either adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from allonova.adapters.memory.dispatch import tables
from allonova.adapters.memory.rules import RuleBroken, Table
from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.memory.unit import MemoryUnits
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.domain.kernel.errors import NotFound, StaleVersion
from tests.support.factories import NumberedIds, SetClock, new_id
from tests.support.nova import a_client, a_commande, a_taxi
from tests.support.postgres import wipe
from tests.support.walls import Furnished, furnish
from tests.support.worlds import STORAGE_ERRORS

STORES = {
    "societes": "societes",
    "taxis": "taxis",
    "staff": "users",
    "clients": "clients",
    "commandes": "commandes",
    "demandes": "demandes",
    "interventions": "interventions",
    "notices": "notifications",
}


def memory_units(database: MemoryDatabase) -> MemoryUnits:
    return MemoryUnits(database, subscribers={}, ids=NumberedIds(), clock=SetClock(), wake=lambda _: None)


@pytest.fixture
async def units(dsn: str | None) -> AsyncIterator[Any]:
    """On an empty store."""
    if dsn is None:
        yield memory_units(MemoryDatabase())
        return
    async with await open_pool(dsn, max_size=2) as pool, await open_pool(dsn, role=None) as owner:
        await wipe(owner)
        yield PostgresUnits(pool, subscribers={}, ids=NumberedIds(), clock=SetClock(), wake=lambda _: None)


@pytest.fixture
async def two(units: Any) -> tuple[Furnished, Furnished]:
    """Us and them."""
    return await furnish(units.begin_for), await furnish(units.begin_for)


async def test_another_companys_thing_is_not_found_when_it_is_asked_for(
    units: Any, two: tuple[Furnished, Furnished], subtests: pytest.Subtests
) -> None:
    ours, theirs = two
    for store, noun in STORES.items():
        with subtests.test(store):
            async with units.begin_for(ours.societe.id) as unit:
                assert (await getattr(unit, store).get(ours.ids[noun])).id == ours.ids[noun]
                assert await getattr(unit, store).find(id=theirs.ids[noun]) is None
                with pytest.raises(NotFound):
                    await getattr(unit, store).get(theirs.ids[noun], lock=True)


async def test_nothing_is_found_when_a_unit_has_no_company(
    units: Any, two: tuple[Furnished, Furnished], subtests: pytest.Subtests
) -> None:
    for store, noun in STORES.items():
        with subtests.test(store):
            async with units.begin() as unit:
                for each in two:
                    assert await getattr(unit, store).find(id=each.ids[noun]) is None


async def test_another_companys_thing_stays_when_it_would_be_saved(
    units: Any, two: tuple[Furnished, Furnished], subtests: pytest.Subtests
) -> None:
    ours, theirs = two
    for store, noun in STORES.items():
        with subtests.test(store):
            async with units.begin_for(theirs.societe.id) as unit:
                thing = await getattr(unit, store).get(theirs.ids[noun])
            with pytest.raises(StaleVersion):
                async with units.begin_for(ours.societe.id) as unit:
                    await getattr(unit, store).save(thing)
            async with units.begin_for(theirs.societe.id) as unit:
                assert await getattr(unit, store).get(thing.id) == thing


async def test_row_is_refused_when_it_would_be_another_companys(
    units: Any, two: tuple[Furnished, Furnished], subtests: pytest.Subtests
) -> None:
    ours, theirs = two
    client = a_client(theirs.societe)
    for store, thing in (
        ("taxis", a_taxi(theirs.societe)),
        ("clients", client),
        ("commandes", a_commande(theirs.societe, replace(client, id=theirs.ids["clients"]))),
    ):
        for begin in (units.begin, lambda: units.begin_for(ours.societe.id)):
            with subtests.test(store), pytest.raises(STORAGE_ERRORS):
                async with begin() as unit:
                    await getattr(unit, store).add(thing)


async def test_row_stays_when_it_would_move_to_another_company(
    units: Any, two: tuple[Furnished, Furnished], subtests: pytest.Subtests
) -> None:
    ours, theirs = two
    for store, noun in STORES.items():
        column = "id" if store == "societes" else "societe_id"
        with subtests.test(store):
            async with units.begin_for(ours.societe.id) as unit:
                thing = await getattr(unit, store).get(ours.ids[noun])
            setattr(thing, column, theirs.societe.id)
            with pytest.raises((*STORAGE_ERRORS, StaleVersion)):
                async with units.begin_for(ours.societe.id) as unit:
                    await getattr(unit, store).save(thing)
            async with units.begin_for(ours.societe.id) as unit:
                assert getattr(await getattr(unit, store).get(ours.ids[noun]), column) == ours.societe.id


async def test_rows_are_those_of_the_company_when_memory_is_read(subtests: pytest.Subtests) -> None:
    """Every table, also those whose stores give no single row; PostgreSQL's are in tests/postgres/test_walls.py."""
    database = MemoryDatabase()
    units = memory_units(database)
    ours, theirs = await furnish(units.begin_for), await furnish(units.begin_for)
    for table in tables.TABLES:
        with subtests.test(table.name):
            assert table.tenant is not None
            assert database.rows(table) == {}
            for each in (ours, theirs):
                seen = database.of(each.societe.id).rows(table).values()
                assert {getattr(row, table.tenant) for row in seen} == {each.societe.id}
            assert database.of(new_id()).rows(table) == {}


async def test_their_rows_stay_when_memory_is_written(subtests: pytest.Subtests) -> None:
    database = MemoryDatabase()
    units = memory_units(database)
    ours, theirs = await furnish(units.begin_for), await furnish(units.begin_for)
    for table in tables.TABLES:
        with subtests.test(table.name):
            [*_, row] = database.of(theirs.societe.id).rows(table).values()
            async with database.transaction(ours.societe.id) as transaction:
                assert transaction.rows(table) == database.of(ours.societe.id).rows(table)
                with pytest.raises(RuntimeError, match="sees one company"):
                    transaction.of(theirs.societe.id)
                transaction.remove(table, table.key(row))
            assert row in database.of(theirs.societe.id).rows(table).values()
            for tenant in (ours.societe.id, None):
                with pytest.raises(RuleBroken, match="another company"):
                    await _put(database, tenant, table, row)


async def _put(database: MemoryDatabase, tenant: UUID | None, table: Table[Any], row: Any) -> None:
    async with database.transaction(tenant) as transaction:
        transaction.put(table, row)
