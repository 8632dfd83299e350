"""Backups of a PostgreSQL database: made, proven, kept for a while, and put back."""

from __future__ import annotations

import asyncio
import re
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.backup.address import Address
from allonova.adapters.postgres.backup.archive import Archive, Manifest, new_file, settle
from allonova.adapters.postgres.backup.census import Census, difference, take_census
from allonova.adapters.postgres.backup.programs import programs_for, running
from allonova.adapters.postgres.backup.scratch import UNREACHABLE, is_empty, scratch
from allonova.application.kernel.backups import Backup, BackupBusy, BackupFailed, Backups, Vault
from allonova.application.kernel.inside import require_outside_unit

BACKUP_TURN = 4_185_370_017  # of those who back a database up; any number that nobody else uses
LIMIT_S = 2 * 3600
OTHERS = 0o077
PROVEN, UNPROVEN, PART = ".backup", ".unproven", ".part"

# Functions of ours may be described in comments; extensions too, which only their owner may.
RESTORE = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-comments")

# Roles belong to the whole cluster and are in no dump: what our first revision makes.
_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'allonova_app') THEN
        CREATE ROLE allonova_app NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'allonova_app', 'MEMBER') THEN
        EXECUTE format('GRANT allonova_app TO %I', current_user);
    END IF;
END
$$
"""


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """Whence, whereto, where a restore is tried, and how many are kept. `live` is who owns the tables: row-level
    security hides rows from everybody else, and pg_dump then refuses.
    """

    live: Address
    scratch: Address
    folder: Path
    keep: int
    limit_s: float = LIMIT_S


class PostgresBackups:
    """Files `<database>-<instant>.backup` of mode 0600. One whose restore has not been tried, or has failed, ends in
    `.unproven`; one that is being written in `.part`.
    """

    def __init__(self, plan: BackupPlan, vault: Vault) -> None:
        self._plan = plan
        self._vault = vault

    async def make(self, *, at: datetime) -> Backup:
        """See Backups."""
        require_outside_unit("the backup")
        with _failing_plainly():
            async with asyncio.timeout(self._plan.limit_s), self._turn() as connection:
                await asyncio.to_thread(self._prepare_folder)
                try:
                    path = await self._dump(connection, at)
                    manifest = await self.verify(path)
                    proven = settle(path, path.stem + PROVEN)
                finally:
                    self._prune()
        return Backup(proven.name, proven.stat().st_size, len(manifest.tables), manifest.rows)

    async def verify(self, path: Path) -> Manifest:
        """What a file holds, once it has been restored and compared. Raises BackupFailed."""
        with _failing_plainly():
            async with self.tried(path) as manifest:
                return manifest

    @asynccontextmanager
    async def tried(self, path: Path) -> AsyncIterator[Manifest]:
        """What a file holds: it is in the verification database, restored and compared, until the block is left.
        Raises BackupFailed.
        """
        with _failing_plainly():
            archive = Archive(path, self._vault)
            manifest = await archive.check()
            async with scratch(self._plan.scratch, self._plan.live) as connection:
                await _pour(archive, manifest, self._plan.scratch, "--no-privileges")
                await _require_equal(manifest, connection)
                yield manifest

    def newest(self) -> Path:
        """The youngest that is proven. Raises BackupFailed when there is none, or others can read it."""
        proven = sorted(self._plan.folder.glob(f"{self._prefix}*{PROVEN}"))
        if not proven:
            raise BackupFailed("there is no backup that is proven")
        path = proven[-1]
        for one in (path, path.parent):
            if (mode := stat.S_IMODE(one.stat().st_mode)) & OTHERS:
                raise BackupFailed(f"{one.name} is open to others: its mode is {mode:04o}")
        return path

    @property
    def plan(self) -> BackupPlan:
        """Whence and whereto."""
        return self._plan

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection to the live database that nobody else backs up meanwhile."""
        connection = await self._plan.live.connect()
        try:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", BACKUP_TURN):
                raise BackupBusy
            yield connection
        finally:
            await connection.close()

    async def _dump(self, connection: asyncpg.Connection, at: datetime) -> Path:
        """A sealed dump, and in it what was counted in the same snapshot."""
        name = f"{self._prefix}{at:%Y%m%dT%H%M%SZ}"
        part = self._plan.folder / (name + PART)
        try:
            with new_file(part) as file:
                sealing = self._vault.seal(file)
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    manifest = await self._count(connection, at)
                    sealing.write(manifest.packed())
                    snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
                    async for piece in self._dumped(manifest.major, snapshot):
                        await asyncio.to_thread(sealing.write, piece)
                await asyncio.to_thread(sealing.finish)
            return settle(part, name + UNPROVEN)
        finally:
            part.unlink(missing_ok=True)

    async def _count(self, connection: asyncpg.Connection, at: datetime) -> Manifest:
        programs = await programs_for(connection.get_server_version().major)
        tables = await take_census(connection)
        if not tables:
            raise BackupFailed("the live database holds no tables")
        return Manifest(at.isoformat(), self._plan.live.database, programs.major, tables)

    async def _dumped(self, major: int, snapshot: str) -> AsyncIterator[bytes]:
        arguments = ("--format=custom", f"--snapshot={snapshot}", "--lock-wait-timeout=60s")
        program = (await programs_for(major)).dump
        async with running(program, arguments, self._plan.live, reads=False) as dump:
            async for piece in dump.pieces():
                yield piece
            await dump.end()

    def _prepare_folder(self) -> None:
        """There, ours alone, without what killed runs have left."""
        self._plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in self._plan.folder.glob(f"{self._prefix}*{PART}"):
            part.unlink()

    def _prune(self) -> None:
        """Keep the newest that are proven, and of the others those that are newer than any of them."""
        proven = sorted(self._plan.folder.glob(f"{self._prefix}*{PROVEN}"), reverse=True)
        newest = proven[0].stem if proven else ""
        others = sorted(self._plan.folder.glob(f"{self._prefix}*{UNPROVEN}"), reverse=True)
        doubtful = [path for path in others if path.stem > newest]
        kept = {*proven[: self._plan.keep], *doubtful[: self._plan.keep]}
        for path in {*proven, *others} - kept:
            path.unlink()

    @property
    def _prefix(self) -> str:
        return re.sub(r"[^A-Za-z0-9_]", "_", self._plan.live.database) + "-"


async def restore(path: Path, address: Address, vault: Vault) -> Manifest:
    """Put a backup into an empty database, all of it or nothing, and compare. Raises BackupFailed."""
    with _failing_plainly():
        archive = Archive(path, vault)
        manifest = await archive.check()
        connection = await address.connect()
        try:
            if not await is_empty(connection):
                raise BackupFailed(f"{address.database} is not empty: restore into a new database")
            await connection.execute(_ROLE)
            await _pour(archive, manifest, address)
            await _require_equal(manifest, connection)
        finally:
            await connection.close()
        return manifest


async def _pour(archive: Archive, manifest: Manifest, address: Address, *more: str) -> None:
    program = (await programs_for(manifest.major)).restore
    target = "dbname='{}'".format(address.database.replace("\\", "\\\\").replace("'", "\\'"))
    async with running(program, (*RESTORE, *more, f"--dbname={target}"), address, reads=True) as pouring:
        async for piece in archive.dump():
            await pouring.feed(piece)
        await pouring.end()


async def _require_equal(manifest: Manifest, connection: asyncpg.Connection) -> None:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        found: Census = await take_census(connection)
    if (differs := difference(manifest.tables, found)) is not None:
        raise BackupFailed(f"the restored copy is not the original: {differs}")


@contextmanager
def _failing_plainly() -> Iterator[None]:
    """Whatever storage raises becomes a reason without a row or a password in it."""
    try:
        yield
    except TimeoutError:
        raise BackupFailed("it took too long") from None
    except asyncpg.PostgresError as error:
        raise BackupFailed(f"the database refused: {type(error).__name__}") from error
    except OSError as error:
        raise BackupFailed(error.strerror or type(error).__name__) from error
    except UNREACHABLE as error:
        raise BackupFailed(type(error).__name__) from error


def _conforms(backups: PostgresBackups) -> Backups:
    return backups
