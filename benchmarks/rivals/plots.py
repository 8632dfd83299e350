"""Draws docs/pictures/growth-*.png from what `benchmarks.growth` saw: `python -m benchmarks.rivals.plots`."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt

FOUND, FOLDER = Path("benchmarks/notes/growth.json"), Path("docs/pictures")
AXES = {"data": "times the data", "clients": "clients at once"}
INK, SOFT, WARM, COOL = "#1d2733", "#8a94a0", "#c2410c", "#0f766e"

type Point = dict[str, Any]


def draw(job: str, points: list[Point]) -> Path:
    """Above how long it takes, below how many a second and the CPU of each; left by data, right by clients."""
    by_axis: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_axis[point["axis"]].append(point)
    figure, grid = plt.subplots(2, len(by_axis), figsize=(4.6 * len(by_axis), 5.4), squeeze=False, sharex="col")
    for column, (axis, label) in enumerate((axis, label) for axis, label in AXES.items() if axis in by_axis):
        seen = sorted(by_axis[axis], key=lambda point: point["times"])
        x = [point["times"] for point in seen]
        times, work = grid[0][column], grid[1][column]
        for name, color in (("p95_ms", WARM), ("p50_ms", COOL)):
            times.plot(x, [point[name] for point in seen], "o-", color=color, label=name.removesuffix("_ms"))
        work.plot(x, [point["rate"] for point in seen], "s-", color=INK, label="a second")
        work.plot(x, [point["cpu_ms"] for point in seen], "^--", color=SOFT, label="ms of CPU each")
        times.set_ylabel("ms")
        work.set_xlabel(f"{label} (1 = {seen[0]['size']:,})" if axis == "data" else label)
        for panel in (times, work):
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
            panel.minorticks_off()
            panel.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
            panel.grid(color="#e3e7eb")
            low, high = panel.dataLim.intervaly
            panel.set_ylim(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high)))  # whole decades
            panel.legend(frameon=False, fontsize=8)
            for side in ("top", "right"):
                panel.spines[side].set_visible(False)
    figure.suptitle(job, color=INK)
    figure.tight_layout()
    path = FOLDER / f"growth-{'-'.join(''.join(c if c.isalnum() else ' ' for c in job.lower()).split())}.png"
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)
    return path


def main() -> None:
    """One picture for each job."""
    jobs: dict[str, list[Point]] = defaultdict(list)
    for point in json.loads(FOUND.read_text()):
        jobs[point["job"]].append(point)
    for job, points in jobs.items():
        print(draw(job, points))


if __name__ == "__main__":
    main()
