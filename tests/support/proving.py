"""`pytest --prove`: every promise at its full count, and the table to quote, kept in build/promises.json meanwhile."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

MARK, FULL = "promise", "prove"
FIGURE = "figure"
OTHERS = "–"  # whatever has a full count and shows no promise
OUTCOMES = ("passed", "failed", "error", "skipped")

type Quote = Callable[[str], None]


@dataclass(slots=True)
class Proof:
    """What the tests of one promise came to."""

    name: str
    full: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    tests: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether at least one test showed it and none spoke against it."""
        return set(self.outcomes) == {"passed"}


class Proving:
    """Chooses the tests, counts them by promise, tells at the end."""

    def __init__(self, counts: Mapping[str, str], wanted: Sequence[str], file: Path) -> None:
        self.wanted = frozenset(wanted)
        self.file = file
        self.began = time.monotonic()
        self.names: dict[str, tuple[str, ...]] = {}
        self.proofs = {name: Proof(name, full) for name, full in counts.items()}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep full counts, and what shows a promise and has none."""
        full = {_test(item) for item in items if item.get_closest_marker(FULL)}
        chosen, left = [], []
        for item in items:
            names = promises_of(item)
            is_full = item.get_closest_marker(FULL) is not None
            is_chosen = is_full or (bool(names) and _test(item) not in full)
            if is_chosen and (not self.wanted or self.wanted & set(names)):
                self.names[item.nodeid] = names or (OTHERS,)
                chosen.append(item)
            else:
                left.append(item)
        config.hook.pytest_deselected(items=left)
        items[:] = chosen

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count it, and write down what there is so far: a run of hours may be cut short."""
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        is_news = report.when == "call" or outcome in ("error", "skipped")
        for name in self.names.get(report.nodeid, ()):
            proof = self.proofs[name]
            proof.seconds += report.duration
            if is_news:
                proof.outcomes[outcome] += 1
                figures = [value for key, value in report.user_properties if key == FIGURE]
                seconds = round(report.duration, 2)
                proof.tests[report.nodeid] = {"outcome": outcome, "seconds": seconds, "figures": figures}
        if is_news:
            self.write()

    def write(self) -> None:
        """The table as JSON."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps([self._told(proof) for proof in self.shown()], indent=1, ensure_ascii=False))

    def _told(self, proof: Proof) -> dict[str, Any]:
        counts = {outcome: proof.outcomes[outcome] for outcome in OUTCOMES}
        seconds = round(proof.seconds, 1)
        return {"promise": proof.name, "full": proof.full, **counts, "seconds": seconds, "tests": proof.tests}

    def shown(self) -> list[Proof]:
        """The promises that were asked about; what nothing showed is there too."""
        asked = [proof for proof in self.proofs.values() if not self.wanted or proof.name in self.wanted]
        return [proof for proof in asked if proof.tests or proof.name != OTHERS]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table to quote."""
        terminalreporter.section("promises")
        rows = [("promise", "tests", "holds", "s", "count"), *(_row(proof) for proof in self.shown())]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            terminalreporter.write_line("  ".join([*cells, row[-1]]))
        spent = time.monotonic() - self.began
        holding = sum(proof.holds for proof in self.shown())
        terminalreporter.write_line(f"{holding} of {len(self.shown())} hold, {spent:.0f} s, {self.file}")


def promises_of(item: pytest.Item) -> tuple[str, ...]:
    """The promises that a test shows."""
    return tuple(dict.fromkeys(str(mark.args[0]) for mark in item.iter_markers(MARK)))


def _test(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _row(proof: Proof) -> tuple[str, ...]:
    bad = {outcome: proof.outcomes[outcome] for outcome in OUTCOMES[1:] if proof.outcomes[outcome]}
    holds = "yes" if proof.holds else ", ".join(f"{count} {outcome}" for outcome, count in bad.items()) or "not run"
    return proof.name, str(proof.outcomes.total()), holds, f"{proof.seconds:.1f}", proof.full


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--prove` and `--promise`."""
    group = parser.getgroup("promises")
    group.addoption("--prove", action="store_true", help="every promise at its full count, and the table to quote")
    group.addoption("--promise", action="append", default=[], metavar="NAME", help="this one alone")
    group.addoption("--proof", type=Path, default=None, metavar="FILE", help="instead of build/promises.json")


def pytest_configure(config: pytest.Config) -> None:
    """Only where somebody asks for it."""
    if is_proving(config):
        # Not above: what is imported before coverage begins is not counted.
        from allonova.main.promised import PROMISES  # noqa: PLC0415

        counts = {promise.name: promise.full for promise in PROMISES} | {OTHERS: "what else has a larger count"}
        wanted = config.getoption("--promise")
        if unknown := [name for name in wanted if name not in counts]:
            raise pytest.UsageError(f"no such promise: {', '.join(unknown)}")
        file = config.getoption("--proof") or config.rootpath / "build/promises.json"
        config.pluginmanager.register(Proving(counts, wanted, file), "proving")


def is_proving(config: pytest.Config) -> bool:
    """Whether full counts run: for hours, so that whatever is costly is not kept longer than its file needs it."""
    return bool(config.getoption("--prove"))


@pytest.fixture
def quote(record_property: Callable[[str, object], None], request: pytest.FixtureRequest) -> Quote:
    """Says what was measured: a line under the run's results."""
    return lambda text: record_property(FIGURE, f"{request.node.name}: {text}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    figures = [
        value for report in reports if report.when == "call" for name, value in report.user_properties if name == FIGURE
    ]
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.write_line(str(figure))
