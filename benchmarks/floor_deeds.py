"""Whether people are answered in time when fifty do at once what they come for:
`python -m benchmarks.floor_deeds [SECONDS]`.

Publishing, booking, paying, riding, ordering, dispatching and the rest of the soak's load, by fifty users of whom each
goes on as soon as he is answered, on two API processes. What counts is what the processes measured themselves.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.ground import FLOOR_CLIENTS
from benchmarks.soak.clients import Clients
from benchmarks.soak.ground import standing
from benchmarks.soak.load import Load, people_needed
from benchmarks.soak.record import Record
from benchmarks.soak.world import make_world
from benchmarks.table import Figure, end
from tests.e2e.stage import Stage, open_stage
from tests.support.processes import METRICS_TOKEN

SECONDS, WARM_S = 60.0, 10.0
PEOPLE = 6.0  # times what the soak's load needs
SHARE, FLOOR_S, SEARCH_S = 0.95, "0.3", "2.0"
SEARCH = "/api/v1/trips/search"
SEEN = 20  # answers, before a route is judged

type Counts = Mapping[tuple[str, str], Mapping[str, float]]
"""By method and route, how many answers took at most so many seconds; all of them are under `+Inf`."""


async def counts(stage: Stage) -> Counts:
    """Of both API processes."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for api in (stage.a, stage.b):
        told = await api.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
        for family in text_string_to_metric_families(told.raise_for_status().text):
            for sample in family.samples:
                if sample.name.endswith("http_request_seconds_bucket"):
                    labels = sample.labels
                    found[labels["method"], labels["route"]][labels["le"]] += sample.value
    return found


def figures(before: Counts, after: Counts) -> list[Figure]:
    """A line for each route that was asked often enough, the slowest first."""
    lines = []
    for (method, route), buckets in after.items():
        since = before.get((method, route), {})
        some = {le: number - since.get(le, 0.0) for le, number in buckets.items()}
        within, total = SEARCH_S if route == SEARCH else FLOOR_S, some["+Inf"]
        if total >= SEEN:
            share = some[within] / total
            told = f"{share:.1%} of {total:.0f} within {float(within) * 1000:.0f} ms"
            lines.append((share, Figure(f"{method} {route}", told, f"≥ {SHARE:.0%}", share >= SHARE)))
    return [figure for _, figure in sorted(lines, key=lambda line: line[0])]


async def measure(folder: Path, seconds: float) -> tuple[Sequence[Figure], Record]:
    """Warm, then press."""
    async with standing(folder) as ground, open_stage(ground.fleet) as stage:
        drivers, passengers = people_needed(seconds + WARM_S, PEOPLE)
        record = Record()
        world = await make_world(stage, drivers=drivers, passengers=passengers)
        load = Load(world, Clients(stage=stage, record=record), scale=1.0)
        async with load.watching():
            await load.press(FLOOR_CLIENTS, WARM_S)
            before = await counts(stage)
            await load.press(FLOOR_CLIENTS, seconds)
            return figures(before, await counts(stage)), record


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=SECONDS)
    with tempfile.TemporaryDirectory(prefix="allonova-floor-") as folder:
        found, record = asyncio.run(measure(Path(folder), parser.parse_args().seconds))
    for name, number in record.skipped.items():
        print(f"not begun or not ended: {number} × {name}")
    for breach in record.breaches:
        print(f"breach: {breach}")
    sound = Figure("refused, or failed, without a cause", str(len(record.breaches)), "0", not record.breaches)
    end([], [*found, sound])


if __name__ == "__main__":
    main()
