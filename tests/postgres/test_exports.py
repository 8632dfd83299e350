"""Exports on PostgreSQL: one writer each, many rows in little memory, found by indexes."""

from __future__ import annotations

import asyncio
import csv
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.http.exports import write_table
from allonova.adapters.postgres.carpool import usage
from allonova.adapters.postgres.files.exports import _NEXT_DUE, PostgresExportQueries
from allonova.adapters.postgres.money import reports
from allonova.adapters.postgres.money.reports import PostgresReportQueries
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.adapters.storage.local import LocalFiles
from allonova.application.files.export_table import ExportTable
from allonova.application.files.export_views import ExportView
from allonova.application.files.run_exports import RunExports
from allonova.application.files.sheets import Rows, Table, Terms
from allonova.application.money.sheets import EntriesSheet, WalletSheet
from allonova.domain.files.export import OPEN_EXPORTS, ExportKind, ExportStatus, FileFormat, TooManyExports
from allonova.domain.kernel.changes import Actor
from allonova.domain.kernel.machine import Party
from benchmarks.statements_fill import add_admin, fill_books, fill_statements
from tests.support.exports import DAY, NumberedSheet, an_export
from tests.support.factories import NOW, NumberedIds, SetClock, an_admin, keep

MANY, ADDED_BYTES = 60_000, 40 << 20  # all rows at a time would be a hundred MiB
MIDNIGHT = NOW.replace(hour=0)
SECRETS = ServerSecrets({"k": "s" * 32}, "k")
TODAY = Terms(since=MIDNIGHT, until=MIDNIGHT + DAY)
TXNS, CSV = ExportKind.WALLET_TXNS, FileFormat.CSV


def files_in(folder: Path) -> LocalFiles:
    return LocalFiles(folder, public_url="https://x.test", secrets=SECRETS, clock=SetClock())


def export_of(units: PostgresUnits, pool: Pool, *, at_once: int = 50_000) -> ExportTable:
    sheets = {TXNS: WalletSheet(PostgresReportQueries(pool))}
    return ExportTable(units.begin, SetClock(), NumberedIds(), sheets, at_once)


def the_job(units: PostgresUnits, folder: Path, sheet: Any) -> RunExports:
    sheets = dict.fromkeys(ExportKind, sheet)
    return RunExports(units.begin, SetClock(), NumberedIds(), files_in(folder), sheets, write_table)


class Watched:
    """A sheet, and how many bytes of memory this process has at each of its pieces."""

    def __init__(self, sheet: WalletSheet) -> None:
        self.sheet = sheet
        self.columns = sheet.columns
        self.seen: list[int] = []

    async def count(self, terms: Terms, *, most: int) -> int:
        """See Sheet."""
        return await self.sheet.count(terms, most=most)

    async def rows(self, terms: Terms) -> Rows:
        """See Sheet."""
        async for piece in self.sheet.rows(terms):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])  # noqa: ASYNC240 - no disk
            self.seen.append(pages * os.sysconf("SC_PAGE_SIZE"))
            yield piece


async def test_many_rows_become_a_file_in_little_memory(
    owner: Connection, pool: Pool, units: PostgresUnits, tmp_path: Path
) -> None:
    await fill_statements(owner, MANY, since=MIDNIGHT, until=MIDNIGHT + DAY)
    by = Actor(Party.ADMIN, await add_admin(owner))
    made = await export_of(units, pool)(by=by, kind=TXNS, file_format=CSV, terms=TODAY)
    assert isinstance(made, ExportView)
    assert made.status is ExportStatus.QUEUED
    watched = Watched(WalletSheet(PostgresReportQueries(pool)))
    assert await the_job(units, tmp_path, watched)() == 1
    done = await PostgresExportQueries(pool).export(made.id)
    assert done is not None
    assert (done.status, done.rows) == (ExportStatus.DONE, MANY)
    assert max(watched.seen) - watched.seen[0] < ADDED_BYTES
    assert len(watched.seen) == MANY // reports.PIECE
    (path,) = (tmp_path / "exports" / str(made.id)).iterdir()
    with path.open(encoding="utf-8-sig", newline="") as file:
        file.readline()
        ids = {row["txn_id"] for row in csv.DictReader(file)}
    assert len(ids) == MANY


async def test_fewer_rows_are_sent_at_once(owner: Connection, pool: Pool, units: PostgresUnits) -> None:
    await fill_statements(owner, 3_000, since=MIDNIGHT, until=MIDNIGHT + DAY)
    by = Actor(Party.ADMIN, await add_admin(owner))
    made = await export_of(units, pool)(by=by, kind=TXNS, file_format=CSV, terms=TODAY)
    assert isinstance(made, Table)
    assert sum([len(piece) async for piece in made.rows]) == 3_000


async def test_three_are_under_way_when_many_are_asked_for_at_a_time(
    owner: Connection, pool: Pool, units: PostgresUnits
) -> None:
    await fill_statements(owner, 10, since=MIDNIGHT, until=MIDNIGHT + DAY)
    by, export = Actor(Party.ADMIN, await add_admin(owner)), export_of(units, pool, at_once=1)
    asked = [
        export(by=by, kind=TXNS, file_format=CSV, terms=replace(TODAY, since=MIDNIGHT - n * DAY)) for n in range(10)
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(answer, ExportView) for answer in answers) == OPEN_EXPORTS
    assert sum(isinstance(answer, TooManyExports) for answer in answers) == 10 - OPEN_EXPORTS


async def test_one_export_is_made_when_the_same_is_asked_for_at_a_time(
    owner: Connection, pool: Pool, units: PostgresUnits
) -> None:
    await fill_statements(owner, 10, since=MIDNIGHT, until=MIDNIGHT + DAY)
    by, export = Actor(Party.ADMIN, await add_admin(owner)), export_of(units, pool, at_once=1)
    asked = [export(by=by, kind=TXNS, file_format=CSV, terms=TODAY) for _ in range(8)]
    assert len({answer.id for answer in await asyncio.gather(*asked) if isinstance(answer, ExportView)}) == 1


async def test_each_export_is_written_once_when_many_workers_are_at_it(
    units: PostgresUnits, pool: Pool, tmp_path: Path
) -> None:
    admin = an_admin()
    async with units.begin() as unit:
        await keep(unit, admin)
        for _ in range(6):
            await unit.exports.add(an_export(admin.id))
    workers = [the_job(units, tmp_path, NumberedSheet(3)) for _ in range(5)]
    assert sum(await asyncio.gather(*(worker() for worker in workers))) == 6
    rows = await pool.fetch("SELECT status, attempts, rows FROM platform.exports")
    assert [tuple(row) for row in rows] == [("done", 1, 30)] * 6
    assert len(list((tmp_path / "exports").rglob("*.csv"))) == 6


class Plans:
    """A runner that explains what it is asked, once each."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.seen: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        async def explained(query: str, *args: object) -> Any:
            if query not in self.seen:
                plan = await self.pool.fetch(f"EXPLAIN {query}", *args)
                self.seen[query] = "\n".join(row[0] for row in plan)
            return await getattr(self.pool, name)(query, *args)

        return explained


async def drained(pieces: AsyncIterator[Sequence[object]]) -> int:
    return sum([len(piece) async for piece in pieces])


async def test_a_period_is_found_by_its_index(owner: Connection, pool: Pool) -> None:
    since = MIDNIGHT - 200 * DAY
    await fill_statements(owner, 20_000, since=since, until=MIDNIGHT)
    await fill_books(owner, 20_000, since=since, until=MIDNIGHT)
    plans, terms = Plans(pool), Terms(since=MIDNIGHT - DAY, until=MIDNIGHT)
    queries: Any = PostgresReportQueries(plans)
    assert len(await queries.flows(terms.since, terms.until)) == 2
    assert await queries.count_entry_lines(terms, most=1_000) == 200
    assert await drained(queries.entry_lines(terms)) == 200
    assert await queries.count_wallet_lines(terms, most=1_000) == 100
    assert await drained(queries.wallet_lines(terms)) == 100
    for query, index in (
        (reports._FLOWS, "ix_journal_entries_created_at"),
        (reports._COUNT_LINES, "ix_journal_entries_created_at"),
        (reports._LINES, "ix_journal_entries_created_at"),
        (reports._COUNT_TXNS.sql, "ix_wallet_txns_created_at"),
        (reports._TXNS.sql, "ix_wallet_txns_created_at"),
    ):
        assert index in plans.seen[query], query
        assert "Seq Scan on journal_entries" not in plans.seen[query], query
        assert "Seq Scan on wallet_txns" not in plans.seen[query], query


async def test_a_piece_begins_where_the_last_one_ended(owner: Connection, pool: Pool) -> None:
    await fill_books(owner, 20_000, since=MIDNIGHT, until=MIDNIGHT + DAY)
    half = MIDNIGHT + DAY / 2
    plan = await pool.fetch(
        f"EXPLAIN (ANALYZE, FORMAT TEXT) {reports._LINES}", half, reports.NOTHING, MIDNIGHT + DAY, 10
    )
    scanned = [row[0] for row in plan if "ix_journal_entries_created_at" in row[0]]
    assert len(scanned) == 1
    assert "rows=1" in scanned[0].partition("actual")[2]
    assert await drained(EntriesSheet(PostgresReportQueries(pool)).rows(TODAY)) == 40_000


async def test_usage_and_what_is_due_are_found_by_indexes(owner: Connection, pool: Pool) -> None:
    await owner.execute("SET enable_seqscan = off")
    for query, index in (
        (usage._PEOPLE, "ix_users_created_at"),
        (usage._TRIPS, "departure_time on trips"),
        (usage._BOOKINGS, "ix_bookings_created_at"),
    ):
        plan = await owner.fetch(f"EXPLAIN {query}", MIDNIGHT, MIDNIGHT + DAY)
        assert index in "\n".join(row[0] for row in plan), query
    plan = await owner.fetch(f"EXPLAIN {_NEXT_DUE.sql}", *_NEXT_DUE.args(now=NOW))
    assert "ix_exports_open" in "\n".join(row[0] for row in plan)
