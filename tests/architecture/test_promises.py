"""Every promise has tests, every test names a promise that there is, and counts are what the page says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from allonova.main.docs.promises import Shown, promises_page, shown_by
from allonova.main.promised import PROMISES, Promise

ROOT = Path(__file__).parents[2]
SHOWN = shown_by(ROOT)
PLANTED = """
import pytest

pytestmark = [pytest.mark.promise("soak")]
ROUNDS = pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.prove)])

@pytest.fixture(params=[1, pytest.param(9, marks=pytest.mark.prove)])
def crowd(request): return request.param

@pytest.mark.promise("tokens")
def test_one(): pass

@ROUNDS
async def test_many(rounds): pass

def test_of_a_crowd(crowd): pass
"""
PROVED = """
import pytest

@pytest.mark.promise("tokens")
@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.prove)])
def test_many(rounds): assert rounds == 20

@pytest.mark.promise("soak")
def test_always(): raise AssertionError

@pytest.mark.prove
def test_of_no_promise(): pass

def test_that_shows_nothing(): raise AssertionError
"""


def prove(folder: Path, *options: str) -> tuple[str, int]:
    """Run the planted tests as `make prove` runs all; what was said, and how it ended."""
    (folder / "test_planted.py").write_text(PROVED)
    own = [f"--rootdir={folder}", f"--proof={folder / 'proof.json'}", str(folder / "test_planted.py")]
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.proving", "--prove", "--no-cov", "-m", ""]
    ended = subprocess.run([*command, *options, *own], cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout, ended.returncode


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_promise_has_tests_and_the_counts_that_the_page_says(promise: Promise) -> None:
    tests = SHOWN.get(promise.name, [])
    assert tests, "no test bears its name"
    assert any(test.has_more for test in tests) == bool(promise.sample), (
        "a sample needs a full count, and no other does"
    )


def test_every_test_names_a_promise_that_there_is() -> None:
    assert set(SHOWN) <= {promise.name for promise in PROMISES}


def test_marks_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_planted.py").write_text(PLANTED)
    file = "tests/test_planted.py"
    one = Shown(file, "test_one", has_more=False)
    many, crowd = Shown(file, "test_many", has_more=True), Shown(file, "test_of_a_crowd", has_more=True)
    assert shown_by(tmp_path) == {"soak": [one, many, crowd], "tokens": [one]}


def test_page_names_tests_and_how_to_run_them() -> None:
    row = next(line for line in promises_page(ROOT).splitlines() if line.startswith("| **no-oversell**"))
    assert "[e2e/test_seats.py](../tests/e2e/test_seats.py): `test_nothing_oversold_" in row
    assert "`make prove PROMISE=no-oversell`" in row


def test_full_counts_and_whatever_has_none_are_run_when_promises_are_proved(tmp_path: Path) -> None:
    said, code = prove(tmp_path)
    proof = {each["promise"]: each for each in json.loads((tmp_path / "proof.json").read_text())}
    assert code == 1
    assert list(proof["tokens"]["tests"]) == ["test_planted.py::test_many[20]"]
    assert [proof[name]["passed"] for name in ("tokens", "soak", "–")] == [1, 0, 1]
    assert proof["soak"]["failed"] == 1
    assert "\ntokens " in said
    assert f"2 of {len(PROMISES) + 1} hold" in said


def test_one_is_proved_alone_when_it_is_named(tmp_path: Path) -> None:
    said, code = prove(tmp_path, "--promise=tokens")
    assert code == 0
    assert "1 of 1 hold" in said
    assert prove(tmp_path, "--promise=tokenz")[1] == pytest.ExitCode.USAGE_ERROR
