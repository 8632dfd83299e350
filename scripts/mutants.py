"""Mutation testing of what decides about money and rides: which small faults in it do the tests of the domain not see?

Everything happens in copies under build/mutants. First the tests must pass there as they are, and a fault must live
through a test that asserts nothing: else nobody could say who kills the others. Then mutmut plants its faults, one by
one, and runs the tests that reach each. Prints a table; build/mutants/survivors.diff has the faults nobody saw. Exit
code 1 when fewer than SCORE percent are seen.

Usage: .venv/bin/python scripts/mutants.py
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutmut.mutation.diff_apply import get_diff_for_mutant

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutants"
BIN = Path(sys.executable).parent
TREES = ("src/allonova/domain/money", "src/allonova/domain/carpool")
SCORE = 85
ENDS_AT = time.monotonic() + 60 * 60
WORKERS = int(os.environ.get("MUTANT_WORKERS", "2"))

TESTS = "tests/domain"
# pytest starts once for each mutant: without the project's plugins it does so in a quarter of the time, and nothing
# counts coverage. Dispatch's tests never reach these trees, for the two worlds do not see each other.
PYTEST = ["-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "tests.support.mutating"]
PYTEST += [f"--ignore={TESTS}/dispatch"]
ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": f"src{os.pathsep}."}

# The fault of the proof: `balance > amount` for `balance >= amount`.
PLANTED_IN = "src/allonova/domain/money/wallet.py"
PLANTED = "allonova.domain.money.wallet.xǁWalletǁcovers__mutmut_1"
BLIND_TEST = """
from tests.support.factories import NOW, new_id
from allonova.domain.money.wallet import Wallet


def test_nothing():
    Wallet(id=new_id(), user_id=new_id(), created_at=NOW, updated_at=NOW).covers(0)
"""

SURVIVED = 0
KINDS: dict[int | None, str] = {1: "killed", 3: "killed", SURVIVED: "survived", 33: "no tests", 5: "no tests"}
KINDS |= dict.fromkeys((36, 24, -24, 152, 255), "timeout")
COLUMNS = ("killed", "timeout", "survived", "no tests", "other")


class Failed(Exception):
    """The hunt proves nothing; says why."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the mutants of one file, by kind."""

    file: str
    by_kind: Counter[str]

    @property
    def total(self) -> int:
        """All of them."""
        return self.by_kind.total()

    @property
    def score(self) -> float:
        """The percentage that the tests saw: a fault that hangs them is seen, one that no test reaches is not."""
        return 100 * (self.by_kind["killed"] + self.by_kind["timeout"]) / self.total

    def row(self) -> str:
        """A line of the table."""
        cells = "".join(f"{self.by_kind[kind]:>10}" for kind in COLUMNS)
        return f"{self.file:<28}{self.total:>8}{cells}{self.score:>8.1f} %"


def lay_out(folder: Path, *, only: tuple[str, ...]) -> None:
    """A copy of what is mutated and of the tests, with the settings of both tools beside it."""
    bare = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", folder / "src", ignore=bare)
    for part in ("domain", "support"):
        shutil.copytree(ROOT / "tests" / part, folder / "tests" / part, ignore=bare)
    (folder / "tests" / "__init__.py").touch()
    pytest = {"addopts": ["--import-mode=importlib"], "filterwarnings": ["error"]}
    mutmut = {
        "source_paths": ["src"],
        "only_mutate": list(only),
        "pytest_add_cli_args": PYTEST,
        "pytest_add_cli_args_test_selection": [TESTS],
        "timeout_multiplier": 10,
        "use_git_change_detection": False,
        # Each mutant in a process where no test has run yet: what one left behind must not kill the next.
        "process_isolation": "forkserver",
    }
    tables = toml("tool.pytest.ini_options", pytest) + toml("tool.mutmut", mutmut)
    (folder / "pyproject.toml").write_text(tables)


def toml(name: str, table: dict[str, Any]) -> str:
    """A table of TOML: its texts, lists and numbers are those of JSON."""
    return "".join([f"[{name}]\n", *(f"{key} = {json.dumps(value)}\n" for key, value in table.items())])


def run(folder: Path, *command: str) -> None:
    """Run a program of ours there, as long as the hour lasts; what it says goes to a log beside it. Raises Failed."""
    log = folder.with_suffix(".log")
    with log.open("a") as out:
        program = subprocess.Popen(
            [BIN / command[0], *command[1:]],
            cwd=folder,
            env=os.environ | ENVIRONMENT,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            code = program.wait(ENDS_AT - time.monotonic())
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as stop:
            os.killpg(program.pid, signal.SIGKILL)
            raise Failed(f"{command[0]} was stopped; see {log}") from stop
    if code:
        raise Failed(f"{command[0]} failed; see the end of {log}")


def codes_of(folder: Path, path: str) -> dict[str, int | None]:
    """Of each mutant of a file, how its tests ended."""
    meta = json.loads((folder / "mutants" / f"{path}.meta").read_text())
    return dict(meta["exit_code_by_key"])


def prove_that_blind_tests_kill_nothing() -> None:
    """Raises Failed."""
    folder = WORK / "proof"
    lay_out(folder, only=(PLANTED_IN,))
    shutil.rmtree(folder / TESTS)
    (folder / TESTS).mkdir()
    (folder / TESTS / "__init__.py").touch()
    (folder / TESTS / "test_nothing.py").write_text(BLIND_TEST)
    run(folder, "mutmut", "run", "--max-children", "1", PLANTED)
    if codes_of(folder, PLANTED_IN)[PLANTED] != SURVIVED:
        raise Failed("a test that asserts nothing kills a mutant: something else than the tests does")


def tallies(folder: Path) -> Iterator[Tally]:
    """File by file."""
    for tree in TREES:
        for file in sorted((folder / tree).glob("*.py")):
            codes = codes_of(folder, str(file.relative_to(folder)))
            if codes:
                name = str(file.relative_to(folder / "src/allonova/domain"))
                yield Tally(name, Counter(KINDS.get(code, "other") for code in codes.values()))


def write_survivors(folder: Path, to: Path) -> None:
    """The faults that nobody saw, as differences, file by file."""
    with to.open("w") as out, contextlib.chdir(folder):
        for file in sorted(file for tree in TREES for file in Path(tree).glob("*.py")):
            for mutant, code in codes_of(folder, str(file)).items():
                if KINDS.get(code) in ("survived", "no tests"):
                    out.write(f"# {mutant}: {KINDS[code]}\n{get_diff_for_mutant(mutant, path=file)}\n")


def report(folder: Path) -> bool:
    """Print the table. True when enough faults were seen, and all were tried."""
    head = "".join(f"{kind:>10}" for kind in COLUMNS)
    print(f"\n{'domain/':<28}{'mutants':>8}{head}{'score':>10}")
    files = list(tallies(folder))
    for one in files:
        print(one.row())
    whole = Tally("together", sum((one.by_kind for one in files), Counter()))
    print(whole.row())
    survivors = WORK / "survivors.diff"
    write_survivors(folder, survivors)
    print(f"\nWhat no test saw: {survivors.relative_to(ROOT)}. At least {SCORE} % must be seen.")
    return whole.score >= SCORE


def hunt(folder: Path) -> None:
    """Prove that the tests are what kills, then plant every fault. Raises Failed."""
    lay_out(folder, only=tuple(f"{tree}/*" for tree in TREES))
    run(folder, "pytest", "-q", *PYTEST, TESTS)
    print("The tests pass as they are.", flush=True)
    prove_that_blind_tests_kill_nothing()
    print("A planted mutant lives through a test that asserts nothing.", flush=True)
    run(folder, "mutmut", "run", "--max-children", str(WORKERS))
    if codes_of(folder, PLANTED_IN)[PLANTED] == SURVIVED:
        raise Failed("the planted mutant lives through the real tests too")


def main() -> int:
    """The exit code."""
    began, folder = time.monotonic(), WORK / "hunt"
    shutil.rmtree(WORK, ignore_errors=True)
    try:
        hunt(folder)
    except Failed as why:
        print(why)
        return 1
    is_enough = report(folder)
    print(f"{(time.monotonic() - began) / 60:.0f} minutes, {WORKERS} mutants at a time.")
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main())
