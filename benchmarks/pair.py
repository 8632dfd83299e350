"""What a second API process costs: CPU of each answer by one and by two, and who waits for a lock meanwhile:
`python -m benchmarks.pair TRIPS`.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from statistics import median

import asyncpg  # type: ignore[import-untyped]

from allonova.adapters.postgres.pool import asyncpg_dsn
from benchmarks.country import plan, questions
from benchmarks.ground import Ask, Ground, Load, Server, a_database, environment, load, ours, serving, together
from benchmarks.jobs import bookings, search, trips, webhooks
from benchmarks.people import Ride, make_rides
from benchmarks.table import OURS, Figure, Row, end, row_of

TRIPS = 20_000
PORT = 8485
RATE, SECONDS, ROUNDS, CLIENTS = 100, 10, 5, 8  # requests a second, well below what one process answers
READS, SEARCHES, BOOKED, PAID = 10, 5, 3, 2  # of each twenty
LOOK_S = 0.005
MORE_CPU, WAITING = 0.10, 0.01
LOCKS = ("Lock", "LWLock")
WAITS = """
SELECT coalesce(wait_event_type, 'CPU') AS kind, coalesce(wait_event, '') AS event, count(*) AS number
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND state = 'active'
  AND pid <> pg_backend_pid()
GROUP BY 1, 2
"""


@dataclass(slots=True)
class Watch:
    """What active sessions of the database waited for, one sample for each of them at each look."""

    dsn: str
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _is_over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look until the end of the block."""
        self._is_over.clear()
        watcher = threading.Thread(target=lambda: asyncio.run(self._watch()))
        watcher.start()
        try:
            yield
        finally:
            self._is_over.set()
            watcher.join()

    def part(self, kind: str) -> float:
        """Samples that waited for such a thing, of all."""
        return sum(count for (of, _), count in self.seen.items() if of == kind) / max(1, self.seen.total())

    async def _watch(self) -> None:
        connection = await asyncpg.connect(asyncpg_dsn(self.dsn))
        while not self._is_over.is_set():
            for row in await connection.fetch(WAITS):
                self.seen[row["kind"], row["event"]] += row["number"]
            await asyncio.sleep(LOOK_S)
        await connection.close()


@dataclass(frozen=True, slots=True)
class Mix:
    """Requests of all kinds, of which each round takes new ones. Two passengers ask for seats of each trip, a fifth of
    a second apart, so that two processes meet there; at the same instant they would wait for each other, as they must.
    """

    reads: Iterator[Ask]
    searches: Iterator[Ask]
    rides: Iterator[Ride]
    owed: Iterator[Ride]

    def take(self, number: int) -> list[Ask]:
        """So many, kind by kind in turn."""
        twenties = number // 20
        rides = list(islice(self.rides, twenties * BOOKED))
        shared = [replace(ride, trip=rides[n - n // BOOKED % 2 * BOOKED].trip) for n, ride in enumerate(rides)]
        kinds = [
            (READS, list(islice(self.reads, twenties * READS))),
            (SEARCHES, list(islice(self.searches, twenties * SEARCHES))),
            (BOOKED, bookings.ask_bookings(shared)),
            (PAID, webhooks.ask_webhooks(list(islice(self.owed, twenties * PAID)))),
        ]
        return [
            ask for turn in range(twenties) for each, asks in kinds for ask in asks[turn * each : (turn + 1) * each]
        ]


def mix_of(ground: Ground) -> Mix:
    """Enough for all rounds."""
    whole = RATE * SECONDS * (2 * ROUNDS + 2)
    reads = asyncio.run(trips.asks_of(ground.dsn))
    return Mix(
        reads=chain.from_iterable(reads for _ in range(whole // len(reads) + 1)),
        searches=(search.ask_search(each) for each in questions(ground.timetable, whole, ground.since)),
        rides=iter(asyncio.run(make_rides(ground.dsn, whole * BOOKED // 20))),
        owed=iter(asyncio.run(make_rides(ground.dsn, whole * PAID // 20, with_payment=True))),
    )


def halves(asks: Sequence[Ask]) -> tuple[list[Ask], list[Ask]]:
    """Every second one; the other way round in each other twenty, so that a trip's passengers ask two processes and
    both halves have as many of each kind.
    """
    parts: tuple[list[Ask], list[Ask]] = ([], [])
    for number, ask in enumerate(asks):
        parts[(number + number // 20) % 2].append(ask)
    return parts


def by_one(server: Server, asks: Sequence[Ask]) -> Load:
    """At the rate."""
    return load(server, asks, clients=CLIENTS, rate=RATE)


def by_two(servers: Sequence[Server], asks: Sequence[Ask]) -> Load:
    """Half of them each, at half the rate."""
    parts = list(zip(servers, halves(asks), strict=True))
    with ThreadPoolExecutor(len(servers)) as both:
        loads = list(both.map(lambda part: load(*part, clients=CLIENTS, rate=RATE / len(servers)), parts))
    ms = [each for one in loads for each in one.ms]
    return Load(ms, max(one.seconds for one in loads), sum(one.cpu_s for one in loads))


def measure(ground: Ground) -> tuple[list[Row], list[Figure]]:
    """By turns; while one works alone, the other rests."""
    mix, watch = mix_of(ground), Watch(ground.dsn)
    alone: list[Load] = []
    shared: list[Load] = []
    env = environment(ground.dsn)
    with (
        ours(ground) as first,
        serving(["allonova.main.cli", "serve"], PORT, env, ground.folder) as process,
    ):
        second = Server(PORT, process)
        by_two((first, second), mix.take(RATE * SECONDS))  # statements are known, pages in memory
        before = second.cpu_s()
        time.sleep(SECONDS)
        idle = (second.cpu_s() - before) / SECONDS
        for _ in range(ROUNDS):
            asks = mix.take(RATE * SECONDS)
            with second.resting():
                alone.append(by_one(first, asks))
            asks = mix.take(RATE * SECONDS)
            with watch.watching():
                shared.append(by_two((first, second), asks))
    rows = [
        row_of("a mix of requests", OURS, what, ms=one.ms, seconds=one.seconds, cpu_s=one.cpu_s)
        for what, one in (("one process", together(alone)), ("two processes", together(shared)))
    ]
    return rows, [cpu_figure(alone, shared, idle), *(lock_figure(watch, kind) for kind in LOCKS), most(watch)]


def cpu_figure(alone: Sequence[Load], shared: Sequence[Load], idle: float) -> Figure:
    """By the medians of each round."""
    each = [(two.cpu_s / len(two.ms)) / (one.cpu_s / len(one.ms)) - 1 for one, two in zip(alone, shared, strict=True)]
    more = median(each)
    seen = f"{more:+.1%} ({min(each):+.1%} to {max(each):+.1%}); an idle one {idle * 1000:.0f} ms a second"
    return Figure("CPU of each answer, two processes", seen, f"≤ {MORE_CPU:+.0%}", more <= MORE_CPU)


def lock_figure(watch: Watch, kind: str) -> Figure:
    """Of all samples."""
    part = watch.part(kind)
    return Figure(f"samples that wait for a {kind}", f"{part:.2%} of {watch.seen.total()}", "≤ 1 %", part <= WAITING)


def most(watch: Watch) -> Figure:
    """What was waited for at all."""
    told = ", ".join(f"{kind} {event} {count}" for (kind, event), count in watch.seen.most_common(6))
    return Figure("waits", told, "–", is_kept=True)


def main() -> None:
    """Exit code 1 when a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trips", type=int, nargs="?", default=TRIPS)
    number = parser.parse_args().trips
    with a_database(number) as (dsn, since), tempfile.TemporaryDirectory() as folder:
        rows, figures = measure(Ground(dsn=dsn, timetable=plan(number), since=since, folder=Path(folder)))
    end(rows, figures)


if __name__ == "__main__":
    main()
