"""What says that a part is alive: a question that only it can answer, some times a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import httpx

from benchmarks.soak.record import Attempt, Record
from tests.e2e.phones import Phone
from tests.e2e.stage import Stage

PAUSE_S = 0.25
FRAMES_S = 0.1
QUICK_S = 5.0
JOB_S = 3.0  # a worker that was killed has taken the request with it: another is made soon


@dataclass(frozen=True, slots=True)
class Probes:
    """All of them, for somebody whose account is there."""

    stage: Stage
    record: Record
    user_id: UUID

    def all(self) -> list[Awaitable[None]]:
        """To be run until they are cancelled."""
        found: list[Awaitable[None]] = [self._for_ever("worker", self._worker, 1.0)]
        for number, client in enumerate((self.stage.a, self.stage.b), 1):
            found.append(self._for_ever(f"api-{number}", self._asking(client, number, "GET", "/api/v1/me", "probe")))
            ticket = self._asking(client, number, "POST", "/api/v1/ws/tickets", "ask for a ticket")
            found.append(self._for_ever(f"tickets-{number}", ticket))
        return found

    async def _for_ever(self, pulse: str, is_alive: Callable[[], Awaitable[bool]], pause_s: float = PAUSE_S) -> None:
        while True:
            if await is_alive():
                self.record.beat(pulse)
            await asyncio.sleep(pause_s)

    def _asking(
        self, client: httpx.AsyncClient, number: int, method: str, path: str, what: str
    ) -> Callable[[], Awaitable[bool]]:
        async def ask() -> bool:
            at, status, code = time.monotonic(), 0, ""
            try:
                headers = self.stage.headers(self.user_id)
                answer = await client.request(method, path, headers=headers, timeout=QUICK_S)
                status = answer.status_code
            except httpx.TransportError as error:
                code = type(error).__name__
            attempt = Attempt(at, (time.monotonic() - at) * 1000, what, status, number - 1, code)
            self.record.attempts.append(attempt)
            return 200 <= status < 300

        return ask

    async def _worker(self) -> bool:
        with suppress(httpx.TransportError):
            answer = await self.stage.sandbox.post("/sandbox/jobs/relay", timeout=JOB_S)
            return answer.status_code == 200
        return False

    async def watch_frames(self, pulse: str, phones: Sequence[Phone]) -> None:
        """A frame on one of the screens says that its process' sockets are alive. Until it is cancelled."""
        shown = 0
        while True:
            now = sum(len(phone.framed) for phone in phones)
            if now > shown:
                shown = now
                self.record.beat(pulse)
            await asyncio.sleep(FRAMES_S)
