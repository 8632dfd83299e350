"""The table to quote, and the same as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.soak.program import Outcome
from benchmarks.soak.record import NO_ANSWER, UNAVAILABLE, Attempt, Phase, Record, p50_p95


def show(outcome: Outcome) -> str:
    """All tables, one below the other."""
    return "\n".join(
        [
            *_phases(outcome.record),
            "",
            *_recoveries(outcome.record),
            "",
            *_memory(outcome),
            "",
            *(f"{name}: {value}" for name, value in outcome.seen.items()),
            *_asides(outcome),
            "",
            *(f"✗ {breach}" for breach in outcome.record.breaches),
            "everything held" if outcome.is_sound else f"{len(outcome.record.breaches)} breaches",
        ]
    )


def _phases(record: Record) -> Iterator[str]:
    heads = "".join(f"{kind:>{width}}" for kind, width in KINDS)
    yield f"{'phase':<22}{'s':>6}{heads}{'p50':>8}{'p95':>8}"
    for phase in record.phases:
        figures = phase_figures(record, phase)
        kinds = "".join(f"{figures[kind]:>{width}}" for kind, width in KINDS)
        yield f"{phase.name:<22}{figures['seconds']:>6.0f}{kinds}{figures['p50_ms']:>8.1f}{figures['p95_ms']:>8.1f}"
    yield "none: the connection broke, or nothing came in time; p50 and p95 in ms, of what was answered 2xx"


KINDS = (("requests", 10), ("2xx", 8), ("4xx", 6), ("503", 6), ("5xx", 6), ("none", 6))


def phase_figures(record: Record, phase: Phase) -> dict[str, Any]:
    """What clients saw in a phase."""
    some = record.during(phase)
    kinds = Counter(_kind(one) for one in some)
    p50, p95 = p50_p95([one.ms for one in some if _kind(one) == "2xx"])
    figures: dict[str, Any] = {"name": phase.name, "seconds": phase.ended - phase.began, "requests": len(some)}
    return figures | {kind: kinds[kind] for kind, _ in KINDS[1:]} | {"p50_ms": p50, "p95_ms": p95}


def _kind(one: Attempt) -> str:
    if one.status == NO_ANSWER:
        return "none"
    return "503" if one.status == UNAVAILABLE else f"{one.status // 100}xx"


def _recoveries(record: Record) -> Iterator[str]:
    yield f"{'after':<22}{'part':<12}{'down s':>8}{'back s':>8}{'silent s':>10}"
    for fault, pulse, seconds, silence in record.recoveries():
        down = (fault.back or fault.began) - fault.began
        yield f"{fault.name:<22}{pulse:<12}{down:>8.1f}{seconds:>8.1f}{silence:>10.1f}"
    yield "back: from the part's return to its first good answer; silent: between the last one before and that one"


def _memory(outcome: Outcome) -> Iterator[str]:
    yield f"{'process':<12}{'starts':>7}{'seen s':>8}{'MB then':>9}{'MB now':>8}{'MB/min':>8}{'files':>12}{'busy':>7}"
    for life in outcome.vitals.longest():
        (first, last), (before, after) = life.thirds(life.rss_mb), life.thirds(life.files)
        starts = 1 + outcome.lives.get(life.name, 0)
        files = f"{before:.0f} → {after:.0f}"
        slope = f"{life.slope_mb_a_minute:+.2f}"
        judged = "" if life.can_be_judged else "  (too short to judge)"
        memory = f"{first:>9.1f}{last:>8.1f}{slope:>8}"
        yield f"{life.name:<12}{starts:>7}{life.seconds:>8.0f}{memory}{files:>12}{life.busy:>7.0%}{judged}"
    yield "then and now: medians of the first and the last third of the longest life, a minute of warm-up left out;"
    yield "busy: of one core, in the same time"


def _asides(outcome: Outcome) -> Iterator[str]:
    if outcome.record.skipped:
        yield "not begun, or not ended: " + ", ".join(f"{n} × {what}" for what, n in outcome.record.skipped.items())
    yield f"error lines in the logs: {sum(outcome.wrong_lines.values())}"
    yield from (f"  {times} × {text}" for text, times in outcome.wrong_lines.most_common(12))


def write(outcome: Outcome, path: Path) -> None:
    """The same for machines."""
    record = outcome.record
    told = {
        "seconds": outcome.seconds,
        "phases": [phase_figures(record, phase) for phase in record.phases],
        "recoveries": [
            {"fault": fault.name, "part": pulse, "back_s": seconds, "silent_s": silence}
            for fault, pulse, seconds, silence in record.recoveries()
        ],
        "memory": [
            {
                "process": life.name,
                "seconds": life.seconds,
                "mb": life.thirds(life.rss_mb),
                "mb_a_minute": life.slope_mb_a_minute,
                "files": life.thirds(life.files),
                "is_judged": life.can_be_judged,
            }
            for life in outcome.vitals.lives
            if life.at
        ],
        "seen": outcome.seen,
        "skipped": record.skipped,
        "wrong_lines": outcome.wrong_lines,
        "breaches": record.breaches,
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(told, indent=2, default=str), encoding="utf-8")
