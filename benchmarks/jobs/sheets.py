"""An XLSX of ROWS rows, beside libraries that one would write it with: `python -m benchmarks.jobs.sheets ROWS`."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import openpyxl

from allonova.adapters.postgres.pool import asyncpg_dsn
from benchmarks.database import own_database
from benchmarks.ground import RIVAL_PYTHON
from benchmarks.statements_fill import days_before, fill_statements
from benchmarks.table import NAKED, OURS, RIVAL, SMALLEST, Figure, Row, at_most, end

DAYS = 100
SHEET = "xl/worksheets/sheet1.xml"
ROWS = 1_000_000
MOST_RATIO = 1.6
PROGRAMS = {
    "job": (OURS, "the worker's job, with its rests"),
    "database": (OURS, "a download, without rests"),
    "xlsxwriter": (SMALLEST, "XlsxWriter, rows from memory"),
    "openpyxl": (RIVAL, "openpyxl write-only, from memory"),
    "memory": (NAKED, "our writer, rows from memory"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a file took, and its size."""

    seconds: float
    cpu_s: float
    most_mb: float
    size: int


def measure(folder: Path, rows: int = ROWS) -> tuple[list[Row], list[Figure]]:
    """On a database of its own, with so many lines of statements."""
    with _filled(rows) as dsn:
        costs = _costs(dsn, rows, folder)
    name = f"XLSX of {rows} rows"
    table = [_row(name, who, what, rows, costs[each]) for each, (who, what) in PROGRAMS.items()]
    job, read, limit = costs["job"], costs["database"], costs["xlsxwriter"]
    return table, [
        at_most(f"{name}: CPU of the job", job.cpu_s, limit.cpu_s, MOST_RATIO, "s"),
        at_most(f"{name}: time of a download", read.seconds, limit.seconds, MOST_RATIO, "s"),
        at_most(f"{name}: time of the job", job.seconds, limit.seconds, MOST_RATIO, "s"),
        _memory(name, costs),
    ]


def by_job(folder: Path, rows: int) -> Row:
    """What the worker's job alone takes."""
    with _filled(rows) as dsn:
        cost = _written(
            [sys.executable, "-m", "benchmarks.own_sheets", "job", str(rows), str(folder / "job.xlsx")], dsn
        )
    return _row(f"XLSX of {rows} rows", *PROGRAMS["job"], rows, cost)


def _costs(dsn: str, rows: int, folder: Path) -> dict[str, Cost]:
    """A file by each, one after the other, each by a process of its own that does nothing else."""
    costs: dict[str, Cost] = {}
    for name, (who, _) in PROGRAMS.items():
        is_ours, file = who in (OURS, NAKED), folder / f"{name}.xlsx"
        python, module = (sys.executable, "own_sheets") if is_ours else (str(RIVAL_PYTHON), "rivals.sheets")
        costs[name] = _written([python, "-m", f"benchmarks.{module}", name, str(rows), str(file)], dsn)
        _require_sound(file, rows, like=folder / "job.xlsx")
    return costs


def _written(command: list[str], dsn: str) -> Cost:
    said = subprocess.run(command, env=os.environ | {"DATABASE_URL": dsn}, capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(said.stderr)
    return Cost(**json.loads(said.stdout))


def _row(name: str, who: str, what: str, rows: int, cost: Cost) -> Row:
    """There is one file of each: its time is all that can be said of it."""
    ms = cost.seconds * 1000
    return Row(
        job=name,
        who=who,
        with_what=what,
        rate=rows / cost.seconds,
        p50_ms=ms,
        p95_ms=ms,
        p99_ms=ms,
        cpu_ms=cost.cpu_s * 1000,
    )


def _memory(name: str, costs: dict[str, Cost]) -> Figure:
    seen = ", ".join(f"{each} {cost.most_mb:.0f}" for each, cost in costs.items())
    sizes = ", ".join(f"{each} {cost.size / 1e6:.0f}" for each, cost in costs.items())
    return Figure(f"{name}: MB of memory; of file", f"{seen}; {sizes}", "–", is_kept=True)


def _require_sound(file: Path, rows: int, *, like: Path) -> None:
    """So many rows, and the first two are of the same kinds and formats as those of another file."""
    seen = sum(piece.count(b"<row") for piece in _unpacked(file))
    if seen != rows + 1:
        sys.exit(f"{file.name} has {seen} rows")
    if _first_rows(file) != _first_rows(like):
        sys.exit(f"{file.name} is not like {like.name}:\n{_first_rows(file)}\n{_first_rows(like)}")


def _unpacked(file: Path) -> Iterator[bytes]:
    """The sheet, cut before each `<`, so that no tag is in two pieces."""
    with zipfile.ZipFile(file) as archive, archive.open(SHEET) as sheet:
        rest = b""
        while piece := sheet.read(1 << 20):
            head, tag, tail = (rest + piece).rpartition(b"<")
            yield head
            rest = tag + tail
        yield rest


def _first_rows(file: Path) -> list[object]:
    """The head as it is; of the first row the types and formats."""
    book = openpyxl.load_workbook(_beginning(file), read_only=True)
    head, first = book.worksheets[0].iter_rows(max_row=2)
    found: list[object] = [
        [(cell.value, bool(cell.font.b)) for cell in head],
        [(cell.data_type, cell.number_format.replace("\\", "")) for cell in first],
    ]
    book.close()
    return found


def _beginning(file: Path) -> io.BytesIO:
    """The same file with its first two rows alone: openpyxl looks through all of a sheet that does not say how large it
    is, a million rows for minutes.
    """
    short = io.BytesIO()
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(short, "w") as cut:
        for name in whole.namelist():
            with whole.open(name) as member:
                if name == SHEET:
                    rows = member.read(1 << 16).split(b"<row")[:3]
                    cut.writestr(name, b"<row".join(rows) + b"</sheetData></worksheet>")
                else:
                    cut.writestr(name, member.read())
    return short


@contextmanager
def _filled(rows: int) -> Iterator[str]:
    """A database with so many lines of statements."""

    async def fill(dsn: str) -> None:
        owner, now = await asyncpg.connect(asyncpg_dsn(dsn)), datetime.now(UTC)
        await fill_statements(owner, rows, since=days_before(now, DAYS), until=days_before(now, 0))
        await owner.close()

    with own_database() as dsn:
        started = time.monotonic()
        asyncio.run(fill(dsn))
        print(f"{rows} lines of statements put in within {time.monotonic() - started:.0f} s", flush=True)
        yield dsn


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    wanted = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        rows, figures = measure(Path(folder), wanted)
    end(rows, figures)


if __name__ == "__main__":
    main()
