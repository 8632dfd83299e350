"""What benchmarks say: rows of one table, and what was wanted of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import NoReturn

OURS, SMALLEST, RIVAL, NAKED = "ours", "smallest", "usual", "naked"
"""Who did it: this service; the smallest program with the same duties; what one would pick; that without duties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One job, done by one program in this run; times in milliseconds as its client saw them."""

    job: str
    who: str
    with_what: str
    rate: float  # a second
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float | None = None  # of the program's processes, each time


@dataclass(frozen=True, slots=True)
class Figure:
    """What was promised, what was seen."""

    name: str
    seen: str
    wanted: str
    is_kept: bool


def row_of(
    job: str, who: str, with_what: str, *, ms: Sequence[float], seconds: float, cpu_s: float | None = None
) -> Row:
    """From how long each took, in milliseconds, and how long all of them took together, by several clients."""
    cuts = quantiles(ms, n=100, method="inclusive")
    return Row(
        job=job,
        who=who,
        with_what=with_what,
        rate=len(ms) / seconds,
        p50_ms=cuts[49],
        p95_ms=cuts[94],
        p99_ms=cuts[98],
        cpu_ms=None if cpu_s is None else cpu_s * 1000 / len(ms),
    )


def at_least(name: str, ours: float, other: float, wanted: float) -> Figure:
    """Our rate as a part of another one's."""
    return Figure(name, f"{ours / other:.2f} ({ours:.0f} ÷ {other:.0f} /s)", f"≥ {wanted}", ours / other >= wanted)


def at_most(name: str, ours: float, other: float, wanted: float, unit: str) -> Figure:
    """What ours costs, as a part of what another one costs."""
    return Figure(name, f"{ours / other:.2f} ({ours:.3g} ÷ {other:.3g} {unit})", f"≤ {wanted}", ours / other <= wanted)


def show(rows: Sequence[Row], figures: Sequence[Figure]) -> None:
    """For the terminal."""
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    if rows:
        print(f"{'job':<28}{'who':<10}{'with':<34}{'a second':>10}{'p50':>9}{'p95':>9}{'p99 ms':>9}{'CPU ms':>9}")
    for row in rows:
        cpu = "" if row.cpu_ms is None else f"{row.cpu_ms:.3f}"
        times = f"{row.p50_ms:>9.2f}{row.p95_ms:>9.2f}{row.p99_ms:>9.2f}"
        print(f"{row.job:<28}{row.who:<10}{row.with_what:<34}{row.rate:>10.1f}{times}{cpu:>9}")
    for figure in figures:
        print(f"{figure.name:<44} {figure.seen:<48} {figure.wanted:<10} {'kept' if figure.is_kept else 'MISSED'}")


def end(rows: Sequence[Row], figures: Sequence[Figure]) -> NoReturn:
    """Show them; exit code 1 when a figure was missed."""
    show(rows, figures)
    sys.exit(not all(figure.is_kept for figure in figures))
