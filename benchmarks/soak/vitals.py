"""Memory, open files and processor time of each process, every second of its life."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, median

from tests.support.processes import Process

EVERY_S = 1.0
WARM_UP_S = 60.0  # of a life: caches and pools fill
LONG_ENOUGH_S = 120.0  # of what comes after, to say that it is flat
GROWTH = 1.05  # of the last third, beside the first
FILES_MORE = 1.10, 10  # in parts, and in number: connections come and go


@dataclass(slots=True)
class Life:
    """One process, from its start to its end."""

    name: str
    pid: int
    at: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    @property
    def busy(self) -> float:
        """Processor time, as a part of one core's, after the warm-up."""
        some, at = (self.settled(self.cpu_s), self.settled(self.at)) if self.can_be_judged else (self.cpu_s, self.at)
        return (some[-1] - some[0]) / (at[-1] - at[0]) if len(at) > 1 else 0.0

    @property
    def seconds(self) -> float:
        """How long it was seen."""
        return self.at[-1] - self.at[0] if self.at else 0.0

    def settled(self, values: Sequence[float]) -> list[float]:
        """What was seen after the warm-up."""
        return [value for at, value in zip(self.at, values, strict=True) if at - self.at[0] >= WARM_UP_S]

    @property
    def can_be_judged(self) -> bool:
        """Whether it was seen for long enough."""
        return self.seconds >= WARM_UP_S + LONG_ENOUGH_S

    def thirds(self, values: Sequence[float]) -> tuple[float, float]:
        """The medians of the first and of the last third after the warm-up; of all of it in a short life."""
        some = self.settled(values) if self.can_be_judged else list(values)
        third = max(1, len(some) // 3)
        return median(some[:third]), median(some[-third:])

    @property
    def slope_mb_a_minute(self) -> float:
        """Of the memory, after the warm-up."""
        some = self.settled(self.rss_mb) if self.can_be_judged else self.rss_mb
        return linear_regression(range(len(some)), some).slope * 60 / EVERY_S if len(some) > 1 else 0.0

    def faults(self) -> list[str]:
        """What grows that should not."""
        if not self.can_be_judged:
            return []
        found = []
        first, last = self.thirds(self.rss_mb)
        if last > first * GROWTH:
            found.append(f"{self.name}: {first:.0f} MB became {last:.0f} ({self.slope_mb_a_minute:+.2f} a minute)")
        before, after = self.thirds(self.files)
        if after > max(before * FILES_MORE[0], before + FILES_MORE[1]):
            found.append(f"{self.name}: {before:.0f} open files became {after:.0f}")
        return found


@dataclass(slots=True)
class Vitals:
    """All lives."""

    processes: Sequence[Process]
    lives: list[Life] = field(default_factory=list)

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            for process in self.processes:
                if process.pid is not None:
                    self._look(process.name, process.pid)
            await asyncio.sleep(EVERY_S)

    def _look(self, name: str, pid: int) -> None:
        life = next((one for one in reversed(self.lives) if one.pid == pid), None)
        if life is None:
            life = Life(name, pid)
            self.lives.append(life)
        try:
            files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - a number is all that is wanted
            memory, cpu = rss_mb(pid), cpu_seconds(pid)
        except OSError:
            return  # it has just ended
        life.at.append(time.monotonic())
        life.rss_mb.append(memory)
        life.files.append(files)
        life.cpu_s.append(cpu)

    def judge(self, breach: Callable[[str], None]) -> None:
        """Nothing grows."""
        for life in self.lives:
            for fault in life.faults():
                breach(fault)

    def longest(self) -> list[Life]:
        """Of each process the longest life."""
        names = dict.fromkeys(process.name for process in self.processes)
        return [max((one for one in self.lives if one.name == name), key=lambda one: one.seconds) for name in names]


def rss_mb(pid: int) -> float:
    """What a process has of the memory now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
