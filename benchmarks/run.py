"""Each job of the service beside what it could be, as one table: `python -m benchmarks.run TRIPS [--only JOB]`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import start
from benchmarks.country import plan
from benchmarks.ground import Ground, a_database, filled
from benchmarks.jobs import bookings, commandes, search, sheets, sockets, trips, webhooks
from benchmarks.table import Figure, Row, end

JOBS: Mapping[str, Callable[[Ground], tuple[list[Row], list[Figure]]]] = {
    "trips": trips.measure,
    "search": search.measure,
    "bookings": bookings.measure,
    "webhooks": webhooks.measure,
    "commandes": lambda ground: commandes.measure(ground.folder),
    "sockets": lambda ground: sockets.measure(ground.folder),
    "sheets": lambda ground: sheets.measure(ground.folder),
    "start": lambda ground: start.measure(ground.folder),
}
"""What writes comes after what is read from the database as it was filled; the last four have one of their own."""


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trips", type=int)
    parser.add_argument("--only", action="append", choices=JOBS, help="these jobs, not all")
    parser.add_argument("--filled", metavar="URL", help="a database that benchmarks.fill filled with so many trips")
    args = parser.parse_args()
    source = filled(args.filled) if args.filled else a_database(args.trips)
    rows: list[Row] = []
    figures: list[Figure] = []
    with source as (dsn, since), tempfile.TemporaryDirectory() as folder:
        ground = Ground(dsn=dsn, timetable=plan(args.trips), since=since, folder=Path(folder))
        for name, measure in JOBS.items():
            if name in (args.only or JOBS):
                print(f"{name} …", flush=True)
                seen, meant = measure(ground)
                rows += seen
                figures += meant
    end(rows, figures)


if __name__ == "__main__":
    main()
