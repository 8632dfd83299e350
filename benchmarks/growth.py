"""How each job grows with ten, a hundred and a thousand times the data and the clients: `python -m benchmarks.growth`.

What was seen goes to benchmarks/notes/growth.json, one point after the other; `benchmarks.rivals.plots` draws it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks import start
from benchmarks.country import plan, questions
from benchmarks.database import own_database
from benchmarks.ground import CLIENTS, Ask, Ground, Server, a_database, environment, load, ours, serving
from benchmarks.jobs import bookings, commandes, search, sheets, sockets, trips, webhooks
from benchmarks.nova_fill import fill as fill_company
from benchmarks.people import make_rides
from benchmarks.table import Row, row_of

FOUND = Path("benchmarks/notes/growth.json")
TIMES = (1, 10, 100, 1000)
TRIPS, COMMANDES, ROWS = 1_000, 225, 1_000  # of the smallest, which the others are so many times
MIDDLE = 100  # times the smallest: where clients are counted
SECONDS = 4.0
EACH = 1_600  # things that are written once for each point; more where clients are more than a few
DATA, MANY = "data", "clients"


@dataclass(frozen=True, slots=True)
class Point:
    """One job at so many times the smallest data or clients; milliseconds, answers a second, of CPU for each answer."""

    job: str
    axis: str
    times: int
    size: int
    p50_ms: float
    p95_ms: float
    rate: float
    cpu_ms: float


@dataclass(slots=True)
class Points:
    """What was seen; kept after each, since a run takes long."""

    into: Path
    seen: list[Point] = field(default_factory=list)

    def add(self, axis: str, times: int, size: int, row: Row) -> None:
        """One more."""
        figures = (row.p50_ms, row.p95_ms, row.rate, row.cpu_ms or 0.0)
        point = Point(row.job, axis, times, size, *(float(f"{figure:.4g}") for figure in figures))
        self.seen.append(point)
        self.into.write_text("[\n" + ",\n".join(json.dumps(asdict(each)) for each in self.seen) + "\n]\n")
        print(point, flush=True)


type Job = tuple[str, Callable[[int], Sequence[Ask]], float | None]
"""Its name; what so many clients ask; for how long, if not each once."""


def rides_of(points: Points, times: int) -> None:
    """Trips, searches, bookings and webhooks among so many trips."""
    number = TRIPS * times
    with a_database(number) as (dsn, since), tempfile.TemporaryDirectory() as folder:
        ground = Ground(dsn=dsn, timetable=plan(number), since=since, folder=Path(folder))
        reads = asyncio.run(trips.asks_of(dsn))
        asked = (search.ask_search(each) for each in questions(ground.timetable, 100_000, since))

        def searches(clients: int) -> Sequence[Ask]:
            return list(islice(asked, max(EACH, clients * 3)))

        def booked(clients: int) -> Sequence[Ask]:
            return bookings.ask_bookings(asyncio.run(make_rides(dsn, max(EACH, clients * 3))))

        def paid(clients: int) -> Sequence[Ask]:
            return webhooks.ask_webhooks(asyncio.run(make_rides(dsn, max(EACH, clients * 3), with_payment=True)))

        jobs: Sequence[Job] = (
            (trips.JOB, lambda _: reads, SECONDS),
            (search.JOB, searches, None),
            (bookings.JOB, booked, None),
            (webhooks.JOB, paid, None),
        )
        with ours(ground) as mine:
            _warm(mine, jobs)
            _measure(points, mine, jobs, times, number)
        _starts(points, dsn, times, number, ground.folder)


def lists_of(points: Points, times: int) -> None:
    """The list of a company that has so many commandes."""
    number, now = COMMANDES * times, datetime.now(UTC)
    with own_database() as dsn, tempfile.TemporaryDirectory() as folder:
        societe_id = asyncio.run(fill_company(dsn, number, now))
        asked, headers = asyncio.run(commandes.questions_of(dsn, societe_id, now)), commandes.readers(societe_id)
        job: Job = (
            "list of commandes",
            lambda clients: [commandes.ask_of(each, next(headers)) for each in asked * (1 + clients // 100)],
            None,
        )
        with serving(["allonova.main.cli", "serve"], commandes.PORT, environment(dsn), Path(folder)) as process:
            mine = Server(commandes.PORT, process)
            _warm(mine, [job])
            _measure(points, mine, [job], times, number)


def boards_of(points: Points, axis: str, times: int, *, moved: int, shown: int) -> None:
    """A move on so many sockets, among so many commandes; milliseconds until a socket has its frame. A company that has
    the most has no taxi left for a move: there, other companies have them.
    """
    own = min(moved, COMMANDES * MIDDLE)
    with tempfile.TemporaryDirectory() as folder:
        row, *_ = sockets.measure(Path(folder), shown, own, beside=moved, rounds=1)[0]
    points.add(axis, times, shown if axis == MANY else moved, _named(row, "board move"))


def sheets_of(points: Points, times: int) -> None:
    """A spreadsheet of so many rows, by the worker's job."""
    with tempfile.TemporaryDirectory() as folder:
        row = sheets.by_job(Path(folder), ROWS * times)
    points.add(DATA, times, ROWS * times, _named(row, "XLSX"))


def _measure(points: Points, mine: Server, jobs: Sequence[Job], times: int, number: int) -> None:
    for name, asks, seconds in jobs:
        points.add(DATA, times, number, _row(name, mine, asks(CLIENTS), CLIENTS, seconds))
    if times == MIDDLE:
        for clients in TIMES:
            for name, asks, seconds in jobs:
                points.add(MANY, clients, clients, _row(name, mine, asks(clients), clients, seconds))


def _warm(mine: Server, jobs: Sequence[Job]) -> None:
    """Statements are known to every connection and pages are in memory, as in a process that has served for a while."""
    for _, asks, _ in jobs:
        load(mine, asks(CLIENTS), clients=CLIENTS)


def _row(name: str, mine: Server, asks: Sequence[Ask], clients: int, seconds: float | None) -> Row:
    seen = load(mine, asks, clients=clients, seconds=seconds, may_refuse=True)
    if seen.refused:
        print(f"{name}, {clients} clients: {seen.refused} of {seen.refused + len(seen.ms)} refused", flush=True)
    return row_of(name, "ours", "", ms=seen.ms, seconds=seen.seconds, cpu_s=seen.cpu_s)


def _starts(points: Points, dsn: str, times: int, number: int, folder: Path) -> None:
    env = start.environment_of(dsn, folder)
    starts = [start.measured("serve", start.PORT, env, folder, start.ask) for _ in range(2)]
    ms = [each.wall_s * 1000 for each in starts]
    row = row_of("start", "ours", "", ms=ms, seconds=sum(ms) / 1000, cpu_s=sum(each.cpu_s for each in starts))
    points.add(DATA, times, number, row)


def _named(row: Row, job: str) -> Row:
    return Row(**asdict(row) | {"job": job})


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=FOUND)
    parser.add_argument("--most", type=int, choices=TIMES, default=TIMES[-1], help="times the smallest")
    args = parser.parse_args()
    points = Points(args.into)
    for times in (each for each in TIMES if each <= args.most):
        rides_of(points, times)
        lists_of(points, times)
        boards_of(points, DATA, times, moved=COMMANDES * times, shown=100)
        boards_of(points, MANY, times, moved=sockets.COMMANDES, shown=times)
        sheets_of(points, times)


if __name__ == "__main__":
    main()
