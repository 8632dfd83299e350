"""`allonova backup drill`: the newest backup, put back where nobody is and looked at."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.secrets import ServerSecrets
from allonova.adapters.postgres.backup.address import Address
from allonova.adapters.postgres.backup.census import take_census
from allonova.adapters.postgres.runner import Connection, Pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.domain.kyc.document import KycDocument, number_context
from allonova.domain.money.journal import COMMISSION, Account, AccountKind, Entry, EntryKind, move
from allonova.main.backup import backups_of
from allonova.main.drill import play_drill
from allonova.main.files import file_store
from allonova.main.settings import Env, Settings
from tests.support.factories import NOW, a_paper, a_user, keep, new_id
from tests.support.postgres import admin_dsn, blank_database, drop_database
from tests.support.processes import SECRETS, allonova, plain_environment

pytestmark = [pytest.mark.promise("restore")]

NOTED = "SELECT error FROM platform.job_runs WHERE job = 'restore_drill' AND finished_at IS NOT NULL"


@pytest.fixture(scope="module")
def trial() -> Iterator[str]:
    """Where restores are tried."""
    dsn = asyncio.run(blank_database(admin_dsn()))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@dataclass(frozen=True, slots=True)
class Stage:
    """A live database with a paper, its picture and an entry in the books."""

    settings: Settings
    owner: Connection
    paper: KycDocument

    async def drill(self, *, fresh: bool = True) -> int:
        """Its exit code."""
        backups = backups_of(self.settings)
        assert backups is not None
        return await play_drill(self.settings, backups, fresh=fresh)

    @property
    def picture(self) -> Path:
        """Of the paper."""
        return self.settings.files_folder / self.paper.front_url

    @property
    def folder(self) -> Path:
        """Of the backups."""
        assert self.settings.backup_dir is not None
        return self.settings.backup_dir


@pytest.fixture
async def stage(database: str, trial: str, owner: Connection, units: PostgresUnits, tmp_path: Path) -> Stage:
    """All is well on it."""
    settings = Settings(
        env=Env.TEST,
        secret_keys=(f"e2e:{SECRETS['e2e']}",),
        database_url=database,
        redis_url="redis://127.0.0.1:1/0",
        files_dir=tmp_path / "files",
        backup_dir=tmp_path / "backups",
        backup_verify_database_url=trial,
    )
    user, id = a_user(), new_id()
    sealed = AesSealer(SECRETS, "e2e").seal("CI001", context=number_context(id))
    paper = a_paper(user, id=id, doc_number=sealed)
    postings = move(Account(AccountKind.DRIVER_PAYABLE, "x"), (COMMISSION, 900))
    entry = Entry(
        id=new_id(), kind=EntryKind.BOOKING_PAID, ref_type="test", ref_id=new_id(), postings=postings, created_at=NOW
    )
    async with units.begin() as unit:
        await keep(unit, user, paper)
        await unit.journal.post(entry)
    files = file_store(settings, ServerSecrets(settings.keys, "e2e"), SystemClock())
    await files.write(paper.front_url, b"a picture", content_type="image/jpeg")
    return Stage(settings, owner, paper)


async def test_all_is_well_and_nothing_stays_behind_when_a_backup_is_tried(
    stage: Stage, trial: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await stage.drill() == 0
    said, complaints = capsys.readouterr()
    for line in ("1 entries, 2 postings", "1 values open", "1 counted on, 0 of them not there", "as they were"):
        assert line in said
    assert complaints == ""
    assert [row["error"] for row in await stage.owner.fetch(NOTED)] == [None]
    connection = await Address(trial).connect()
    assert await take_census(connection) == {}
    await connection.close()


async def test_every_fault_is_named_when_what_came_back_cannot_be_relied_on(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    async with stage.owner.transaction():
        await stage.owner.execute("SET LOCAL session_replication_role = replica")
        await stage.owner.execute("DELETE FROM platform.postings WHERE amount = 900")
        await stage.owner.execute("UPDATE carpool.kyc_documents SET doc_number = 'v1.e2e.nothing'")
    stage.picture.unlink()
    assert await stage.drill() == 1
    complaints = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in complaints] == ["books", "sealed", "files"]
    assert f"carpool.kyc_documents.doc_number of row {stage.paper.id}" in complaints[1]
    assert complaints[2] == f"files: 1 files are lost, as {stage.paper.front_url}"
    assert await stage.owner.fetchval(NOTED) == "; ".join(complaints)


async def test_file_is_no_loss_when_it_was_let_go_since(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert await stage.drill() == 0
    await stage.owner.execute("DELETE FROM carpool.kyc_documents")
    stage.picture.unlink()
    assert await stage.drill(fresh=False) == 0
    assert "1 counted on, 1 of them not there" in capsys.readouterr().out


async def test_files_are_a_fault_when_their_store_does_not_answer(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    away = {"s3_bucket": "bucket", "s3_endpoint_url": "http://127.0.0.1:1", "s3_access_key": "x", "s3_secret_key": "x"}
    elsewhere = replace(stage, settings=stage.settings.model_copy(update=away))
    assert await elsewhere.drill() == 1
    assert capsys.readouterr().err == "files: where they are kept, nobody answers\n"


async def test_refused_when_there_is_no_backup_that_was_proven(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await stage.drill(fresh=False) == 1
    assert capsys.readouterr().err == "there is no backup that is proven\n"


async def test_refused_when_others_can_read_the_newest(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert await stage.drill() == 0
    (newest,) = stage.folder.iterdir()
    newest.chmod(0o640)
    assert await stage.drill(fresh=False) == 1
    assert "is open to others: its mode is 0640" in capsys.readouterr().err
    newest.chmod(0o600)
    stage.folder.chmod(0o750)
    assert await stage.drill(fresh=False) == 1
    assert "is open to others: its mode is 0750" in capsys.readouterr().err


async def test_the_newest_is_taken_and_its_age_told_when_there_are_several(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    backups = backups_of(stage.settings)
    assert backups is not None
    made = await backups.make(at=SystemClock().now() - timedelta(hours=30, minutes=2))
    (stage.folder / re.sub(r"\d{8}T", "20200101T", made.name)).touch()
    assert await stage.drill(fresh=False) == 0
    assert "what came back was 30 h 2 min old" in capsys.readouterr().out


async def test_exit_code_is_that_of_the_drill_when_an_operator_types_it(stage: Stage) -> None:
    env = plain_environment() | {
        "ALLONOVA_ENV": "test",
        "DATABASE_URL": stage.settings.database_url,
        "REDIS_URL": stage.settings.redis_url,
        "ALLONOVA_BACKUP_DIR": str(stage.folder),
        "ALLONOVA_BACKUP_VERIFY_DATABASE_URL": stage.settings.backup_verify_database_url,
    }
    process = await asyncio.create_subprocess_exec(
        *allonova("backup", "drill"), env=env, stderr=asyncio.subprocess.PIPE
    )
    _, complaints = await process.communicate()
    assert (process.returncode, complaints) == (1, b"there is no backup that is proven\n")


async def test_a_drill_that_cannot_be_noted_says_so_when_the_live_database_is_away(
    stage: Stage, pool: Pool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await stage.drill() == 0
    gone = stage.settings.model_copy(update={"database_url": away(stage.settings.database_url)})
    backups = backups_of(gone)
    assert backups is not None
    assert await play_drill(gone, backups, fresh=False) == 0
    assert "the live database is away" in capsys.readouterr().out
    assert await pool.fetchval(NOTED.replace("error", "count(*)")) == 1


def away(url: str) -> str:
    """The same database where no server is."""
    host, _, database = url.rpartition("/")
    return f"{host.rpartition(':')[0]}:1/{database}"
