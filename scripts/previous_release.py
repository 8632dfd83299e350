"""Does the release before work on today's tables? Its own code and tests, on a database of today's revisions.

Usage: scripts/previous_release.py [RELEASE] [-- arguments for pytest]

RELEASE is a tag or a commit; without it, the newest tag `v…` but for that of what is at hand. DATABASE_URL and
REDIS_URL are servers to test on. VENV names another virtual environment for it, where its packages differ from today's.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUITES = ("tests/contract", "tests/postgres")
# These hold a list of all that is in the database against all that the release knows, and today's tables may be more.
# The last has the release itself run today's revisions, twice at once: that is for today's code, which takes turns.
LEFT_OUT = (
    "tests/postgres/test_migrations.py::test_alembic_finds_no_difference_between_metadata_and_migrated_schema",
    "tests/postgres/test_migrations.py::test_migrated_catalogue_is_that_of_the_metadata",
    "tests/postgres/test_walls.py::test_doors_are_shut_to_others_and_to_tricks_when_they_pass_the_walls",
    "tests/postgres/test_migrations.py::test_two_migrations_at_once_both_succeed",
)
# What a test stands on: the code, and the database as the tests themselves make one.
LOOK = """
import asyncio, json, asyncpg, allonova
from tests.support.postgres import admin_dsn, drop_database, fresh_database

async def revision():
    dsn = await fresh_database(admin_dsn())
    connection = await asyncpg.connect(dsn)
    found = await connection.fetchval("SELECT version_num FROM alembic_version")
    await connection.close()
    await drop_database(admin_dsn(), dsn)
    return found

print(json.dumps({"code": allonova.__file__, "revision": asyncio.run(revision())}))
"""

type Ground = dict[str, str]


class Unfit(Exception):
    """There is nothing to compare, or it would not compare what it says."""


def main(arguments: list[str]) -> int:
    """Lay the release out, look whether that is what it seems, and run its tests; their exit code."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    named, given = arguments[:end], arguments[end + 1 :]
    release = named[0] if named else newest_release(ROOT)
    if release is None:
        print("There is no release before this one (no tag v…): RELEASE=<commit> names one.")
        return 0
    with tempfile.TemporaryDirectory(prefix="allonova-release-") as folder:
        before = Path(folder).resolve()
        lay_out(ROOT, release, before)
        # Today's code migrates a template, as it does in a release; the old tests then copy theirs from it.
        today = look(ROOT, Path(sys.executable))
        judge(today, look(before, python()), before)
        print(f"{release} on the tables of revision {today['revision']}", flush=True)
        return subprocess.run(command(before, given), cwd=before, env=environment(before), check=False).returncode


def newest_release(root: Path) -> str | None:
    """The newest tag of a release but for one of what is at hand."""
    tags = _git(root, "tag", "--list", "v[0-9]*", "--no-contains", "HEAD", "--sort=-version:refname")
    return next(iter(tags.decode().split()), None)


def lay_out(root: Path, release: str, folder: Path) -> None:
    """All that the release was, but for its revisions: those are the ones at hand. Raises Unfit."""
    try:
        archive = _git(root, "archive", release)
    except subprocess.CalledProcessError as error:
        raise Unfit(f"{release} is no commit: {error.stderr.decode().strip()}") from error
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    shutil.rmtree(folder / "migrations")
    shutil.copytree(root / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))


def look(root: Path, program: Path) -> Ground:
    """Which code and which revision tests have there. Raises Unfit."""
    done = subprocess.run(
        [program, "-c", LOOK], cwd=root, env=environment(root), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unfit(f"no database could be made for the tests of {root}:\n{done.stderr}")
    found: Ground = json.loads(done.stdout)
    return found


def judge(today: Ground, then: Ground, before: Path) -> None:
    """The release's tests must stand on its own code and on today's tables. Raises Unfit."""
    if then["revision"] != today["revision"]:
        raise Unfit(f"its tests stand on revision {then['revision']}, and not on {today['revision']}")
    if not Path(then["code"]).is_relative_to(before):
        raise Unfit(f"its tests would run {then['code']}")


def command(before: Path, given: list[str]) -> list[str]:
    """Its tests, of those suites that it has."""
    suites = [suite for suite in SUITES if (before / suite).is_dir()]
    left_out = [f"--deselect={name}" for name in LEFT_OUT]
    return [str(python()), "-m", "pytest", "-q", "--no-cov", "-p", "no:cacheprovider", *left_out, *suites, *given]


def environment(root: Path) -> dict[str, str]:
    """Its code comes before whatever is installed."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(str(root / part) for part in ("src", ".", "scripts"))}


def python() -> Path:
    """That of the release's packages: by default today's, which may be newer than those that it was locked to."""
    return Path(os.environ["VENV"]) / "bin/python" if os.environ.get("VENV") else Path(sys.executable)


def _git(root: Path, *words: str) -> bytes:
    git = shutil.which("git") or sys.exit("git is needed: the release before lies in its history")
    return subprocess.run([git, *words], cwd=root, capture_output=True, check=True).stdout


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Unfit as fault:
        sys.exit(str(fault))
