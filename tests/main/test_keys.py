"""`allonova keys`, as it is typed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.crypto.sealer import AesSealer
from allonova.adapters.crypto.vault import AesVault, sealed_by
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.main.cli import main
from tests.support.postgres import admin_dsn, drop_database, fresh_database
from tests.support.sealed import CANARY, columns, fill

pytestmark = [pytest.mark.promise("sealed-at-rest")]

OLD, NEW = {"old": "o" * 32}, {"new": "n" * 32}
_MOVED = "UPDATE carpool.payouts SET phone = (SELECT phone FROM carpool.payout_accounts) RETURNING id"

type Type = Callable[..., tuple[int, str]]


async def filled(dsn: str) -> None:
    """One of everything, sealed by the old key."""
    async with await open_pool(dsn, max_size=1) as pool:
        units = PostgresUnits(pool, subscribers={}, ids=RandomIds(), clock=SystemClock(), wake=lambda _: None)
        await fill(units, AesSealer(OLD, "old"))


async def moved(dsn: str) -> str:
    """Put one ciphertext where another was; the row."""
    owner = await asyncpg.connect(dsn)
    try:
        return str(await owner.fetchval(_MOVED))
    finally:
        await owner.close()


@pytest.fixture
def database() -> Iterator[str]:
    """The DSN of a migrated database with one of everything."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    asyncio.run(filled(dsn))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
def keys(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Runs the command with some of the keys; its exit code, and all that it said."""
    settings = {
        "ALLONOVA_ENV": "test",
        "DATABASE_URL": database,
        "REDIS_URL": os.environ["REDIS_URL"],
        "ALLONOVA_BACKUP_DIR": str(tmp_path),
        "ALLONOVA_BACKUP_VERIFY_DATABASE_URL": f"{database}_verify",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def run(deed: str, *known: str) -> tuple[int, str]:
        pairs = [f"{kid}:{secret}" for kid, secret in (OLD | NEW).items()]
        chosen = sorted((pair for pair in pairs if pair.split(":")[0] in known), key=lambda p: known.index(p[:3]))
        monkeypatch.setenv("ALLONOVA_SECRET_KEYS", ",".join(chosen))
        with pytest.raises(SystemExit) as end:
            main(["keys", deed])
        heard = capsys.readouterr()
        return int(end.value.code or 0), heard.out + heard.err

    return run


def test_old_key_is_free_when_everything_was_sealed_by_the_new_one(keys: Type) -> None:
    code, said = keys("status", "new", "old")
    assert code == 0
    assert said.splitlines() == [f"{column}: 1 by old" for column in columns()]
    code, said = keys("rotate", "new", "old")
    assert code == 0
    assert said.splitlines()[:-1] == [f"{column}: 1 sealed anew" for column in columns()]
    code, said = keys("status", "new", "old")
    assert (code, said.splitlines()[-1]) == (0, "old: nothing here hangs on it")
    assert said.splitlines()[:-1] == [f"{column}: 1 by new" for column in columns()]
    assert keys("status", "new")[0] == 0


def test_command_ends_with_1_and_names_the_row_when_a_value_does_not_open(keys: Type, database: str) -> None:
    row = asyncio.run(moved(database))
    code, said = keys("rotate", "new", "old")
    assert code == 1
    assert f"carpool.payouts.phone: the value of row {row} does not open" in said.splitlines()
    assert "carpool.payouts.phone: 1 still by old" in said.splitlines()
    assert CANARY not in said
    assert "v1." not in said


def test_status_ends_with_1_when_a_key_is_missing_that_values_need(keys: Type) -> None:
    code, said = keys("status", "new")
    assert code == 1
    assert f"{columns()[0]}: 1 by old, which is not in ALLONOVA_SECRET_KEYS" in said.splitlines()
    code, said = keys("rotate", "new")
    assert (code, said.count("does not open")) == (1, len(columns()))


def test_status_counts_backups_by_their_keys(keys: Type, tmp_path: Path) -> None:
    for number in (1, 2):
        with (tmp_path / f"{number}.backup").open("wb") as file:
            AesVault(OLD, "old").seal(file).finish()
    (tmp_path / "3.backup").write_bytes(b"something else")
    assert [sealed_by(path) for path in sorted(tmp_path.iterdir())] == ["old", "old", None]
    keys("rotate", "new", "old")
    code, said = keys("status", "new", "old")
    assert said.splitlines()[-2:] == [f"{tmp_path}: 2 by old", f"{tmp_path}: 1 by no key that is known"]
    assert code == 1


def test_command_is_refused_when_there_is_no_database(keys: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLONOVA_ENV", "embedded")
    assert keys("status", "new")[0] == keys("rotate", "new")[0] == 2
