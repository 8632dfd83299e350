"""What a revision must not do beside a running service, seen by the linter that `make lint` asks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

REFUSED = {
    "CREATE INDEX ix_trips_x ON carpool.trips (created_at);": "require-concurrent-index-creation",
    (
        "DROP INDEX CONCURRENTLY IF EXISTS carpool.ix_trips_x;"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trips_x ON carpool.trips (created_at);"
    ): "ban-concurrent-index-creation-in-transaction",
    "ALTER TABLE carpool.trips ADD COLUMN x text NOT NULL;": "adding-required-field",
    "ALTER TABLE carpool.trips DROP COLUMN origin_text;": "ban-drop-column",
    "ALTER TABLE carpool.trips RENAME COLUMN origin_text TO x;": "renaming-column",
    "ALTER TABLE carpool.trips RENAME TO journeys;": "renaming-table",
    "ALTER TABLE carpool.trips ALTER COLUMN seats_total TYPE bigint;": "changing-column-type",
    "ALTER TABLE carpool.trips ALTER COLUMN origin_text SET NOT NULL;": "adding-not-nullable-field",
    "ALTER TABLE carpool.trips ADD CONSTRAINT ck_x CHECK (seats_total > 0);": "constraint-missing-not-valid",
    "ALTER TABLE carpool.trips ADD CONSTRAINT uq_x UNIQUE (id, version);": "disallowed-unique-constraint",
    "DROP TABLE carpool.trips;": "ban-drop-table",
}
ALLOWED = {
    "0008_column.sql": "ALTER TABLE carpool.trips ADD COLUMN x text;",
    "0008_table.sql": "CREATE TABLE carpool.x (id bigint PRIMARY KEY, y text);\nCREATE INDEX ix_x ON carpool.x (y);",
    "0008_rule.sql": "ALTER TABLE carpool.trips ADD CONSTRAINT ck_x CHECK (seats_total > 0) NOT VALID;",
    "0008_index.concurrently.sql": """\
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
DROP INDEX CONCURRENTLY IF EXISTS carpool.ix_trips_x;
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_trips_x ON carpool.trips (created_at);
""",
}


def said_of(folder: Path, name: str, sql: str) -> tuple[int, str]:
    """What the linter says of a revision of that name, by our rules."""
    for needed in ("scripts/revisions", ".squawk.toml"):
        (folder / needed).parent.mkdir(exist_ok=True, parents=True)
        shutil.copy(ROOT / needed, folder / needed)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "migrations/sql").mkdir(parents=True)
    (folder / "migrations/sql" / name).write_text(sql)
    done = subprocess.run([folder / "scripts/revisions"], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.promise("migrations-under-load")
@pytest.mark.parametrize(("sql", "rule"), REFUSED.items(), ids=REFUSED.values())
def test_revision_is_refused_when_it_stops_or_breaks_the_release_before(tmp_path: Path, sql: str, rule: str) -> None:
    code, said = said_of(tmp_path, "0008_x.sql", sql)
    assert code == 1
    assert rule in said


@pytest.mark.parametrize("name", ALLOWED)
def test_revision_passes_when_it_only_adds(tmp_path: Path, name: str) -> None:
    code, said = said_of(tmp_path, name, ALLOWED[name])
    assert code == 0, said


def test_linter_looks_at_every_revision_after_the_first_release(tmp_path: Path) -> None:
    sql = next(iter(REFUSED))
    names = ("0007_x.sql", "0008_x.sql", "0008_x.down.sql", "0010_x.sql", "0017_x.sql")
    assert [said_of(tmp_path / name, name, sql)[0] for name in names] == [0, 1, 0, 1, 1]
