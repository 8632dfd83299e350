""".github: workflows that a forge would take, and that call what is here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from debian_packages import TOOLS

from tests.support.manifests import faults, load

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def workflow(path: Path) -> Any:
    """As the forge reads it: for YAML 1.1, `on` is true."""
    document = load(path)
    return {"on" if key is True else key: value for key, value in document.items()}


def steps() -> list[dict[str, Any]]:
    """Of all jobs."""
    jobs = [job for path in WORKFLOWS for job in workflow(path)["jobs"].values()]
    return [step for job in jobs for step in job.get("steps", ())]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_is_what_the_forge_allows(path: Path) -> None:
    assert faults(workflow(path), "github-workflows") == []


def test_updates_are_what_the_forge_allows() -> None:
    assert faults(load(ROOT / ".github/dependabot.yml"), "dependabot") == []


def test_fault_is_seen_when_the_forge_does_not_allow_it() -> None:
    assert faults({"on": "push", "jobs": {"a": {"runs-in": "ubuntu"}}}, "github-workflows")


def test_nothing_is_found_when_zizmor_looks_for_ways_in() -> None:
    command = [
        str(Path(sys.executable).with_name("zizmor")),
        "--offline",
        "--no-progress",
        "--quiet",
        str(ROOT / ".github"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_actions_are_pinned_by_their_hash() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)] == []


def test_jobs_may_do_little_and_not_for_ever() -> None:
    for path in WORKFLOWS:
        document = workflow(path)
        assert document["permissions"] in ({}, {"contents": "read"})
        assert "concurrency" in document
        assert all("timeout-minutes" in job or "uses" in job for job in document["jobs"].values())


def test_commands_are_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    runs = "\n".join(step["run"] for step in steps() if "run" in step)
    assert {"lint", "types", "imports", "docs-check", "test", "audit", "sbom"} <= set(
        re.findall(r"make ([\w-]+)", runs)
    )
    assert set(re.findall(r"make ([\w-]+)", runs)) <= targets
    assert [name for name in re.findall(r"deploy/[\w/]+", runs) if not (ROOT / name).exists()] == []


def test_release_before_is_there_to_be_tested() -> None:
    """By default a forge fetches neither tags nor what came before."""
    jobs = [job for path in WORKFLOWS for job in workflow(path)["jobs"].values()]
    (job,) = [job for job in jobs if any(step.get("run") == "make previous" for step in job.get("steps", ()))]
    assert job["steps"][0]["with"]["fetch-depth"] == 0


def test_forge_installs_each_program_that_tests_run() -> None:
    (install,) = [step["run"] for step in steps() if "apt-get install" in step.get("run", "")]
    assert set(TOOLS.values()) <= set(install.split())
