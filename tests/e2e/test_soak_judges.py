"""What the soak would not let pass: it sees each kind of failure, and blames no fault for what it does not explain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.soak.logs import judge_logs
from benchmarks.soak.record import Attempt, Fault, Phase, Record
from benchmarks.soak.vitals import Life

DOWN, BACK = 100.0, 103.0


def a_fault(**given: object) -> Fault:
    """The database is away, which excuses 503."""
    fault = Fault(name="postgres killed", excuses=lambda attempt: attempt.status == 503, feels=("api-1",))
    fault.began, fault.back = DOWN, BACK
    for name, value in given.items():
        setattr(fault, name, value)
    return fault


def judged(*attempts: Attempt, fault: Fault | None = None) -> list[str]:
    """What is said of them."""
    record = Record(attempts=list(attempts), faults=[fault or a_fault()], phases=[Phase("all", 0.0, 200.0)])
    record.judge_answers()
    return record.breaches


def an_attempt(status: int, at: float, *, ms: float = 10) -> Attempt:
    """Of booking, at the first API."""
    return Attempt(at, ms, "book", status, 0)


@pytest.mark.parametrize(("status", "at"), [(200, 50), (409, 50), (503, 101), (503, 112.9), (503, 99.995)])
def test_nothing_is_said_when_it_was_served_or_a_part_was_down(status: int, at: float) -> None:
    assert judged(an_attempt(status, at)) == []


@pytest.mark.parametrize(
    ("status", "at"), [(503, 50), (503, 113.1), (500, 101), (502, 101), (504, 101), (0, 101), (0, 50)]
)
def test_breach_is_told_when_nothing_explains_a_failure(status: int, at: float) -> None:
    assert len(judged(an_attempt(status, at))) == 1


def test_breach_is_told_when_a_part_is_back_too_late() -> None:
    record = Record(faults=[a_fault()], pulses={"api-1": [99.0, 113.5]})
    record.judge_recoveries()
    assert record.breaches == ["postgres killed: “api-1” was back after 10.5 s, more than 10 s"]


def test_breach_is_told_when_a_part_is_never_back() -> None:
    record = Record(faults=[a_fault()], pulses={"api-1": [99.0]})
    record.judge_recoveries()
    assert len(record.breaches) == 1


def test_silence_is_measured_from_the_last_good_answer() -> None:
    record = Record(faults=[a_fault()], pulses={"api-1": [99.0, 99.5, 104.0, 104.5]})
    assert [(back, silent) for _, _, back, silent in record.recoveries()] == [(1.0, 4.5)]


def a_life(*, mb_at_the_end: float = 100.0, files_at_the_end: int = 50, seconds: int = 400) -> Life:
    """A process that grows evenly from 100 MB and 50 files, seen each second."""
    part = [second / seconds for second in range(seconds)]
    return Life(
        "api-1",
        1,
        at=[float(second) for second in range(seconds)],
        rss_mb=[100 + (mb_at_the_end - 100) * one for one in part],
        files=[round(50 + (files_at_the_end - 50) * one) for one in part],
    )


@pytest.mark.parametrize("life", [a_life(), a_life(mb_at_the_end=104), a_life(mb_at_the_end=900, seconds=100)])
def test_memory_is_flat_when_it_hardly_grows_or_was_seen_too_shortly(life: Life) -> None:
    assert life.faults() == []


@pytest.mark.parametrize("life", [a_life(mb_at_the_end=115), a_life(files_at_the_end=90)])
def test_growth_is_told(life: Life) -> None:
    assert len(life.faults()) == 1


def a_line(second: int, level: str = "ERROR") -> str:
    told = {"at": f"2026-01-01T00:00:{second:02d}+0000", "level": level, "logger": "x", "message": "job failed"}
    return json.dumps(told)


@pytest.mark.parametrize(
    ("line", "breaches"),
    [(a_line(30), 0), (a_line(5), 1), (a_line(55), 1), (a_line(5, "WARNING"), 0), ("Traceback (most recent", 1)],
)
def test_error_lines_are_told_unless_a_fault_explains_them(tmp_path: Path, line: str, breaches: int) -> None:
    log = tmp_path / "worker.log"
    log.write_text(line + "\n")
    fault = a_fault(began=1_767_225_600.0 + 28, back=1_767_225_600.0 + 32, explains=frozenset({"worker"}))
    record = Record(faults=[fault])
    judge_logs([log], record, epoch=0.0)
    assert len(record.breaches) == breaches
