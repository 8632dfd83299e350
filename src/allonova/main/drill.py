"""`allonova backup drill`: a backup put back where nobody is, and looked at as if it were needed."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.postgres.audit.queries import PostgresAuditQueries
from allonova.adapters.postgres.backup.address import Address
from allonova.adapters.postgres.backup.backups import PostgresBackups
from allonova.adapters.postgres.backup.files import kept_files
from allonova.adapters.postgres.backup.scratch import UNREACHABLE
from allonova.adapters.postgres.kernel.job_runs import PostgresJobRuns
from allonova.adapters.postgres.keys.values import PostgresSealedValues
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Pool
from allonova.application.audit.verify_audit import VerifyAudit
from allonova.application.files.ports import FileStore
from allonova.application.kernel.backups import BackupBusy, BackupFailed
from allonova.domain.kernel.errors import ServiceUnavailable
from allonova.main.files import file_store
from allonova.main.settings import Settings

JOB = "restore_drill"
LEASE = timedelta(minutes=15)
PAGE = 1000
CALLS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the restored database showed; `fault` is None when all is well."""

    what: str
    found: str
    fault: str | None = None


@dataclass(slots=True)
class Drill:
    """One run, step by step, each told with the seconds that it took. `faults` are why it was no good."""

    settings: Settings
    backups: PostgresBackups
    faults: list[str] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    async def __call__(self, *, fresh: bool) -> str:
        """How old what came back is, and how long it took. Raises BackupFailed."""
        clock = SystemClock()
        began = clock.now()
        if fresh:
            made = await self.backups.make(at=began)
            self._tell(Seen("made", f"{made.name}, {made.size_bytes} bytes"))
        path = self.backups.newest()
        self._tell(Seen("found", f"{path.name}, closed to others"))
        restoring = time.monotonic()
        async with self.backups.tried(path) as manifest:
            restored_s = time.monotonic() - restoring
            self._tell(Seen("restored", f"{manifest.rows} rows in {len(manifest.tables)} tables, as they were"))
            async with await open_pool(self.backups.plan.scratch.url, max_size=2, role=None) as pool:
                async for seen in looked_at(pool, self.settings.keys):
                    self._tell(seen)
                self._tell(await self._files(pool, clock))
        age = began - datetime.fromisoformat(manifest.made_at)
        return f"what came back was {_told(age)} old; it was back after {restored_s:.1f} s"

    async def note(self, at: datetime, error: str | None) -> None:
        """For whoever watches how long ago one went well: in the live database, when there still is one."""
        try:
            connection = await self.backups.plan.live.connect()
        except UNREACHABLE:
            _say("the live database is away: this is noted nowhere")
            return
        try:
            runs, tick = PostgresJobRuns(connection), at.isoformat()
            await runs.claim(JOB, tick, now=at, lease=LEASE)
            await runs.finish(JOB, tick, now=SystemClock().now(), error=error)
        finally:
            await connection.close()

    async def _files(self, pool: Pool, clock: SystemClock) -> Seen:
        """Files are in no backup of a database: those that its rows count on have to be where they are kept."""
        secrets = ServerSecrets(self.settings.keys, next(iter(self.settings.keys)))
        wanted = await kept_files(pool)
        try:
            missing = await _missing(file_store(self.settings, secrets, clock), wanted)
        except ServiceUnavailable:
            return Seen("files", f"{len(wanted)} counted on", "where they are kept, nobody answers")
        lost = missing & await _wanted_today(self.backups.plan.live, missing)
        found = f"{len(wanted)} counted on, {len(missing)} of them not there"
        return Seen("files", found, f"{len(lost)} files are lost, as {min(lost)}" if lost else None)

    def _tell(self, seen: Seen) -> None:
        now = time.monotonic()
        _say(f"{seen.what:9}{seen.found} ({now - self._since:.1f} s)")
        self._since = now
        if seen.fault is not None:
            self.faults.append(f"{seen.what}: {seen.fault}")


async def play_drill(settings: Settings, backups: PostgresBackups, *, fresh: bool) -> int:
    """Print each step; 1 when what was restored could not be relied on."""
    drill, began = Drill(settings, backups), SystemClock().now()
    try:
        said = await drill(fresh=fresh)
    except BackupFailed as failure:
        drill.faults.append(failure.reason)
    except BackupBusy:
        drill.faults.append("somebody else is making a backup of this database")
    else:
        _say(said)
    await drill.note(began, "; ".join(drill.faults) or None)
    sys.stderr.writelines(f"{fault}\n" for fault in drill.faults)
    return 1 if drill.faults else 0


async def looked_at(pool: Pool, keys: Mapping[str, str]) -> AsyncIterator[Seen]:
    """What a database must show that the service is to stand on: books that balance, a log that nobody wrote anew,
    values that open. `pool` is of whoever owns the tables: walls hide companies from everybody else.
    """
    books = await PostgresBooks(pool).verify()
    fault = f"{len(books.faults)} faults, as: {books.faults[0]}" if books.faults else None
    yield Seen("books", f"{books.entries} entries, {books.postings} postings", fault)
    audit = await VerifyAudit(PostgresAuditQueries(pool))()
    fault = f"{audit.fault_count} faults, as: {audit.faults[0]}" if audit.fault_count else None
    yield Seen("audit", f"{audit.sealed} rows sealed, {audit.waiting} waiting", fault)
    opened, closed = await _opened(pool, keys)
    fault = f"{len(closed)} values do not open, as {closed[0]}" if closed else None
    yield Seen("sealed", f"{opened} values open", fault)


async def _opened(pool: Pool, keys: Mapping[str, str]) -> tuple[int, list[str]]:
    """How many sealed values open, and where those are that do not."""
    values, sealer = PostgresSealedValues(pool), AesSealer(keys, next(iter(keys)))
    opened, closed = 0, []
    for column in values.columns:
        after: UUID | None = None
        while page := await values.page(column, besides="", after=after, limit=PAGE):
            after = page[-1].row
            for value in page:
                try:
                    sealer.open(value.sealed, context=value.context)
                except ValueError:
                    closed.append(f"{column} of row {value.row}")
                else:
                    opened += 1
    return opened, closed


async def _missing(files: FileStore, keys: list[str]) -> set[str]:
    turns = asyncio.Semaphore(CALLS_AT_ONCE)

    async def is_there(key: str) -> bool:
        async with turns:
            return await files.has(key)

    there = await asyncio.gather(*map(is_there, keys))
    return {key for key, found in zip(keys, there, strict=True) if not found}


async def _wanted_today(live: Address, keys: set[str]) -> set[str]:
    """Those that were not let go since the backup; all of them when nobody can be asked."""
    with suppress(*UNREACHABLE):
        connection = await live.connect()
        try:
            return set(await kept_files(connection))
        finally:
            await connection.close()
    return keys


def _told(age: timedelta) -> str:
    hours, seconds = divmod(int(age.total_seconds()), 3600)
    return f"{hours} h {seconds // 60} min" if hours else f"{seconds} s"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
