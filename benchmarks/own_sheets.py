"""The same spreadsheet by this service's own writer: `python -m benchmarks.own_sheets FEED ROWS FILE`.

FEED is `memory`, the writer alone; `database`, rows of DATABASE_URL; or `job`, all that the worker does, and its rests.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.http.exports import write_table
from allonova.adapters.postgres.money.reports import PostgresReportQueries
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.adapters.storage.local import LocalFiles
from allonova.application.files.run_exports import RunExports
from allonova.application.files.sheets import Rows, Sheet, Terms
from allonova.application.money.sheets import WalletSheet
from allonova.domain.files.export import Export, ExportKind, FileFormat
from benchmarks.statement_lines import COLUMNS, pieces, say_cost
from benchmarks.statements_fill import add_admin

EVER = Terms(since=datetime(2000, 1, 1, tzinfo=UTC), until=datetime(2100, 1, 1, tzinfo=UTC))
SECRETS = ServerSecrets({"bench": "the-secret-of-the-benchmarks-and-of-nothing-else"}, "bench")


async def from_memory(rows: int, file: Path) -> None:
    """The writer alone."""

    async def fed() -> Rows:
        for piece in pieces(rows):
            yield piece

    await _write(fed(), file)


async def from_database(rows: int, file: Path) -> None:
    """What a download is, without the network."""
    async with _pool() as pool:
        sheet = WalletSheet(PostgresReportQueries(pool))
        if tuple(sheet.columns) != COLUMNS:
            raise RuntimeError("the others write other columns")
        await _write(sheet.rows(EVER), file)


async def by_the_job(rows: int, file: Path) -> None:
    """An export from its row in the database to the file in the store."""
    async with _pool() as pool:
        clock, ids = SystemClock(), RandomIds()
        units = PostgresUnits(pool, subscribers={}, ids=ids, clock=clock, wake=lambda _: None)
        files = LocalFiles(file.parent / "store", public_url="http://localhost", secrets=SECRETS, clock=clock)
        sheets: dict[ExportKind, Sheet] = {ExportKind.WALLET_TXNS: WalletSheet(PostgresReportQueries(pool))}
        export = await _asked_for(pool, units)
        if await RunExports(units.begin, clock, ids, files, sheets, write_table)() != 1:
            raise RuntimeError("nothing was written")
        async with units.begin() as unit:
            written = await unit.exports.get(export.id)
    # With the store's line before it: a zip is read from its end.
    await asyncio.to_thread((file.parent / "store" / str(written.object_key)).replace, file)


async def _asked_for(pool: Pool, units: PostgresUnits) -> Export:
    now = datetime.now(UTC)
    export = Export(
        id=RandomIds().new(),
        admin_id=await add_admin(pool),
        kind=ExportKind.WALLET_TXNS,
        format=FileFormat.XLSX,
        since=EVER.since,
        until=EVER.until,
        created_at=now,
        updated_at=now,
    )
    async with units.begin() as unit:
        await unit.exports.add(export)
    return export


async def _write(rows: Rows, file: Path) -> None:
    with file.open("wb") as book:
        async for piece in write_table(FileFormat.XLSX, COLUMNS, rows):
            book.write(piece)


@asynccontextmanager
async def _pool() -> AsyncIterator[Pool]:
    async with await open_pool(os.environ["DATABASE_URL"], max_size=2) as pool:
        yield pool


FEEDS = {"memory": from_memory, "database": from_database, "job": by_the_job}


def main() -> None:
    """The command."""
    feed, rows, name = sys.argv[1:]
    write: Callable[[], None] = partial(_run, feed, int(rows), Path(name))
    say_cost(write, Path(name))


def _run(feed: str, rows: int, file: Path) -> None:
    asyncio.run(FEEDS[feed](rows, file))


if __name__ == "__main__":
    main()
