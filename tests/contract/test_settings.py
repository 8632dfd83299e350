"""The record of the settings, its history, and the book that follows it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from allonova.application.carpool.change_settings import ChangeSettings
from allonova.application.carpool.settings_book import SettingsBook
from allonova.application.carpool.settings_views import ChangedSetting
from allonova.application.kernel.listing import Filter, ListQuery, Op, Page, Sort
from allonova.domain.carpool.rules import Rules
from allonova.domain.carpool.settings import BusinessSettings, SettingsRecord, SettingsRevision
from allonova.domain.identity.admin_user import AdminUser
from allonova.domain.kernel.errors import AlreadyExists, PreconditionFailed, PreconditionRequired, StaleVersion
from allonova.domain.money.rules import MoneyRules
from tests.support.factories import HOUR, NOW, an_admin, new_id
from tests.support.worlds import STORAGE_ERRORS, World

DEFAULTS = BusinessSettings(rides=Rules(), money=MoneyRules())


def a_record() -> SettingsRecord:
    return SettingsRecord(id=new_id(), created_at=NOW, updated_at=NOW)


def a_revision(by: AdminUser, version: int, **given: Any) -> SettingsRevision:
    made: dict[str, Any] = {"changes": {"hold_minutes": {"before": 30, "after": 45}}, "created_at": NOW} | given
    return SettingsRevision(id=new_id(), version=version, admin_id=by.id, **made)


async def changed(world: World, book: SettingsBook, by: AdminUser, expected: int | None, **change: Any) -> int:
    """Which version a change makes."""
    change_settings = ChangeSettings(world.begin, world.clock, world.ids, book)
    return (await change_settings(admin_id=by.id, change=change, expected=expected)).version


async def test_record_is_made_once_and_kept_as_it_was_changed(world: World) -> None:
    first, second = a_record(), a_record()
    assert await world.settings.settings() is None
    async with world.begin() as unit:
        assert [await unit.settings.the(new=one) for one in (first, second)] == [first, first]
    async with world.begin() as unit:
        record = await unit.settings.the(new=second)
        record.document |= {"hold_minutes": 45, "corridors": [{"lat": 5.35, "text": None}]}
        record.updated_at = NOW + HOUR
        await unit.settings.save(record)
    found = await world.settings.settings()
    assert found is not None
    assert (found.id, found.version, found.updated_at) == (first.id, 2, NOW + HOUR)
    assert found.document == {"hold_minutes": 45, "corridors": [{"lat": 5.35, "text": None}]}
    assert await world.settings.settings(unless=1) == found
    assert await world.settings.settings(unless=2) is None


async def test_record_is_refused_when_another_version_was_read(world: World) -> None:
    async with world.begin() as unit:
        record = await unit.settings.the(new=a_record())
        await unit.settings.save(record)
    record.version = 1
    with pytest.raises(StaleVersion):
        await world.run(lambda unit: unit.settings.save(record))


async def test_history_lists_who_changed_what(world: World) -> None:
    awa, yao = an_admin(email="awa@allonova.test"), an_admin(email="yao@allonova.test")
    await world.keep(awa, yao)
    async with world.begin() as unit:
        await unit.settings.note(a_revision(awa, 2))
        changes = {"b": {"before": None, "after": [1]}, "a": {"before": False, "after": True}}
        await unit.settings.note(a_revision(yao, 3, changes=changes, created_at=NOW + HOUR))

    async def history(*filters: Filter, page: int = 1, page_size: int = 20) -> Page[Any]:
        order = (Sort("version", descending=True),)
        return await world.settings.history(ListQuery(filters, order, page=page, page_size=page_size))

    page = await history()
    assert [(one.version, one.by.email, one.created_at) for one in page.items] == [
        (3, "yao@allonova.test", NOW + HOUR),
        (2, "awa@allonova.test", NOW),
    ]
    assert page.items[0].changes == (
        ChangedSetting(name="a", before=False, after=True),
        ChangedSetting(name="b", before=None, after=[1]),
    )
    assert (await history(page=2, page_size=1)).items == [page.items[1]]
    assert [one.version for one in (await history(Filter("admin_id", Op.EQ, awa.id))).items] == [2]
    assert [one.version for one in (await history(Filter("created_at", Op.GTE, NOW + HOUR))).items] == [3]


async def test_history_has_each_version_once_and_only_of_people_who_exist(world: World) -> None:
    awa = an_admin()
    await world.keep(awa)
    await world.run(lambda unit: unit.settings.note(a_revision(awa, 2)))
    with pytest.raises(AlreadyExists):
        await world.run(lambda unit: unit.settings.note(a_revision(awa, 2)))
    with pytest.raises(STORAGE_ERRORS):
        await world.run(lambda unit: unit.settings.note(a_revision(an_admin(), 3)))


async def test_book_follows_at_once_where_it_was_changed_and_elsewhere_once_it_looks(world: World) -> None:
    awa, here, there = an_admin(), SettingsBook(world.settings, DEFAULTS), SettingsBook(world.settings, DEFAULTS)
    await world.keep(awa)
    await there.refresh()
    assert await changed(world, here, awa, 1, hold_minutes=45, enable_wallet=False) == 2
    assert (here.rides().hold_minutes, here.money().enable_wallet) == (45, False)
    assert (there.rides(), there.money()) == (DEFAULTS.rides, DEFAULTS.money)
    await there.refresh()
    assert (there.rides(), there.money()) == (here.rides(), here.money())
    assert await changed(world, there, awa, 2, hold_minutes=30, payout_schedule="daily") == 3
    assert (there.rides().hold_minutes, there.money().enable_wallet) == (30, False)


async def test_change_must_name_the_version_that_stands(world: World) -> None:
    awa, book = an_admin(), SettingsBook(world.settings, DEFAULTS)
    await world.keep(awa)
    with pytest.raises(PreconditionRequired):
        await changed(world, book, awa, None, hold_minutes=45)
    assert await changed(world, book, awa, 1, hold_minutes=45) == 2
    with pytest.raises(PreconditionFailed) as refused:
        await changed(world, book, awa, 1, hold_minutes=50)
    assert getattr(refused.value.current, "hold_minutes", None) == 45
    assert book.rides().hold_minutes == 45


async def test_record_is_not_made_when_nothing_was_changed(world: World) -> None:
    awa, book = an_admin(), SettingsBook(world.settings, DEFAULTS)
    await world.keep(awa)
    assert await changed(world, book, awa, 1, hold_minutes=30, driver_penalty=1_000) == 1
    assert (await world.settings.history(ListQuery())).items == []
    assert await world.audit() == []


@dataclass
class Shaky:
    """A store that can be down, and that can be made to answer late."""

    record: SettingsRecord | None = None
    is_down: bool = False
    looks: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0

    async def settings(self, *, unless: int = 0) -> SettingsRecord | None:
        """See SettingsQueries."""
        self.asked += 1
        if self.is_down:
            raise ConnectionRefusedError
        found = self.record
        self.looks.set()
        await self.answers.wait()
        return None if found is None or found.version == unless else found

    async def history(self, query: ListQuery) -> Page[Any]:
        """See SettingsQueries."""
        raise NotImplementedError


def a_version(version: int, hold_minutes: int) -> SettingsRecord:
    record = a_record()
    record.version, record.document = version, {"hold_minutes": hold_minutes}
    return record


async def looked(store: Shaky) -> None:
    """Return once the book has asked twice more: what it had asked before, it knows by now."""
    until = store.asked + 2
    async with asyncio.timeout(5):
        while store.asked < until:
            await asyncio.sleep(0)


async def test_last_that_was_known_holds_when_the_store_is_down() -> None:
    store = Shaky(a_version(2, 45))
    store.answers.set()
    book = SettingsBook(store, DEFAULTS, every_s=0)
    async with book.running():
        assert book.rides().hold_minutes == 45
        store.is_down = True
        await looked(store)
        assert book.rides().hold_minutes == 45
        store.is_down, store.record = False, a_version(3, 50)
        await looked(store)
        assert book.rides().hold_minutes == 50
        store.record = a_version(2, 45)  # a backup of yesterday was restored
        await looked(store)
        assert book.rides().hold_minutes == 45


async def test_process_does_not_start_when_the_settings_cannot_be_read() -> None:
    with pytest.raises(ConnectionRefusedError):
        async with SettingsBook(Shaky(is_down=True), DEFAULTS).running():
            pytest.fail("it runs")


async def test_late_answer_changes_nothing_when_this_process_knows_better() -> None:
    store = Shaky(a_version(2, 45))
    book = SettingsBook(store, DEFAULTS)
    look = asyncio.create_task(book.refresh())
    await store.looks.wait()
    book.take(a_version(4, 60))
    store.answers.set()
    await look
    assert book.rides().hold_minutes == 60
    book.take(a_version(3, 50))
    assert book.rides().hold_minutes == 60
