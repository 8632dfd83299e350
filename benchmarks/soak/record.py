"""What clients saw, and when what was broken: each fault excuses its own kind of failure, for its own time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import quantiles

RECOVERY_S = 10.0  # promises: the first 2xx after a part is back
UNAVAILABLE = 503
NO_ANSWER = 0  # the connection broke, or nothing came in time


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request, however it went; `at` is when it began. `api` is 0 or 1, None for whoever is not one."""

    at: float
    ms: float
    what: str
    status: int
    api: int | None = None
    code: str = ""

    @property
    def until(self) -> float:
        """When it ended."""
        return self.at + self.ms / 1000


@dataclass(slots=True, kw_only=True)
class Fault:
    """Something that was broken from `began` to `back`.

    `excuses` says which attempts may fail meanwhile and `tail_s` longer; `explains` which lines of the logs come of it;
    `feels` names the pulses that must beat again within `bound_s` of `back`.
    """

    name: str
    excuses: Callable[[Attempt], bool]
    explains: frozenset[str] = frozenset()
    feels: tuple[str, ...] = ()
    bound_s: float = RECOVERY_S
    tail_s: float = RECOVERY_S
    began: float = 0.0
    back: float | None = None

    def covers(self, begin: float, end: float) -> bool:
        """Whether it was, or had just been, broken at some time between."""
        return begin <= (self.back or end) + self.tail_s and end >= self.began


@dataclass(slots=True)
class Phase:
    """A part of the time, for the table."""

    name: str
    began: float
    ended: float = 0.0


@dataclass(slots=True)
class Record:
    """Everything that was seen. `breaches` is what must not have been."""

    attempts: list[Attempt] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    pulses: dict[str, list[float]] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    """What the load would have begun, had not too much of it been under way."""

    def beat(self, pulse: str) -> None:
        """A part does what it is for, now."""
        self.pulses.setdefault(pulse, []).append(time.monotonic())

    def begin_phase(self, name: str) -> None:
        """From now on."""
        now = time.monotonic()
        self.end_phases()
        self.phases.append(Phase(name, now))

    def end_phases(self) -> None:
        """The last one is over."""
        if self.phases and not self.phases[-1].ended:
            self.phases[-1].ended = time.monotonic()

    def breach(self, text: str) -> None:
        """What was promised and did not hold."""
        self.breaches.append(text)

    def excused(self, attempt: Attempt) -> bool:
        """Whether something was broken that lets such an attempt fail."""
        return any(fault.covers(attempt.at, attempt.until) and fault.excuses(attempt) for fault in self.faults)

    def is_explained(self, source: str, begin: float, end: float) -> bool:
        """Whether an error line of a process, written between the two, comes of a fault."""
        return any(source in fault.explains and fault.covers(begin, end) for fault in self.faults)

    def judge_answers(self) -> None:
        """No failure of a server but 503, none without a cause, and nobody left without an answer."""
        for (what, status, code), some in self._unexcused().items():
            first = some[0].at - self.phases[0].began
            self.breach(f"{len(some)} × {status or 'no answer'} {code} to “{what}”, the first at {first:.1f} s")

    def _unexcused(self) -> dict[tuple[str, int, str], list[Attempt]]:
        found: dict[tuple[str, int, str], list[Attempt]] = {}
        for one in self.attempts:
            is_failure = one.status == NO_ANSWER or one.status >= 500
            if is_failure and not (one.status in (NO_ANSWER, UNAVAILABLE) and self.excused(one)):
                found.setdefault((one.what, one.status, one.code), []).append(one)
        return found

    def recoveries(self) -> Iterator[tuple[Fault, str, float, float]]:
        """Fault, pulse, seconds from the part's return to its first beat, and the longest silence around it."""
        for fault in self.faults:
            for pulse in fault.feels:
                beats = self.pulses.get(pulse, [])
                back = fault.back or fault.began
                after = next((at for at in beats if at >= back), None)
                before = max((at for at in beats if at < fault.began), default=fault.began)
                if after is None:
                    yield fault, pulse, float("inf"), float("inf")
                else:
                    silences = silences_between(beats, before, after)
                    yield fault, pulse, after - back, max(silences, default=0.0)

    def judge_recoveries(self) -> None:
        """Every part was back in time."""
        for fault, pulse, seconds, _ in self.recoveries():
            if seconds > fault.bound_s:
                self.breach(f"{fault.name}: “{pulse}” was back after {seconds:.1f} s, more than {fault.bound_s:g} s")

    def during(self, phase: Phase) -> list[Attempt]:
        """What began in it."""
        return [one for one in self.attempts if phase.began <= one.at < phase.ended]


def silences_between(beats: Iterable[float], begin: float, end: float) -> list[float]:
    """Seconds between one beat and the next."""
    some = [at for at in beats if begin <= at <= end]
    return [later - earlier for earlier, later in pairwise(some)]


def p50_p95(ms: list[float]) -> tuple[float, float]:
    """Of milliseconds; zeros for nothing."""
    if len(ms) < 2:
        return (ms[0], ms[0]) if ms else (0.0, 0.0)
    cuts = quantiles(ms, n=20)
    return cuts[9], cuts[18]
