"""Measures how a process starts, and what memory it holds: `python -m benchmarks.start [TIMES]`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import httpx

from benchmarks.database import own_database
from benchmarks.ground import environment
from benchmarks.table import Figure, Row, end

PORT, WORKER_PORT = 8476, 8477
TIMES = 5
READY_S, HELD_MB = 3.0, 180.0
ASKED = 200
PATIENCE_S = 60.0
LOOK_S = 0.02
TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds until it was ready, those of a processor, and megabytes held then and after some work."""

    wall_s: float
    cpu_s: float
    ready: Held
    worked: Held


@dataclass(frozen=True, slots=True)
class Held:
    """Memory of a process in megabytes: all of it, and its fair share of what others map as well."""

    rss: float
    pss: float


def held(process_id: int) -> Held:
    """Now."""
    lines = Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kilobytes = {name.rstrip(":"): int(figure) for name, figure, *_ in map(str.split, lines)}
    return Held(kilobytes["Rss"] * 1024 / 1e6, kilobytes["Pss"] * 1024 / 1e6)


def cpu_s(process_id: int) -> float:
    """What it took of processors since its start."""
    after_name = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS_S


@contextmanager
def started(command: str, port: int, env: dict[str, str], folder: Path) -> Iterator[tuple[int, float, httpx.Client]]:
    """A process that says it is ready; its id, the seconds it took, and a way to ask it."""
    path = folder / f"{command}.log"
    with path.open("wb") as log, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "allonova.main.cli", command], env={**os.environ, **env}, stdout=log, stderr=log
        )
        try:
            while not _is_ready(http):
                if process.poll() is not None or time.perf_counter() - begun > PATIENCE_S:
                    sys.exit(path.read_text())
                time.sleep(LOOK_S)
            yield process.pid, time.perf_counter() - begun, http
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def measured(command: str, port: int, env: dict[str, str], folder: Path, work: Callable[[httpx.Client], None]) -> Start:
    """Start it, look, let it work, look again."""
    with started(command, port, env, folder) as (process_id, wall_s, http):
        cpu, ready = cpu_s(process_id), held(process_id)
        work(http)
        return Start(wall_s, cpu, ready, held(process_id))


def ask(http: httpx.Client) -> None:
    """Searches, the document of the API, probes: each from an address that has not asked before."""
    for number in range(ASKED):
        where = {"from": f"5.{number:03},-4.0", "to": "6.8,-5.3", "date": f"2030-01-{number % 28 + 1:02}"}
        path = (f"/api/v1/trips/search?{urlencode(where)}", "/readyz", "/healthz")[number % 3]
        if number == ASKED - 1:
            path = "/api/openapi.json"
        http.get(path, headers={"X-Forwarded-For": f"10.0.0.{number}"}).raise_for_status()


def rest(http: httpx.Client) -> None:
    """What a worker is asked: whether it lives."""
    http.get("/healthz").raise_for_status()


def figures_of(name: str, starts: list[Start], *, limited: bool) -> list[Figure]:
    """Medians of time, and the most of memory."""
    wall_s, taken_s = median(start.wall_s for start in starts), median(start.cpu_s for start in starts)
    most = max(start.wall_s for start in starts)
    ready = max((start.ready for start in starts), key=lambda each: each.rss)
    worked = max((start.worked for start in starts), key=lambda each: each.rss)
    time_wanted, memory_wanted = (f"< {READY_S:g} s", f"< {HELD_MB:g} MB") if limited else ("–", "–")
    return [
        Figure(
            f"{name}: ready after",
            f"{wall_s:.2f} s ({most:.2f} at most), {taken_s:.2f} s of CPU",
            time_wanted,
            not limited or wall_s < READY_S,
        ),
        Figure(
            f"{name}: memory when ready",
            f"{ready.rss:.0f} MB (fair share {ready.pss:.0f})",
            memory_wanted,
            not limited or ready.rss < HELD_MB,
        ),
        Figure(
            f"{name}: memory after work",
            f"{worked.rss:.0f} MB (fair share {worked.pss:.0f})",
            memory_wanted,
            not limited or worked.rss < HELD_MB,
        ),
    ]


def environment_of(dsn: str, folder: Path) -> dict[str, str]:
    """Of an API and of a worker."""
    return environment(dsn) | {
        "ALLONOVA_FILES_DIR": str(folder / "files"),
        "PORT": str(PORT),
        "ALLONOVA_WORKER_PORT": str(WORKER_PORT),
    }


def measure(folder: Path, times: int = TIMES) -> tuple[list[Row], list[Figure]]:
    """API processes and workers, one after the other, on a database of their own."""
    with own_database() as dsn:
        env = environment_of(dsn, folder)
        apis = [measured("serve", PORT, env, folder, ask) for _ in range(times)]
        workers = [measured("worker", WORKER_PORT, env, folder, rest) for _ in range(times)]
    return [], figures_of("API", apis, limited=True) + figures_of("worker", workers, limited=False)


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("times", type=int, nargs="?", default=TIMES)
    with tempfile.TemporaryDirectory() as name:
        rows, figures = measure(Path(name), parser.parse_args().times)
    end(rows, figures)


if __name__ == "__main__":
    main()
