"""Exports that wait, and that somebody writes."""

from __future__ import annotations

from dataclasses import replace

from allonova.application.kernel.listing import Filter, ListQuery, Op, Sort
from allonova.domain.files.export import LEASE, ExportKind, ExportStatus, FileFormat
from tests.support.exports import DAY, an_export
from tests.support.factories import NOW, SECOND, an_admin, new_id
from tests.support.worlds import World


async def test_export_comes_back_as_it_was_kept(world: World) -> None:
    admin = an_admin()
    await world.keep(admin)
    export = an_export(
        admin.id,
        kind=ExportKind.WALLET_TXNS,
        format=FileFormat.XLSX,
        filters={"type": "credit"},
        shows_phones=True,
        status=ExportStatus.DONE,
        progress=100,
        rows=60_000,
        size=3_000_000_000,
        object_key="exports/a.xlsx",
        expires_at=NOW + DAY,
        attempts=2,
    )
    await world.run(lambda unit: unit.exports.add(export))
    assert await world.exports.export(export.id) == export
    assert await world.exports.export(new_id()) is None


async def test_oldest_that_nobody_holds_is_next(world: World) -> None:
    admin = an_admin()
    await world.keep(admin)
    first, second = an_export(admin.id), an_export(admin.id, created_at=NOW + SECOND)
    ended = an_export(admin.id, created_at=NOW - DAY, status=ExportStatus.DONE)
    failed = an_export(admin.id, created_at=NOW - DAY, status=ExportStatus.FAILED)
    for export in (second, first, ended, failed):
        await world.run(lambda unit, export=export: unit.exports.add(export))  # type: ignore[misc] # its own
    taken = []
    for _ in range(3):
        async with world.begin() as unit:
            due = await unit.exports.next_due(now=NOW)
            if due is not None:
                due.take(NOW)
                await unit.exports.save(due)
            taken.append(None if due is None else due.id)
    assert taken == [first.id, second.id, None]
    async with world.begin() as unit:
        lost = await unit.exports.next_due(now=NOW + LEASE)
        assert lost is not None
        assert lost.id == first.id
        assert await unit.exports.next_due(now=NOW + LEASE - SECOND) is None


async def test_those_under_way_are_ones_own(world: World) -> None:
    admin, other = an_admin(), an_admin()
    await world.keep(admin, other)
    running = an_export(admin.id, status=ExportStatus.RUNNING)
    queued = an_export(admin.id, created_at=NOW + SECOND)
    for export in (
        queued, running, an_export(other.id), an_export(admin.id, status=ExportStatus.DONE),
        an_export(admin.id, status=ExportStatus.FAILED),
    ):  # fmt: skip
        await world.run(lambda unit, export=export: unit.exports.add(export))  # type: ignore[misc] # its own
    async with world.begin() as unit:
        assert list(await unit.exports.open_of(admin.id)) == [running, queued]
    newest = ListQuery((), (Sort("created_at", descending=True),))
    assert (await world.exports.exports_of(admin.id, newest)).total == 4
    assert next(iter((await world.exports.exports_of(admin.id, newest)).items)) == queued
    by_status = ListQuery((Filter("status", Op.EQ, ExportStatus.RUNNING),), ())
    assert list((await world.exports.exports_of(admin.id, by_status)).items) == [running]


async def test_files_that_have_had_their_time_are_found(world: World) -> None:
    admin = an_admin()
    await world.keep(admin)
    old = an_export(admin.id, status=ExportStatus.DONE, object_key="a", expires_at=NOW)
    older = replace(old, id=new_id(), object_key="b", expires_at=NOW - SECOND)
    fresh = replace(old, id=new_id(), object_key="c", expires_at=NOW + SECOND)
    gone = replace(old, id=new_id(), object_key=None)
    for export in (old, older, fresh, gone):
        await world.run(lambda unit, export=export: unit.exports.add(export))  # type: ignore[misc] # its own
    async with world.begin() as unit:
        assert list(await unit.exports.expired(now=NOW, limit=10)) == [older, old]
        assert list(await unit.exports.expired(now=NOW, limit=1)) == [older]
