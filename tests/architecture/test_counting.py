"""The fast way to count coverage says what coverage.py says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SAMPLE = """
import asyncio
import contextlib


def steps(number):
    if number > 1: return "many"
    for turn in range(number):
        if turn == 5:
            break
    else:
        number += 1
    while number < 3:
        number += 1
    return None if number == 3 else "few"


def words(value):
    match value:
        case {"name": str(name)} if name:
            return name
        case [first, *_]:
            return first
        case _:
            pass


def guarded(number):
    try:
        with contextlib.suppress(KeyError):
            if number == 0:
                raise KeyError(number)
            if number == 1:
                raise ValueError(number)
    except ValueError:
        return "bad"
    finally:
        number = -1
    if number and (
        number < 0 or
        number > 7
    ):
        number = 0


def made(numbers):
    for number in numbers:
        if number % 2:
            yield number


def returns_at_once(number):
    while number:
        return number


def returns_early(number):
    if number: return "early"
    return "late"


class Gone:
    def __init__(self, number):
        self.number = number if number else None

    def never(self):
        if self.number:
            return 1
        return 2


async def waits(numbers):
    async def each():
        for number in numbers:
            await asyncio.sleep(0)
            yield number
    async for number in each():
        if number == 2:
            return [other for other in numbers if other > 1]
    async with contextlib.AsyncExitStack():
        assert numbers is not None


def main():
    for number in (0, 1, 2, 0):
        steps(number)
        guarded(number)
    words({"name": "Awa"}), words([1, 2])
    list(made([1, 2, 3]))
    next(made([2, 3]))
    returns_at_once(1)
    returns_early(1)
    Gone(1)
    asyncio.run(waits([1]))
    asyncio.run(waits([2, 1]))
    sorted([2, 1], key=lambda each: each if each > 1 else 0)
"""
COUNT = """
import json, os, sys
os.environ["COVERAGE_CORE"] = "ctrace"
if sys.argv[1] == "monitoring":
    del os.environ["COVERAGE_CORE"]
    sys.path.insert(0, sys.argv[2])
    from tests.support.counting import count_by_monitoring
    count_by_monitoring()
from coverage import Coverage
counted = Coverage(data_file=None, branch=True, include=["sample.py"], config_file=False)
counted.start()
import sample
sample.main()
counted.stop()
sys.stderr.write(type(counted._collector.tracers[0]).__name__)
counted.json_report(outfile="-")
"""


def counted(way: str, folder: Path) -> tuple[str, Any]:
    """What counts, and what it says of the sample."""
    command = [sys.executable, "-c", COUNT, way, str(ROOT)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return done.stderr, json.loads(done.stdout)["files"]["sample.py"]


def test_lines_and_branches_are_those_of_the_tracer_when_they_are_monitored(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(SAMPLE)
    (tracer, traced), (monitor, monitored) = (counted(way, tmp_path) for way in ("tracing", "monitoring"))
    assert (tracer, monitor) == ("CTracer", "BothWaysMonitor" if sys.version_info < (3, 14) else "SysMonitor")
    assert monitored == traced
    assert 0 < traced["summary"]["covered_branches"] < traced["summary"]["num_branches"]
