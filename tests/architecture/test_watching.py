"""Rules and dashboards: they ask for figures that there are, and no figure is there for nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from allonova.adapters.telemetry import metrics
from allonova.adapters.telemetry.pools import Pools

ROOT = Path(__file__).parents[2]
WATCH = ROOT / "deploy/prometheus"
BOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
RULES = sorted((WATCH / "rules").glob("*.yml"))
PARTS = ("_bucket", "_count", "_sum", "_total")
FIGURE = re.compile(r"\b(allonova[a-z0-9_:]+|http_[a-z_]+)\b(?:\{([^}]*)\})?")
NOT_OURS = {"job", "instance", "le"}
"""Labels that Prometheus adds, and that histograms have."""


@cache
def ours() -> dict[str, set[str]]:
    """Every figure of ours with its labels."""
    made = {str(m._name): {*m._labelnames} for m in vars(metrics).values() if hasattr(m, "_labelnames")}
    asked = {family.name: {key for one in family.samples for key in one.labels} for family in Pools().collect()}
    return {**asked, **made}


GROUPS = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
ALL_RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = [rule for rule in ALL_RULES if "alert" in rule]
PANELS = [panel for board in BOARDS for panel in json.loads(board.read_text())["panels"]]
EXPRESSIONS = [rule["expr"] for rule in ALL_RULES] + [q["expr"] for panel in PANELS for q in panel["targets"]]


def figures_of(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The figures that it asks for, without what histograms and counters add, and the labels that it chooses by."""
    for name, chosen in FIGURE.findall(expression):
        base = next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)
        yield base if base in ours() else name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", chosen))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression_asks_for_what_there_is(expression: str) -> None:
    recorded: dict[str, set[str]] = {rule["record"]: set() for rule in ALL_RULES if "record" in rule}
    known = ours() | recorded
    for name, chosen in figures_of(expression):
        assert name in known
        assert chosen - NOT_OURS <= known[name]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression_groups_by_labels_that_there_are(expression: str) -> None:
    there = set().union(*(ours().get(name, set()) for name, _ in figures_of(expression)))
    grouped = {
        part.strip() for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for part in group.split(",")
    }
    assert grouped <= there | NOT_OURS


def test_every_figure_is_looked_at() -> None:
    asked = {name for expression in EXPRESSIONS for name, _ in figures_of(expression)}
    assert set(ours()) - asked == set()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_says_what_to_do(alert: Any) -> None:
    assert alert["labels"]["severity"] in ("page", "ticket")
    page, _, place = alert["annotations"]["runbook"].partition("#")
    titles = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert place in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_dashboards_are_found_by_grafana() -> None:
    folders = ROOT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((folders / "datasources/prometheus.yml").read_text())["datasources"]
    uids = {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]}
    boards = [json.loads(board.read_text()) for board in BOARDS]
    assert uids == {source["uid"]}
    assert len({board["uid"] for board in boards}) == len(BOARDS) == 4
    assert len({(p["gridPos"]["x"], p["gridPos"]["y"]) for p in boards[0]["panels"]}) == len(boards[0]["panels"])


def promtool(*arguments: object) -> str:
    """Run Prometheus' own checker to its good end."""
    program = shutil.which("promtool")
    assert program, "promtool is missing: apt-get install -y --no-install-recommends prometheus"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_configuration_and_rules(tmp_path: Path) -> None:
    shutil.copytree(WATCH, tmp_path, dirs_exist_ok=True)
    (tmp_path / "metrics-token").write_text("a-token")
    assert "SUCCESS" in promtool("check", "config", tmp_path / "prometheus.yml")


@pytest.mark.parametrize("cases", sorted((WATCH / "tests").glob("*.yml")), ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(cases: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", cases)
