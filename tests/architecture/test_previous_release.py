"""The tests of the release before: its own code, on revisions of today."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import previous_release
import pytest

OUTSIDE_PYTHON = "import json, allonova, before; print(json.dumps([allonova.SAYS, allonova.__file__, before.SAYS]))"


def git(root: Path, *words: str) -> None:
    names = ["-c", "user.name=A", "-c", "user.email=a@example.test", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *names, *words], cwd=root, capture_output=True, check=True)


def commit(root: Path, says: str, files: dict[str, str]) -> None:
    """All that a release has: code, helpers, revisions."""
    known = {"src/allonova/__init__.py": f"SAYS = {says!r}\n", "scripts/before.py": f"SAYS = {says!r}\n"}
    for name, text in (known | files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-m", says)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository after two releases, on the way to a third."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-b", "main")
    commit(root, "first", {"migrations/versions/0001.py": "", "migrations/versions/0001_wrong.py": ""})
    git(root, "tag", "v1.9.0")
    (root / "migrations/versions/0001_wrong.py").unlink()
    commit(root, "second", {"migrations/versions/0002.py": ""})
    git(root, "tag", "v1.10.0")
    git(root, "tag", "vendored")
    commit(root, "third", {"tests/postgres/test_new.py": ""})
    (root / "migrations/versions/0003.py").write_text("")
    return root


def test_release_has_its_code_and_todays_revisions(root: Path, tmp_path: Path) -> None:
    before = tmp_path / "before"
    previous_release.lay_out(root, "v1.9.0", before)
    command = [sys.executable, "-c", OUTSIDE_PYTHON]
    said = subprocess.run(
        command, cwd=tmp_path, env=previous_release.environment(before), capture_output=True, check=True
    )
    assert json.loads(said.stdout) == ["first", str(before / "src/allonova/__init__.py"), "first"]
    assert sorted(path.name for path in (before / "migrations/versions").iterdir()) == ["0001.py", "0002.py", "0003.py"]


def test_release_is_the_newest_tag_before_what_is_at_hand(root: Path) -> None:
    assert previous_release.newest_release(root) == "v1.10.0"
    git(root, "tag", "v1.11.0")
    assert previous_release.newest_release(root) == "v1.10.0"


def test_nothing_is_compared_when_there_is_no_release(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(root, "tag", "--delete", "v1.9.0", "v1.10.0")
    monkeypatch.setattr(previous_release, "ROOT", root)
    assert previous_release.main([]) == 0
    assert "There is no release before this one" in capsys.readouterr().out


def test_it_ends_when_the_release_is_unknown(root: Path, tmp_path: Path) -> None:
    with pytest.raises(previous_release.Unfit, match=r"v7\.0\.0 is no commit"):
        previous_release.lay_out(root, "v7.0.0", tmp_path / "before")


@pytest.mark.parametrize(
    ("code", "revision", "what"),
    [("/before/src/a.py", "0002", "stand on revision 0002, and not on 0003"), ("/today/src/a.py", "0003", "would run")],
)
def test_it_ends_when_the_tests_would_stand_on_something_else(code: str, revision: str, what: str) -> None:
    today, before = {"code": "/today/src/a.py", "revision": "0003"}, Path("/before")
    previous_release.judge(today, {"code": "/before/src/a.py", "revision": "0003"}, before)
    with pytest.raises(previous_release.Unfit, match=what):
        previous_release.judge(today, {"code": code, "revision": revision}, before)


def test_what_tests_stand_on_is_read_from_their_database() -> None:
    found = previous_release.look(previous_release.ROOT, Path(sys.executable))
    newest = max(path.name for path in (previous_release.ROOT / "migrations/versions").glob("0*.py"))
    assert newest.startswith(found["revision"])
    assert Path(found["code"]).is_relative_to(previous_release.ROOT / "src")


def test_only_suites_that_it_has_are_asked_for(root: Path) -> None:
    command = previous_release.command(root, ["-k", "seats"])
    assert command[1:3] == ["-m", "pytest"]
    assert [part for part in command if part in previous_release.SUITES] == ["tests/postgres"]
    assert command[-2:] == ["-k", "seats"]


def test_what_is_left_out_is_there() -> None:
    for name in previous_release.LEFT_OUT:
        path, _, test = name.partition("::")
        assert f"def {test}(" in (previous_release.ROOT / path).read_text()


def test_packages_are_those_of_another_environment_when_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENV", "/opt/before")
    assert previous_release.python() == Path("/opt/before/bin/python")
