"""What is broken, for how long, and what may fail because of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.soak.ground import Ground
from benchmarks.soak.record import NO_ANSWER, RECOVERY_S, UNAVAILABLE, Attempt, Fault, Record
from tests.e2e.stage import Stage
from tests.support.processes import Process

API_PULSES = ("api-1", "api-2")
TICKET_PULSES = ("tickets-1", "tickets-2")
FRAME_PULSES = ("frames-1", "frames-2")
ALL_PULSES = (*API_PULSES, *TICKET_PULSES, *FRAME_PULSES, "worker")
OURS = frozenset({"api-1", "api-2", "worker"})
# Redis counts who logs in and who orders on the form, and remembers tickets: these fail closed, nothing else may.
NEED_REDIS = frozenset(
    {"ask for a ticket", "ask for a code", "log in by code", "refresh a session", "log in", "order on the form"}
)
START_S = 30.0  # a process that was killed has to start, which is not what the promise is about
REST_S = 30.0  # adapters/vendors/breaker.py leaves a provider alone for so long
REDIS_DOWN_S = 3.0
# In this order: what a provider does to its own callbacks, then answers that never came, then none at all.
CALLBACK_KINDS = ("duplicate", "late", "lost", "bad_signature")
CALL_KINDS = ("accepted_then_timeout", "html", "error", "timeout")
DELAYS_S = {"accepted_then_timeout": 3.0, "timeout": 12.0, "late": 3.0}
FEW, ALL = 3, 10_000  # what strikes a few times is seen by clients that then succeed; the last one opens the breaker
PAYING = {"wave": "wave", "orange": "orange", "mtn": "mtn", "stripe": "card"}
TELLING = ("brevo", "fcm")

type Deed = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Disaster:
    """A part of the schedule. `weight` is its share of the time."""

    name: str
    weight: float
    strike: Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Breaker:
    """Breaks things, and writes down what that excuses."""

    ground: Ground
    stage: Stage
    record: Record

    def schedule(self, *, only: Sequence[str] = ()) -> list[Disaster]:
        """All of it; processes and servers first, so that their memory can be watched for the rest of the time."""
        fleet = self.ground.fleet
        every = [
            Disaster("worker killed", 1, self._once(lambda: self._kill(fleet.worker, START_S))),
            Disaster("api-1 killed", 1, self._once(lambda: self._kill(fleet.apis[0], START_S))),
            Disaster("api-2 killed", 1, self._once(lambda: self._kill(fleet.apis[1], START_S))),
            Disaster("redis killed", 1, self._once(self._kill_redis)),
            Disaster("postgres restarted", 1, self._once(self._restart_postgres)),
            Disaster("postgres killed", 1, self._once(self._kill_postgres)),
            *(Disaster(f"{name} fails", 1.5, self._provider(name)) for name in (*PAYING, *TELLING)),
        ]
        return [one for one in every if not only or one.name in only]

    @asynccontextmanager
    async def _broken(self, fault: Fault) -> AsyncIterator[None]:
        """It is broken until the end of the block."""
        fault.began = time.monotonic()
        self.record.faults.append(fault)
        try:
            yield
        finally:
            fault.back = time.monotonic()

    @staticmethod
    def _once(deed: Deed) -> Callable[[float], Awaitable[None]]:
        async def strike(seconds: float) -> None:
            """The rest of the time shows how the service comes back."""
            until = time.monotonic() + seconds
            await deed()
            await asyncio.sleep(max(0.0, until - time.monotonic()))

        return strike

    async def _kill(self, process: Process, bound_s: float) -> None:
        """Killed; its supervisor starts it again at once."""
        number = process.name.rpartition("-")[2]
        is_api = process.name.startswith("api")
        feels = (process.name, f"tickets-{number}", f"frames-{number}") if is_api else ("worker",)

        def excuses(attempt: Attempt) -> bool:
            return is_api and attempt.status == NO_ANSWER and attempt.api == int(number) - 1

        fault = Fault(
            name=f"{process.name} killed",
            excuses=excuses,
            explains=frozenset({process.name}),
            feels=feels,
            bound_s=bound_s,
            tail_s=bound_s,
        )
        async with self._broken(fault):
            process.kill()
            await asyncio.sleep(0.5)

    async def _kill_redis(self) -> None:
        """Gone with all it knew, for some seconds; it comes back empty, and the worker ends and is started again."""
        fleet, held = self.ground.fleet, self.ground.supervisor.held

        def excuses(attempt: Attempt) -> bool:
            return attempt.status == UNAVAILABLE and attempt.what in NEED_REDIS

        feels = (*API_PULSES, *TICKET_PULSES, *FRAME_PULSES)
        fault = Fault(name="redis killed", excuses=excuses, explains=OURS, feels=feels)
        worker = Fault(name="redis killed", excuses=excuses, feels=("worker",), bound_s=START_S, explains=OURS)
        async with self._broken(fault), self._broken(worker):
            held.add("redis")
            fleet.redis.kill()
            await asyncio.sleep(REDIS_DOWN_S)
            held.discard("redis")
            fleet.redis.start()

    async def _restart_postgres(self) -> None:
        """As an administrator does it."""
        async with self._without_database("postgres restarted"):
            await self.ground.postgres.restart()

    async def _kill_postgres(self) -> None:
        """The first of its processes, -9: it has to recover from its log."""
        async with self._without_database("postgres killed"):
            await self.ground.postgres.kill()
            await self.ground.postgres.start()

    @asynccontextmanager
    async def _without_database(self, name: str) -> AsyncIterator[None]:
        def excuses(attempt: Attempt) -> bool:
            return attempt.status == UNAVAILABLE

        feels = (*API_PULSES, *TICKET_PULSES, *FRAME_PULSES, "worker")
        async with self._broken(Fault(name=name, excuses=excuses, explains=OURS, feels=feels)):
            yield

    def _provider(self, name: str) -> Callable[[float], Awaitable[None]]:
        method = PAYING.get(name, "")

        def excuses(attempt: Attempt) -> bool:
            return bool(method) and attempt.status == UNAVAILABLE and attempt.what.endswith(f" by {method}")

        async def strike(seconds: float) -> None:
            """Each of its ways to fail, in turn."""
            kinds = [*(CALLBACK_KINDS if method else ()), *CALL_KINDS]
            fault = Fault(name=f"{name} fails", excuses=excuses, explains=OURS, tail_s=REST_S + RECOVERY_S)
            async with self._broken(fault):
                for kind in kinds:
                    times = ALL if kind == CALL_KINDS[-1] else FEW
                    await self._arm(name, kind, times)
                    await asyncio.sleep(seconds / len(kinds))
                for kind in kinds:
                    await self._arm(name, kind, 0)

        return strike

    async def _arm(self, provider: str, kind: str, times: int) -> None:
        body: dict[str, object] = {"provider": provider, "kind": kind, "times": times}
        if kind in DELAYS_S:
            body["delay_s"] = DELAYS_S[kind]
        answer = await self.stage.sandbox.post("/sandbox/faults", json=body)
        answer.raise_for_status()
