"""The company and its staff, as both stores keep and show them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from allonova.adapters.memory.store import MemoryDatabase
from allonova.adapters.memory.unit import MemoryUnits
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.dispatch.staff_views import societe_view, staff_view
from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.dispatch.societe import SlugTaken, Societe
from allonova.domain.dispatch.staff import EmailTaken, StaffRole, TaxiTaken
from allonova.main.memory import memory_dispatch
from allonova.main.parts import Dispatch
from allonova.main.platforms import postgres_dispatch
from tests.support.factories import NumberedIds, SetClock, new_id
from tests.support.nova import a_colleague, a_societe, a_taxi
from tests.support.postgres import wipe


@dataclass(slots=True)
class House:
    """A company on some store."""

    on: Dispatch
    societe: Societe

    def unit(self) -> Any:
        """A transaction of the company."""
        return self.on.begin_for(self.societe.id)

    async def keep(self, *users: Any) -> None:
        """Take people on."""
        async with self.unit() as unit:
            for user in users:
                await unit.staff.add(user)


async def a_house(on: Dispatch, **given: Any) -> House:
    """One more company."""
    house = House(on, a_societe(**given))
    async with house.unit() as unit:
        await unit.societes.add(house.societe)
    return house


@pytest.fixture
async def house(dsn: str | None) -> AsyncIterator[House]:
    """A company without anybody."""
    clock, ids = SetClock(), NumberedIds()
    if dsn is None:
        database = MemoryDatabase()
        units = MemoryUnits(database, subscribers={}, ids=ids, clock=clock, wake=lambda _: None)
        yield await a_house(memory_dispatch(database, units))
        return
    async with await open_pool(dsn, max_size=4) as pool, await open_pool(dsn, max_size=1, role=None) as owner:
        await wipe(owner)
        units_there = PostgresUnits(pool, subscribers={}, ids=ids, clock=clock, wake=lambda _: None)
        yield await a_house(postgres_dispatch(pool, units_there))


async def test_company_is_shown_to_itself_alone(house: House) -> None:
    other = await a_house(house.on)
    companies = house.on.companies
    assert await companies.societe(house.societe.id) == societe_view(house.societe)
    assert await companies.societe(new_id()) is None
    koffi, ali = a_colleague(house.societe), a_colleague(other.societe)
    await house.keep(koffi)
    await other.keep(ali)
    assert await companies.user(house.societe.id, koffi.id) == staff_view(koffi)
    assert await companies.user(house.societe.id, ali.id) is None
    assert [user.id for user in (await companies.users(other.societe.id, ListQuery())).items] == [ali.id]


async def test_staff_is_found_by_what_it_is_called(house: House) -> None:
    people = [
        a_colleague(house.societe, StaffRole.CHAUFFEUR, name="Élodie N'Guessan", email="e_n@x.test", phone=None),
        a_colleague(house.societe, StaffRole.ADMIN, name="zoé", email="Z@x.test", phone="+33612345678"),
        a_colleague(house.societe, StaffRole.CHAUFFEUR, name="Abel%", email="abel@x.test", active=False),
    ]
    await house.keep(*people)

    async def found(*filters: Filter, sort: str = "name") -> list[str]:
        page = await house.on.companies.users(house.societe.id, ListQuery(filters=filters, sort=(Sort(sort),)))
        assert page.total == len(page.items)
        return [user.name.strip("%") for user in page.items]

    assert await found() == ["Abel", "Élodie N'Guessan", "zoé"]
    assert await found(Filter("role", Op.EQ, StaffRole.CHAUFFEUR)) == ["Abel", "Élodie N'Guessan"]
    assert await found(Filter("active", Op.EQ, True)) == ["Élodie N'Guessan", "zoé"]
    for q, names in {
        "ELODIE": ["Élodie N'Guessan"],
        "guess": ["Élodie N'Guessan"],
        "0612": [],
        "12345": ["zoé"],
        "z": ["zoé"],
        "el": ["Élodie N'Guessan"],
        "%": [],
        "_": [],
        "l%": [],
        "abel%": ["Abel"],
        "e_n": ["Élodie N'Guessan"],
    }.items():
        assert await found(Filter("q", Op.EQ, q)) == names, q


async def test_rules_refuse_what_only_one_may_have(house: House) -> None:
    other, taxi = await a_house(house.on), a_taxi(house.societe)
    async with house.unit() as unit:
        await unit.taxis.add(taxi)
    koffi = a_colleague(house.societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id)
    await house.keep(koffi)
    with pytest.raises(EmailTaken):
        await other.keep(a_colleague(other.societe, email=koffi.email.upper()))
    with pytest.raises(TaxiTaken):
        await house.keep(a_colleague(house.societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id))
    await house.keep(a_colleague(house.societe, StaffRole.CHAUFFEUR, taxi_id=taxi.id, active=False))
    with pytest.raises(SlugTaken):
        await a_house(house.on, slug=house.societe.slug)


async def test_doors_lead_to_the_company_and_say_nothing_else(house: House) -> None:
    koffi, doors = a_colleague(house.societe, email="Koffi@Taxis.test"), house.on.doors
    await house.keep(koffi)
    assert await doors.of_email("KOFFI@taxis.TEST") == house.societe.id
    assert await doors.of_email("koffi@taxis.tes_") is None
    assert await doors.of_user(koffi.id) == house.societe.id
    assert await doors.of_user(new_id()) is None
    assert not await doors.is_slug_free(house.societe.slug)
    assert await doors.is_slug_free("free")
    asked = ["new@taxis.test", "KOFFI@taxis.TEST", "koffi@taxis.tes_"]
    assert await doors.known_emails(asked) == {"KOFFI@taxis.TEST"}
    assert await doors.free_slugs(["free", house.societe.slug, "also-free"]) == ["free", "also-free"]
    assert (await doors.known_emails([]), await doors.free_slugs([])) == (set(), [])
