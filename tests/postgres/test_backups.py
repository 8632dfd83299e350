"""Backups on a real server: made, proven, broken, put back."""

from __future__ import annotations

import asyncio
import io
import re
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from allonova.adapters.crypto.vault import AesVault
from allonova.adapters.postgres.backup.address import Address
from allonova.adapters.postgres.backup.backups import BackupPlan, PostgresBackups, restore
from allonova.adapters.postgres.backup.census import take_census
from allonova.adapters.postgres.backup.programs import programs_for
from allonova.adapters.postgres.dispatch.doors import PostgresDoors
from allonova.adapters.postgres.money.books import PostgresBooks
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.dispatch.back_up import BackUp
from allonova.application.dispatch.notices import NoticeDesk
from allonova.application.kernel.backups import BackupFailed
from tests.support.factories import HOUR, NOW, NumberedIds, SetClock, a_driver, a_trip, keep
from tests.support.postgres import admin_dsn, blank_database, drop_database
from tests.support.processes import SECRETS, allonova, eventually

VAULT = AesVault(SECRETS, "e2e")
DAY = 24 * HOUR


SMALL = """
CREATE SCHEMA nova;
CREATE TABLE nova.courses (id integer PRIMARY KEY, nom text NOT NULL);
INSERT INTO nova.courses SELECT n, 'course ' || n FROM generate_series(1, 1000) AS n;
ALTER TABLE nova.courses ENABLE ROW LEVEL SECURITY;
CREATE POLICY nobody ON nova.courses USING (false);
"""


def databases(count: int) -> Iterator[list[str]]:
    """New ones with nothing in them."""
    made = [asyncio.run(blank_database(admin_dsn())) for _ in range(count)]
    yield made
    for dsn in made:
        asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture(scope="module")
def blanks() -> Iterator[list[str]]:
    """One to be backed up, and one for restores to be tried in."""
    yield from databases(2)


@dataclass(frozen=True, slots=True)
class Vaulted:
    """A live database, and where its backups go."""

    plan: BackupPlan
    owner: Connection

    @property
    def folder(self) -> Path:
        return self.plan.folder

    @property
    def backups(self) -> PostgresBackups:
        return PostgresBackups(self.plan, VAULT)

    def names(self, ending: str = "") -> list[str]:
        """Files that end so."""
        return sorted(path.name for path in self.folder.iterdir() if path.name.endswith(ending))

    def put(self, file: bytes) -> Path:
        """A file to be read."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "given.backup"
        path.write_bytes(file)
        return path


@pytest.fixture
async def vaulted(blanks: list[str], tmp_path: Path) -> AsyncIterator[Vaulted]:
    """A small one, so that a dump takes a moment."""
    live, scratch = map(Address, blanks)
    owner = await live.connect()
    await owner.execute(f"DROP SCHEMA IF EXISTS nova CASCADE; {SMALL}")
    yield Vaulted(BackupPlan(live=live, scratch=scratch, folder=tmp_path / "backups", keep=2), owner)
    await owner.close()


@pytest.fixture
async def whole(vaulted: Vaulted) -> bytes:
    """A good backup."""
    made = await vaulted.backups.make(at=NOW)
    path = vaulted.folder / made.name
    file = path.read_bytes()
    path.unlink()
    return file


@pytest.fixture
async def target() -> AsyncIterator[Address]:
    """A new database to restore into."""
    dsn = await blank_database(admin_dsn())
    yield Address(dsn)
    await drop_database(admin_dsn(), dsn)


@pytest.mark.promise("restore")
async def test_comes_back_row_for_row_when_it_is_restored(
    database: str, owner: Connection, units: PostgresUnits, blanks: list[str], target: Address, tmp_path: Path
) -> None:
    async with units.begin() as unit:
        driver = a_driver()
        await keep(unit, driver, a_trip(driver))
    plan = BackupPlan(live=Address(database), scratch=Address(blanks[1]), folder=tmp_path, keep=1)
    made = await PostgresBackups(plan, VAULT).make(at=NOW)
    manifest = await restore(tmp_path / made.name, target, VAULT)
    there = await target.connect()
    try:
        assert await take_census(there) == await take_census(owner) == manifest.tables
        assert await _walls(there) == await _walls(owner)
    finally:
        await there.close()
    async with await open_pool(target.url) as pool:  # the application's role may enter, and the books are clean
        assert (await PostgresBooks(pool).verify()).faults == ()
        assert await pool.fetchval("SELECT count(*) FROM carpool.trips") == 1


async def _walls(connection: Connection) -> list[object]:
    """Policies, rules, triggers, grants: what a table is besides its rows."""
    sql = """
        SELECT 'policy', tablename::text, policyname::text, qual FROM pg_policies
        UNION ALL SELECT 'rule', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace::regnamespace::text IN ('carpool', 'dispatch', 'platform')
        UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
            WHERE NOT tgisinternal
        UNION ALL SELECT 'grant', table_schema || '.' || table_name, grantee, privilege_type
            FROM information_schema.table_privileges WHERE grantee = 'allonova_app'
        UNION ALL SELECT 'function', oid::regprocedure::text, proacl::text, prosecdef::text FROM pg_proc
            WHERE pronamespace::regnamespace::text IN ('carpool', 'dispatch', 'platform')
        ORDER BY 1, 2, 3, 4"""
    return [tuple(row) for row in await connection.fetch(sql)]


@pytest.mark.promise("restore")
async def test_nobody_else_can_read_it_when_it_is_made(vaulted: Vaulted) -> None:
    made = await vaulted.backups.make(at=NOW)
    path = vaulted.folder / made.name
    assert (made.tables, made.rows, made.size_bytes) == (1, 1000, path.stat().st_size)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(vaulted.folder.stat().st_mode) == 0o700
    assert b"PGDMP" not in path.read_bytes()
    assert vaulted.names() == [made.name]
    with pytest.raises(BackupFailed, match="not among the server's keys"):
        await PostgresBackups(vaulted.plan, AesVault({"other": "x" * 32}, "other")).verify(path)


async def test_no_row_stays_behind_when_the_restore_was_tried(vaulted: Vaulted, whole: bytes) -> None:
    connection = await vaulted.plan.scratch.connect()
    assert await take_census(connection) == {}
    await connection.close()


async def test_no_difference_when_rows_come_all_the_while(vaulted: Vaulted) -> None:
    """What was counted and what was dumped are of one snapshot."""
    backup = asyncio.create_task(vaulted.backups.make(at=NOW))
    written = 0
    while not backup.done():
        await vaulted.owner.execute("INSERT INTO nova.courses VALUES ($1, 'late')", 2000 + written)
        written += 1
    await backup
    assert written > 100


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "half": lambda file: file[: len(file) // 2],
    "without its last byte": lambda file: file[:-1],
    "with a bit turned": lambda file: file[:5000] + bytes([file[5000] ^ 1]) + file[5001:],
    "longer": lambda file: file + b"\0",
    "a dump that nobody sealed": lambda _: b"PGDMP" + bytes(100),
}


@pytest.mark.promise("restore")
async def test_loud_failure_when_a_file_is_broken(
    vaulted: Vaulted, whole: bytes, target: Address, subtests: pytest.Subtests
) -> None:
    for name, broken in BROKEN.items():
        with subtests.test(name):
            path = vaulted.put(broken(whole))
            for deed in (vaulted.backups.verify(path), restore(path, target, VAULT)):
                with pytest.raises(BackupFailed, match=r"^given\.backup: "):
                    await deed
    connection = await target.connect()
    assert await take_census(connection) == {}
    await connection.close()


def resealed(file: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with another text in it, sealed as we would."""
    sealed = io.BytesIO()
    sealing = VAULT.seal(sealed)
    sealing.write(change(b"".join(VAULT.open(io.BytesIO(file)))))
    sealing.finish()
    return sealed.getvalue()


def replacing(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """One thing for another, once."""
    return lambda text: text.replace(old, new, 1)


def beginning(length: int) -> Callable[[bytes], bytes]:
    """What comes first."""
    return lambda text: text[:length]


@pytest.mark.promise("restore")
async def test_refused_when_the_restored_copy_is_not_the_original(
    vaulted: Vaulted, whole: bytes, subtests: pytest.Subtests
) -> None:
    found = re.search(rb'"checksum": "(\d)', b"".join(VAULT.open(io.BytesIO(whole))))
    assert found
    other_digit = b"1" if found[1] == b"2" else b"2"
    for old, new, reason in (
        (b'"count": 1000', b'"count": 1001', "nova.courses has 1000 rows instead of 1001"),
        (found[0], found[0][:-1] + other_digit, "nova.courses has other rows"),
        (b'"nova.courses"', b'"nova.clients"', "nova.clients is missing"),
        (b'"made_at"', b'"made_on"', "its manifest is none"),
    ):
        with subtests.test(reason):
            path = vaulted.put(resealed(whole, replacing(old, new)))
            with pytest.raises(BackupFailed, match=reason):
                await vaulted.backups.verify(path)


async def test_refused_when_what_was_put_back_is_not_the_original(
    vaulted: Vaulted, whole: bytes, target: Address
) -> None:
    path = vaulted.put(resealed(whole, replacing(b'"count": 1000', b'"count": 1001')))
    with pytest.raises(BackupFailed, match="has 1000 rows instead of 1001"):
        await restore(path, target, VAULT)


async def test_one_restore_is_tried_when_two_would_be_at_once(vaulted: Vaulted, whole: bytes) -> None:
    path = vaulted.put(whole)
    outcomes = await asyncio.gather(*(vaulted.backups.verify(path) for _ in range(2)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BackupFailed", "Manifest"]
    assert "another restore is being tried" in str(outcomes)


async def test_refused_when_it_was_sealed_without_a_dump(vaulted: Vaulted, whole: bytes) -> None:
    for left in (0, 3, 100):
        path = vaulted.put(resealed(whole, beginning(left)))
        with pytest.raises(BackupFailed, match="there is no dump in it"):
            await vaulted.backups.verify(path)


@pytest.mark.promise("restore")
async def test_refused_when_the_dump_in_it_is_cut_short(vaulted: Vaulted, whole: bytes, target: Address) -> None:
    """By whoever has the key: PostgreSQL's own program finds it, and nothing is kept of it."""
    path = vaulted.put(resealed(whole, beginning(-2000)))
    with pytest.raises(BackupFailed, match="pg_restore ended with 1: could not read from input file: end of file"):
        await restore(path, target, VAULT)
    connection = await target.connect()
    assert await take_census(connection) == {}
    await connection.close()


async def test_refused_when_there_is_nothing_to_back_up(vaulted: Vaulted) -> None:
    await vaulted.owner.execute("DROP SCHEMA nova CASCADE")
    with pytest.raises(BackupFailed, match="holds no tables"):
        await vaulted.backups.make(at=NOW)
    assert vaulted.names() == []


@pytest.mark.promise("restore")
async def test_refused_and_untouched_when_restores_would_be_tried_in_the_live_one(vaulted: Vaulted) -> None:
    before = await take_census(vaulted.owner)
    for live in (vaulted.plan.live.url, vaulted.plan.live.url.replace("127.0.0.1", "localhost")):
        plan = replace(vaulted.plan, scratch=Address(live))
        with pytest.raises(BackupFailed, match="the verification database is the live one"):
            await PostgresBackups(plan, VAULT).make(at=NOW)
    assert await take_census(vaulted.owner) == before
    assert vaulted.names(".backup") == []


async def test_refused_and_untouched_when_restores_would_be_tried_in_somebody_elses(
    vaulted: Vaulted, target: Address
) -> None:
    connection = await target.connect()
    await connection.execute("CREATE TABLE public.precious AS SELECT 1 AS n")
    with pytest.raises(BackupFailed, match="holds what no restore has put there"):
        await PostgresBackups(replace(vaulted.plan, scratch=target), VAULT).make(at=NOW)
    assert await connection.fetchval("SELECT n FROM public.precious") == 1
    await connection.close()


async def test_refused_when_it_would_be_restored_over_something(vaulted: Vaulted, whole: bytes) -> None:
    before = await take_census(vaulted.owner)
    with pytest.raises(BackupFailed, match="is not empty"):
        await restore(vaulted.put(whole), vaulted.plan.live, VAULT)
    assert await take_census(vaulted.owner) == before


async def test_newest_are_kept_and_a_good_one_always_when_others_fail(vaulted: Vaulted) -> None:
    def file(day: int, ending: str) -> str:
        return f"{vaulted.plan.live.database}-{NOW + day * DAY:%Y%m%dT%H%M%SZ}{ending}"

    vaulted.folder.mkdir()
    planted = [*(file(day, ".backup") for day in (0, 1, 2)), *(file(day, ".unproven") for day in (1, 4, 5, 6))]
    for name in (*planted, "another-20200101T000000Z.backup", "notes.txt"):
        (vaulted.folder / name).touch()
    others = ["another-20200101T000000Z.backup", "notes.txt"]
    unreachable = Address("postgresql://nobody:hunter2@127.0.0.1:1/nothing")
    with pytest.raises(BackupFailed, match="cannot be reached") as failed:
        await PostgresBackups(replace(vaulted.plan, scratch=unreachable), VAULT).make(at=NOW + 7 * DAY)
    assert "hunter2" not in failed.value.reason
    kept = [file(1, ".backup"), file(2, ".backup"), file(6, ".unproven"), file(7, ".unproven")]
    assert vaulted.names() == sorted([*kept, *others])
    await vaulted.backups.make(at=NOW + 8 * DAY)
    assert vaulted.names() == sorted([file(2, ".backup"), file(8, ".backup"), *others])


async def test_one_is_made_when_two_begin_at_once(vaulted: Vaulted) -> None:
    outcomes = await asyncio.gather(*(vaulted.backups.make(at=NOW) for _ in range(2)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Backup", "BackupBusy"]


@pytest.mark.promise("jobs-are-rows")
async def test_one_is_made_when_three_workers_wake_at_three(vaulted: Vaulted, pool: Pool, units: PostgresUnits) -> None:
    clock = SetClock()
    desk = NoticeDesk(clock, NumberedIds())
    job = BackUp(units.begin, units.begin_for, PostgresDoors(pool), clock, vaulted.backups, desk)
    assert sorted(await asyncio.gather(job(), job(), job())) == [False, False, True]
    assert len(vaulted.names()) == 1
    assert await pool.fetchval("SELECT count(*) FROM platform.job_runs WHERE finished_at IS NOT NULL") == 1


def environment(vaulted: Vaulted) -> dict[str, str]:
    """What a process of ours reads."""
    return {
        "ALLONOVA_ENV": "test",
        "ALLONOVA_SECRET_KEYS": f"e2e:{SECRETS['e2e']}",
        "DATABASE_URL": vaulted.plan.live.url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ALLONOVA_BACKUP_DIR": str(vaulted.folder),
        "ALLONOVA_BACKUP_VERIFY_DATABASE_URL": vaulted.plan.scratch.url,
    }


async def command(env: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    """`allonova backup …`, started."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*allonova("backup", *arguments), env=env, stdout=pipe, stderr=pipe)


async def test_only_the_last_good_one_is_there_when_a_run_is_killed(vaulted: Vaulted) -> None:
    env = environment(vaulted)
    async with vaulted.owner.transaction():
        await vaulted.owner.execute("LOCK TABLE nova.courses IN ACCESS EXCLUSIVE MODE")  # no reader gets past it
        run = await command(env)
        await eventually("it writes", lambda: _is_there(vaulted, ".part"))
        run.kill()
        await run.communicate()
    assert [name.rpartition(".")[2] for name in vaulted.names()] == ["part"]
    made = await (again := await command(env)).communicate()
    assert again.returncode == 0, made
    assert vaulted.names() == [made[0].decode().partition(":")[0]]


async def _is_there(vaulted: Vaulted, ending: str) -> bool:
    return vaulted.folder.is_dir() and bool(vaulted.names(ending))


async def test_operator_sees_the_outcome_when_he_asks_for_it(vaulted: Vaulted, whole: bytes, target: Address) -> None:
    env, path = environment(vaulted), vaulted.put(whole)
    verify, put_back = await asyncio.gather(
        command(env, "verify", str(path)), command(env, "restore", str(path), "--into", target.url)
    )
    for run, word in ((verify, "restores"), (put_back, "restored")):
        said, complaints = await run.communicate()
        assert (run.returncode, complaints) == (0, b"")
        assert said.decode() == f"{word}: 1000 rows in 1 tables, as they were at 2025-10-01T07:00:00+00:00\n"
    again = await command(env, "restore", str(path), "--into", target.url)
    said, complaints = await again.communicate()
    assert (again.returncode, said) == (1, b"")
    assert b"is not empty: restore into a new database" in complaints


async def test_said_plainly_when_the_programs_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupFailed, match="install postgresql-client-15"):
        await programs_for(15, root=tmp_path)


async def test_said_plainly_when_the_programs_are_too_old(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="pg_dump and pg_restore of PostgreSQL 99 or newer"):
        await programs_for(99)


async def test_oldest_that_knows_the_server_is_chosen_when_there_are_several(tmp_path: Path) -> None:
    for major in (13, 15, 17):
        folder = tmp_path / f"usr/lib/postgresql/{major}/bin"
        folder.mkdir(parents=True)
        for name in ("pg_dump", "pg_restore"):
            program = folder / name
            program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.1'\n")
            program.chmod(0o700)
    assert [(await programs_for(server, root=tmp_path)).major for server in (12, 13, 14, 15, 16)] == [
        13,
        13,
        15,
        15,
        17,
    ]


async def test_refused_when_the_dump_may_not_see_every_row(vaulted: Vaulted) -> None:
    """What row-level security would hide is a failure, not a smaller backup."""
    await vaulted.owner.execute("CREATE ROLE walled LOGIN PASSWORD 'walled'; GRANT USAGE ON SCHEMA nova TO walled")
    try:
        await vaulted.owner.execute("GRANT SELECT ON nova.courses TO walled")
        walled = Address(vaulted.plan.live.url.replace("postgres@", "walled:walled@"))
        with pytest.raises(BackupFailed, match="InsufficientPrivilege"):
            await PostgresBackups(replace(vaulted.plan, live=walled), VAULT).make(at=NOW)
    finally:
        await vaulted.owner.execute("DROP OWNED BY walled; DROP ROLE walled")
    assert vaulted.names() == []


def test_password_stays_out_of_arguments_and_of_sight_when_a_url_has_one() -> None:
    url = "postgresql+asyncpg://me:s%40cret@db.example.test:6432,[::1]/all%20of%20it?sslmode=verify-full&work_mem=64 MB"
    address = Address(url)
    found = address.environment()
    assert (
        found
        | {
            "PGHOST": "db.example.test,::1",
            "PGPORT": "6432,",
            "PGUSER": "me",
            "PGPASSWORD": "s@cret",
            "PGDATABASE": "all of it",
            "PGSSLMODE": "verify-full",
            "PGOPTIONS": "-c work_mem=64\\ MB",
        }
        == found
    )
    assert "cret" not in repr(address)
    assert address.hides("for s@cret") == "for …"
