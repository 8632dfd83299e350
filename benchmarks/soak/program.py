"""The run: a quiet beginning, one disaster after the other, a quiet end, and the reckoning."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.soak.clients import Clients
from benchmarks.soak.faults import Breaker
from benchmarks.soak.ground import Ground, standing
from benchmarks.soak.load import Load, people_needed
from benchmarks.soak.logs import judge_logs
from benchmarks.soak.reckoning import Reckoning
from benchmarks.soak.record import Record
from benchmarks.soak.vitals import Vitals
from benchmarks.soak.world import make_world
from tests.e2e.stage import open_stage

FIRST, LAST = 1.0, 1.5  # the weights of the quiet beginning and end, beside those of the disasters
AFTERWARDS_S = 60.0  # what was begun is still let go to its end

type Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """Everything that a run showed."""

    record: Record
    vitals: Vitals
    seconds: float
    seen: dict[str, Any] = field(default_factory=dict)
    wrong_lines: Counter[str] = field(default_factory=Counter)
    lives: dict[str, int] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was seen that must not be."""
        return not self.record.breaches


async def soak(folder: Path, *, seconds: float, scale: float, only: Sequence[str] = (), say: Say = print) -> Outcome:
    """Run it. `only` names the disasters, all by default; what is written stays in `folder`."""
    say("making PostgreSQL, Redis, two API processes, a worker and the sandbox")
    async with standing(folder) as ground, open_stage(ground.fleet) as stage:
        drivers, passengers = people_needed(seconds + AFTERWARDS_S, scale)
        say(f"putting in {drivers} drivers and {passengers} passengers")
        world = await make_world(stage, drivers=drivers, passengers=passengers)
        record, vitals = Record(), Vitals(ground.ours)
        clients = Clients(stage=stage, record=record)
        load = Load(world, clients, scale)
        breaker = Breaker(ground, stage, record)
        outcome = Outcome(record, vitals, seconds, lives=ground.supervisor.lives)
        reckoning = Reckoning(world, clients, load, outcome.seen)
        watching = asyncio.create_task(vitals.watch())
        try:
            async with load.watching():
                async with load.running():
                    await _play(breaker, record, seconds, only, say)
                record.begin_phase("end")
                say("the load has ended; looking for all that was acknowledged")
                await _reckon(reckoning, record)
                record.end_phases()
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        _judge(outcome, ground)
    return outcome


async def _reckon(reckoning: Reckoning, record: Record) -> None:
    try:
        await reckoning.settle()
        await reckoning.reckon()
    except Exception as error:  # noqa: BLE001 - the table of what was seen until then is shown in any case
        record.breach(f"the end could not be looked at: {error!r}")


async def _play(breaker: Breaker, record: Record, seconds: float, only: Sequence[str], say: Say) -> None:
    disasters = breaker.schedule(only=only)
    whole = FIRST + LAST + sum(one.weight for one in disasters)
    began = time.monotonic()

    def announce(name: str) -> None:
        record.begin_phase(name)
        say(f"{time.monotonic() - began:6.1f} s  {name}")

    announce("quiet at first")
    await asyncio.sleep(seconds * FIRST / whole)
    for disaster in disasters:
        announce(disaster.name)
        await disaster.strike(seconds * disaster.weight / whole)
    announce("quiet at last")
    await asyncio.sleep(seconds * LAST / whole)
    announce("what was begun ends")


def _judge(outcome: Outcome, ground: Ground) -> None:
    record = outcome.record
    record.judge_answers()
    record.judge_recoveries()
    outcome.vitals.judge(record.breach)
    outcome.wrong_lines = judge_logs(ground.logs(), record)
