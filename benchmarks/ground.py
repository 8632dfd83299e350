"""What jobs stand on: a database full of trips, programs that serve it, people who are logged in."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import httpx

from allonova.adapters.crypto.clock import SystemClock
from allonova.adapters.crypto.tokens import JoseTokens
from allonova.adapters.postgres.pool import asyncpg_dsn
from allonova.domain.identity.session import Audience
from benchmarks.country import Plan
from benchmarks.database import own_database
from benchmarks.fill import fill, tomorrow

KID, SECRET = "bench", "the-secret-of-the-benchmarks-and-of-nothing-else"
WAVE_SECRET = "wave_sn_WHS_of-the-benchmarks-and-of-nothing-else"
RIVAL_PYTHON = Path("build/bench-venv/bin/python")
CLIENTS = 16
FLOOR_CLIENTS = 50  # the source document: every endpoint's p95 < 300 ms at so many, search < 2 s
PATIENCE_S = 60.0
TICKS_S = os.sysconf("SC_CLK_TCK")
_numbers = count()

type Ask = dict[str, Any]
"""What `benchmarks.load` sends: `path`, and as wanted `method`, `headers`, `body`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A database that was filled, and where programs write their logs."""

    dsn: str
    timetable: Plan
    since: datetime
    folder: Path


@dataclass(frozen=True, slots=True)
class Server:
    """A program that serves HTTP, with its children."""

    port: int
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        """Seconds of CPU that it and its children have used."""
        return cpu_s(self.process.pid)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """It stands still, so that nothing that it does beside answering is done while others are measured."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@dataclass(frozen=True, slots=True)
class Load:
    """What clients saw: milliseconds of each answer, how long all took, what the server's processes used for it."""

    ms: list[float]
    seconds: float
    cpu_s: float
    refused: int = 0  # that the server had too much to do for

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.ms) / self.seconds


def load(
    server: Server,
    asks: Sequence[Ask],
    *,
    clients: int = 1,
    seconds: float | None = None,
    rate: float | None = None,
    may_refuse: bool = False,
) -> Load:
    """Ask each once, or for so many seconds again and again, from a process of its own; as fast as answers come, or so
    many a second. Unless it `may_refuse`, a server that has too much to do ends the program.
    """
    command = [sys.executable, "-m", "benchmarks.load", str(server.port), f"--clients={clients}"]
    command += [f"--seconds={seconds}"] if seconds else []
    command += [f"--rate={rate}"] if rate else []
    with TemporaryFile("w+") as lines, TemporaryFile("w+") as said:  # in files: both may be long
        lines.writelines(json.dumps(ask) + "\n" for ask in asks)
        lines.seek(0)
        before = server.cpu_s()
        done = subprocess.run(command, stdin=lines, stdout=said, stderr=subprocess.PIPE, text=True, check=False)
        used = server.cpu_s() - before
        if done.returncode:
            sys.exit(done.stderr)
        said.seek(0)
        found: dict[str, Any] = json.load(said)
    if found["refused"] and not may_refuse:
        sys.exit(f"{found['refused']} of {len(asks)} were refused: {asks[0]['path']}")
    return Load(found["ms"], found["seconds"], used, found["refused"])


def together(loads: Sequence[Load]) -> Load:
    """Rounds of one program as one."""
    ms = [each for one in loads for each in one.ms]
    return Load(ms, sum(one.seconds for one in loads), sum(one.cpu_s for one in loads))


@contextmanager
def serving(
    module: Sequence[str], port: int, env: Mapping[str, str], folder: Path, *, python: str = sys.executable
) -> Iterator[subprocess.Popen[bytes]]:
    """A server as in production: a process of its own, whose log is a file."""
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", *module], env={**os.environ, **env, "PORT": str(port)}, stdout=log, stderr=log
        )
        try:
            _wait_for(port, process, folder / f"{port}.log")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)


@contextmanager
def ours(ground: Ground, *command: str, **more: str) -> Iterator[Server]:
    """This service's API, with settings beside the usual ones; another command that starts it, if there is one."""
    env, module = environment(ground.dsn) | more, command or ("allonova.main.cli", "serve")
    with serving(module, 8471, env, ground.folder) as process:
        yield Server(8471, process)


@contextmanager
def smallest(ground: Ground) -> Iterator[Server]:
    """The smallest program that reads a trip."""
    with serving(["benchmarks.smallest"], 8472, environment(ground.dsn), ground.folder) as process:
        yield Server(8472, process)


def rival(ground: Ground) -> AbstractContextManager[Server]:
    """The source document's stack."""
    return gunicorn("benchmarks.rivals.rides:create_app()", 8470, environment(ground.dsn), ground.folder)


@contextmanager
def gunicorn(app: str, port: int, env: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """An app of that stack: one process, as ours is one, and a thread for each client."""
    if not RIVAL_PYTHON.exists():
        sys.exit("make bench-venv makes the environment of what one would pick instead")
    options = ["--workers=1", "--worker-class=gthread", f"--threads={CLIENTS}", "--keep-alive=75"]
    module = ["gunicorn", *options, f"--bind=127.0.0.1:{port}", app]
    with serving(module, port, env, folder, python=str(RIVAL_PYTHON)) as process:
        yield Server(port, process)


def environment(dsn: str) -> dict[str, str]:
    """Of every program: limits as they are in production, and no played world."""
    return {
        "ALLONOVA_ENV": "test",
        "ALLONOVA_SANDBOX": "false",
        "ALLONOVA_SECRET_KEYS": f"{KID}:{SECRET}",
        "ALLONOVA_TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": dsn,
        "WAVE_API_KEY": "none",
        "WAVE_WEBHOOK_SECRET": WAVE_SECRET,
        "BREVO_API_KEY": "none",
    }


def bearer(people: Sequence[UUID]) -> list[dict[str, str]]:
    """The header of each, who has just logged in."""
    clock = SystemClock()
    tokens, now = JoseTokens({KID: SECRET}, KID, issuer="allonova", clock=clock), clock.now()
    ends = now + timedelta(hours=1)
    signed = (
        tokens.sign(subject=who, session=uuid4(), audience=Audience.ALLOCAR, issued_at=now, expires_at=ends)
        for who in people
    )
    return [{"Authorization": f"Bearer {token}"} for token in signed]


def address() -> dict[str, str]:
    """The header of somebody at an address that nobody has asked from."""
    number = next(_numbers)
    return {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}


def answer_of(server: Server, ask: Ask) -> Any:
    """One answer, which must be a success: `data` and `meta`."""
    url = f"http://127.0.0.1:{server.port}{ask['path']}"
    body = json.dumps(ask["body"]) if "body" in ask else None
    headers = {"Content-Type": "application/json"} | ask.get("headers", {})
    answer = httpx.request(
        ask.get("method", "GET"), url, headers=headers, content=body, timeout=PATIENCE_S, trust_env=False
    )
    if not answer.is_success:
        sys.exit(f"{ask['path']}: {answer.status_code} {answer.text}")
    return answer.json()


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process and its children have used so far."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        found = int(stat.parent.name)
        children.setdefault(int(fields[1]), []).append(found)
        used[found] = int(fields[11]) + int(fields[12])
    family, ticks = [pid], 0
    while family:
        member = family.pop()
        ticks += used.get(member, 0)
        family += children.get(member, ())
    return ticks / TICKS_S


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    sys.exit(log.read_text())


@contextmanager
def a_database(trips: int) -> Iterator[tuple[str, datetime]]:
    """A full one of our own, dropped at the end."""
    with own_database() as dsn:
        started, since = time.monotonic(), tomorrow()
        asyncio.run(fill(dsn, trips, since))
        print(f"{trips} published trips put in within {time.monotonic() - started:.0f} s", flush=True)
        yield dsn, since


@contextmanager
def filled(dsn: str) -> Iterator[tuple[str, datetime]]:
    """One that `benchmarks.fill` filled."""

    async def first() -> datetime:
        connection = await asyncpg.connect(asyncpg_dsn(dsn))
        at: datetime = await connection.fetchval("SELECT min(departure_time) FROM carpool.trip_legs")
        await connection.close()
        return at

    yield dsn, asyncio.run(first()).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
