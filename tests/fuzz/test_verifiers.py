"""Anything may come where a proof is expected: the reader takes it, or refuses it in its own words."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

SAMPLE, FULL = 5_000, 200_000
DONE = re.compile(r"Done (\d+) runs in (\d+) second")


def fuzz(name: str, runs: int, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(runs), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def require_only_refusals(name: str, runs: int, folder: Path) -> str:
    ended = fuzz(name, runs, folder)
    done = DONE.search(ended.stderr)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert done is not None
    assert int(done[1]) >= runs
    return f"{name}: {done[1]} inputs in {done[2]} s, nothing but its own refusal"


@pytest.mark.promise("webhooks-forged")
@pytest.mark.promise("signature-parsers")
@pytest.mark.promise("tokens")
def test_only_its_own_refusal_comes_out_when_anything_comes(tmp_path: Path) -> None:
    require_only_refusals("any", SAMPLE, tmp_path)


@pytest.mark.promise("webhooks-forged")
@pytest.mark.promise("signature-parsers")
@pytest.mark.promise("tokens")
@pytest.mark.prove
@pytest.mark.parametrize("name", TARGETS)
def test_only_its_own_refusal_comes_out_of_200_000_inputs(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("figure", require_only_refusals(name, FULL, tmp_path))


def test_fault_is_seen_when_few_inputs_show_it(tmp_path: Path) -> None:
    ended = fuzz("planted", SAMPLE, tmp_path)
    assert ended.returncode != 0
    assert "an open bracket" in ended.stdout + ended.stderr


@pytest.mark.parametrize("name", TARGETS)
def test_good_example_is_taken(name: str) -> None:
    target = TARGETS[name]
    for seed in target.seeds if name != "id tokens, signed" else target.seeds[:1]:
        target.call(seed)
