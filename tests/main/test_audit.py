"""`allonova audit verify`, as it is typed."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator

import asyncpg  # type: ignore[import-untyped]
import pytest

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.ids import RandomIds
from allonova.adapters.postgres.pool import open_pool
from allonova.adapters.postgres.unit import PostgresUnits
from allonova.application.audit.seal_audit import SealAudit
from allonova.main.cli import main
from tests.support.postgres import admin_dsn, drop_database, fresh_database

_ROWS = """
INSERT INTO platform.audit_logs (actor_type, action, entity, entity_id, created_at)
SELECT 'system', 'thing.done', 'thing', gen_random_uuid(), now() - interval '1 hour' FROM generate_series(1, 3)
"""

type Type = Callable[..., tuple[int, str]]


async def sealed(dsn: str) -> None:
    """Some rows with their seals."""
    async with await open_pool(dsn, max_size=1) as pool:
        await pool.execute(_ROWS)
        units = PostgresUnits(pool, subscribers={}, ids=RandomIds(), clock=SystemClock(), wake=lambda _: None)
        assert await SealAudit(units.begin, SystemClock())() == 3


async def tampered(dsn: str) -> None:
    """As whoever owns the table."""
    owner = await asyncpg.connect(dsn)
    await owner.execute("UPDATE platform.audit_logs SET action = 'thing.undone'")
    await owner.close()


@pytest.fixture
def database() -> Iterator[str]:
    """The DSN of a migrated database with a sealed log."""
    dsn = asyncio.run(fresh_database(admin_dsn()))
    asyncio.run(sealed(dsn))
    yield dsn
    asyncio.run(drop_database(admin_dsn(), dsn))


@pytest.fixture
def verify(database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Runs the command; its exit code, and all that it said."""
    settings = {"ALLONOVA_ENV": "test", "DATABASE_URL": database, "REDIS_URL": os.environ["REDIS_URL"]}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(["audit", "verify", *words])
        heard = capsys.readouterr()
        return int(end.value.code or 0), heard.out + heard.err

    return run


def test_proof_ends_with_0_when_the_log_is_sound(verify: Type) -> None:
    code, said = verify()
    assert code == 0
    found = re.fullmatch(r"audit: 3 rows sealed, 0 waiting, clean\nhead: ([0-9a-f]{64})\n", said)
    assert found is not None
    assert verify("--head", found[1].upper()) == (0, said)
    other, complaint = verify("--head", "ab" * 32)
    assert (other, complaint.splitlines()[0].split(":")[0]) == (1, f"head {'ab' * 32}")
    assert verify("--head", "x")[0] == 2


def test_proof_ends_with_1_and_names_the_rows_when_the_log_was_changed(verify: Type, database: str) -> None:
    asyncio.run(tampered(database))
    code, said = verify()
    assert code == 1
    assert said.count("not what was sealed (seal ") == 3
    assert "audit: 3 rows sealed, 0 waiting, 3 faults" in said


def test_proof_is_refused_when_there_is_no_database(verify: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLONOVA_ENV", "embedded")
    assert verify()[0] == 2
