#!/usr/bin/env python3
"""Lose rows on purpose, and have them back: WAL archiving as deploy/pgbackrest sets it up, on private servers.

    scripts/wal_drill.py

Prints each step with its seconds; exits with 1 when one did not go as it should. Nothing stays behind.
"""

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
from archived_postgres import Archived, Cluster, Refused, archived
from local_servers import CannotServe, local_redis, wait_until
from servers import make_folder

from allonova.adapters.postgres.backup.census import Census, difference, take_census
from allonova.adapters.postgres.migrate import migrate
from allonova.adapters.postgres.pool import open_pool
from allonova.main.drill import looked_at
from allonova.main.embedded import seed
from allonova.main.full import running_service
from allonova.main.seed_many.plant import plant
from allonova.main.settings import Env, Settings

DATABASE = "allonova"
PEOPLE = 20
KEPT = ("PATH", "HOME", "TMPDIR")
# As somebody with every right and the wrong window open: neither triggers nor keys stop him.
DELETE = "SET session_replication_role = replica; DELETE FROM platform.postings"
LATER = "UPDATE carpool.users SET first_name = 'Written after the moment'"
SWITCH = "SELECT pg_walfile_name(pg_switch_wal())"
BROKEN = "checksum|corruption|zst error|CryptoError"  # who finds it first depends on where the bit is
ARCHIVED = "SELECT coalesce(last_archived_wal >= $1, false) FROM pg_stat_archiver"
FAILED = "SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver"


class Breach(Exception):
    """Something did not go as it should."""


@dataclass(slots=True)
class Drill:
    """The live cluster, its archive, and what was seen."""

    archive: Archived
    live: Cluster
    settings: Settings
    expected: Census = field(default_factory=dict)
    moment: str = ""
    segment: str = ""

    def set_up(self) -> None:
        """An archive that works, and our tables in the cluster."""
        self.archive.run(self.live, "stanza-create")
        self.archive.run(self.live, "check")
        self.ask(f"CREATE DATABASE {DATABASE}", database="postgres")
        migrate(self.live.url(DATABASE))

    def back_up(self) -> None:
        """A full backup, which the archive finds whole."""
        self.archive.run(self.live, "backup", "--type=full")
        self.archive.run(self.live, "verify")
        if plain := self.archive.plain_files():
            raise Breach(f"not encrypted in the repository: {', '.join(plain)}")

    def work(self) -> None:
        """People, rides and money, which are in no backup yet; then the moment to come back to."""
        asyncio.run(put_people_in(self.settings))
        self.segment = str(self.ask("SELECT pg_walfile_name(pg_current_wal_lsn())"))
        self.expected = census(self.live)
        self.moment = str(self.ask("SELECT clock_timestamp()::text"))

    def destroy(self) -> None:
        """Something is written after the moment; then all postings are gone, and the books know."""
        self.ask(LATER)
        self.ask(DELETE)
        if difference(self.expected, census(self.live)) is None:
            raise Breach("nothing was destroyed")
        if not any("books" in fault for fault in faults(self.live, self.settings.keys)):
            raise Breach("the books are clean without their postings")
        self.archive_all()

    def archive_all(self) -> None:
        """Wait until the archive has what was written until now."""
        switched = self.ask(SWITCH)
        wait_until(lambda: self.ask(ARCHIVED, switched) is True)

    def come_back(self) -> None:
        """The moment, on a data directory of its own: every row of it and no other, books and audit log clean."""
        with self.restored("restored") as cluster:
            if differs := difference(self.expected, census(cluster)):
                raise Breach(differs)
            if found := faults(cluster, self.settings.keys):
                raise Breach("; ".join(found))

    def refuse_wrong_passphrase(self) -> None:
        """Whoever has lost it restores nothing, and is told."""
        self.archive.write_passphrase("another passphrase")
        try:
            self.require_refusal("another", "unable to load info file")
        finally:
            self.archive.write_passphrase(self.archive.passphrase)

    def refuse_changed_backup(self) -> None:
        """One bit of its largest file is another."""
        largest = max(self.archive.repository.glob("backup/*/*F/bundle/*"), key=lambda path: path.stat().st_size)
        whole = largest.read_bytes()
        middle = len(whole) // 2
        largest.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        try:
            self.require_refusal("changed", BROKEN)
        finally:
            largest.write_bytes(whole)

    def refuse_missing_segment(self) -> None:
        """Where WAL is missing before the moment, nothing opens at another one."""
        (segment,) = self.archive.repository.glob(f"archive/*/*/*/{self.segment}-*")
        aside = segment.rename(self.archive.folder / segment.name)
        try:
            with self.restored("hole"):
                raise Breach("it opened without a segment that it needs")
        except CannotServe as refusal:
            if "before configured recovery target was reached" not in str(refusal):
                raise
        finally:
            aside.rename(segment)

    def fail_loudly_when_archive_is_full(self) -> None:
        """A repository that takes no more shows in pg_stat_archiver; once it does again, nothing is missing."""
        folder = next(self.archive.repository.glob("archive/*/*/*/"))
        folder.chmod(0o500)
        try:
            self.ask(LATER)
            self.ask(SWITCH)
            wait_until(lambda: self.ask(FAILED) is True)
        finally:
            folder.chmod(0o750)
        self.archive_all()

    def require_refusal(self, name: str, reason: str) -> None:
        """A restore that must not come to an end. Raises Refused when it is refused for another reason."""
        try:
            self.archive.restore(name, self.moment)
        except Refused as refusal:
            if re.search(reason, str(refusal)) is None:
                raise
        else:
            raise Breach("it was restored all the same")

    @contextlib.contextmanager
    def restored(self, name: str) -> Iterator[Cluster]:
        """The cluster of the moment, up."""
        cluster = self.archive.start(self.archive.restore(name, self.moment))
        try:
            yield cluster
        finally:
            cluster.stop()

    def ask(self, sql: str, *values: object, database: str = DATABASE) -> object:
        """The first value of what the live cluster answers."""

        async def go() -> object:
            connection = await asyncpg.connect(self.live.url(database))
            try:
                if values or sql.startswith("SELECT"):
                    return await connection.fetchval(sql, *values)
                return await connection.execute(sql)
            finally:
                await connection.close()

        return asyncio.run(go())


def census(cluster: Cluster) -> Census:
    """Every table of a cluster, with its rows counted and summed up."""

    async def go() -> Census:
        connection = await asyncpg.connect(cluster.url(DATABASE))
        try:
            return await take_census(connection)
        finally:
            await connection.close()

    return asyncio.run(go())


async def put_people_in(settings: Settings) -> None:
    """The demo data, and some people with rides and money."""
    async with running_service(settings) as service:
        await seed(service)
    await plant(settings, users=PEOPLE, seed=1, day=None)


def faults(cluster: Cluster, keys: Mapping[str, str]) -> list[str]:
    """What is wrong with books, audit log and sealed values of a cluster."""

    async def go() -> list[str]:
        async with await open_pool(cluster.url(DATABASE), role=None) as pool:
            return [f"{seen.what}: {seen.fault}" async for seen in looked_at(pool, keys) if seen.fault]

    return asyncio.run(go())


def play(folder: Path) -> None:
    """All of it, step by step. Raises Breach, Refused, CannotServe."""
    redis = local_redis()
    if redis is None:
        raise CannotServe("redis-server is missing.")
    archive = archived(folder)
    live = archive.start_new("live")
    try:
        settings = Settings(
            env=Env.TEST,
            secret_keys=(f"drill:{secrets.token_urlsafe(36)}",),
            files_dir=folder / "files",
            database_url=live.url(DATABASE),
            redis_url=redis.start(folder),
        )
        drill = Drill(archive, live, settings)
        for step, deed in (
            ("archiving set up, tables made", drill.set_up),
            ("full backup, verified, encrypted", drill.back_up),
            ("people, rides and money after the backup", drill.work),
            ("DELETE of all postings, seen by the books", drill.destroy),
            ("restored to the moment before: row for row, books and audit clean", drill.come_back),
            ("refused with another passphrase", drill.refuse_wrong_passphrase),
            ("refused when a bit of the backup is another", drill.refuse_changed_backup),
            ("refused when a segment is missing", drill.refuse_missing_segment),
            (
                "seen when the repository takes no more, whole when it does again",
                drill.fail_loudly_when_archive_is_full,
            ),
        ):
            timed(step, deed)
        rows = sum(table.count for table in drill.expected.values())
        print(f"back at {drill.moment}: {rows} rows in {len(drill.expected)} tables")
    finally:
        redis.stop()
        live.stop()


def timed(step: str, deed: Callable[[], None]) -> None:
    """Do it, and say how long it took."""
    began = time.monotonic()
    try:
        deed()
    except (Breach, Refused, CannotServe):
        print(f"FAILED  {step}", flush=True)
        raise
    print(f"{time.monotonic() - began:5.1f} s  {step}", flush=True)


def main() -> int:
    """Play it in a folder that is gone afterwards; the exit code."""
    for name in os.environ.keys() - set(KEPT):  # none of the operator's servers and stores is meant
        del os.environ[name]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers and folder go then too
    folder = make_folder()
    try:
        play(folder)
    except (Breach, Refused, CannotServe) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
