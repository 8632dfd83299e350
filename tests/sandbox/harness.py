"""What a sandbox needs around it: a clock, jobs, a webhook receiver, and time that only tests move."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
from starlette.responses import Response

from allonova.adapters.sandbox.app import Pace, SandboxConfig, create_sandbox, sandbox_running
from allonova.domain.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

START = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)
SECRET = "whs_made_up_for_tests"
WEBHOOK = "/api/v1/payments/webhook/wave"
KEY = {"Authorization": "Bearer wave_ci_prod_any"}
TURNS = 200


@dataclass
class ServiceClock:
    """The service's clock, standing still until advanced."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    async def advance(self, seconds: float) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at


@dataclass
class Jobs:
    """Two jobs: one that works, one that breaks."""

    ran: list[str] = field(default_factory=list)

    async def run(self, name: str) -> None:
        if name == "broken":
            raise RuntimeError
        if name != "holds":
            raise NotFound
        self.ran.append(name)


@dataclass
class RealTime:
    """Real time that passes only when told to: sleepers wake in order, nobody waits."""

    at: float = 1_000_000.0
    asked: list[float] = field(default_factory=list)
    _sleepers: list[tuple[float, asyncio.Future[None]]] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.at + seconds, future))
        await future

    async def forward(self, seconds: float) -> None:
        await settled()
        until = self.at + seconds
        while due := sorted((pair for pair in self._sleepers if pair[0] <= until), key=lambda pair: pair[0]):
            self._sleepers.remove(due[0])
            self.at = due[0][0]
            if not due[0][1].done():
                due[0][1].set_result(None)
            await settled()
        self.at = until


@dataclass
class Receiver:
    """Our service's webhook: keeps what comes, answers 200 or what the test laid ready, or hangs."""

    statuses: list[int] = field(default_factory=list)
    hangs: bool = False
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.got.append((scope["path"], headers, body))
        if self.hangs:
            await asyncio.Event().wait()
        await Response(status_code=self.statuses.pop(0) if self.statuses else 200)(scope, receive, send)


async def settled() -> None:
    """Lets everything run that can run without time passing."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


@dataclass
class Played:
    """A running sandbox and everything around it."""

    app: Starlette
    http: httpx.AsyncClient
    clock: ServiceClock
    jobs: Jobs
    receiver: Receiver
    time: RealTime

    async def data(self, path: str, **query: str) -> Any:
        """What a control endpoint shows."""
        answer = await self.http.get(f"/sandbox/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def session(self, **changes: object) -> dict[str, Any]:
        """A new Wave checkout session."""
        answer = await self.create(**changes)
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session

    async def create(self, **changes: object) -> httpx.Response:
        """`POST /v1/checkout/sessions`, `changes` over a valid body; None leaves the field out."""
        body = {
            "amount": "5000",
            "currency": "XOF",
            "success_url": "https://allonova.test/ok",
            "error_url": "https://allonova.test/ko",
            "client_reference": "pay-1",
        } | changes
        body = {name: value for name, value in body.items() if value is not None}
        return await self.http.post("/sandbox/wave/v1/checkout/sessions", json=body, headers=KEY)

    async def read(self, ref: str) -> Any:
        """`GET /v1/checkout/sessions/:id`."""
        return (await self.http.get(f"/sandbox/wave/v1/checkout/sessions/{ref}", headers=KEY)).json()

    async def call(self, ref: str, verb: str) -> httpx.Response:
        """`POST /v1/checkout/sessions/:id/expire` or `/refund`."""
        return await self.http.post(f"/sandbox/wave/v1/checkout/sessions/{ref}/{verb}", headers=KEY)

    async def press(self, ref: str, outcome: str) -> httpx.Response:
        """The payer's button, for programs."""
        return await self.http.post(f"/sandbox/checkout/{ref}", json={"outcome": outcome})

    async def arm(self, kind: str, times: int = 1, provider: str = "wave", **more: object) -> httpx.Response:
        """`POST /sandbox/faults`."""
        body = {"provider": provider, "kind": kind, "times": times, **more}
        return await self.http.post("/sandbox/faults", json=body)


@asynccontextmanager
async def playing(path: Path, receiver: Receiver | None = None, **pace: float) -> AsyncIterator[Played]:
    """Runs a sandbox over this state file."""
    clock, jobs, time = ServiceClock(), Jobs(), RealTime()
    receiver = receiver or Receiver()
    config = SandboxConfig(
        state_path=path,
        public_url="http://127.0.0.1:8000",
        webhook_base_url="http://service.test",
        wave_webhook_secret=SECRET,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=receiver)) as out:
        own = Pace(sleep=time.sleep, real_time=time.now, **pace)
        app = create_sandbox(config, clock=clock, jobs=jobs, http=out, pace=own)
        transport = httpx.ASGITransport(app=app)
        async with (
            sandbox_running(app),
            httpx.AsyncClient(transport=transport, base_url="http://s.test") as http,
        ):
            yield Played(app, http, clock, jobs, receiver, time)
