"""The service as its operators run it: real processes that a test may kill, on servers of their own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from redis import Redis
from redis.exceptions import RedisError

PATIENCE_S = 120.0  # for whatever comes up by itself, on a busy machine
STOP_S = 20.0  # deploy/supervisord.conf
SUPERVISED_S = 0.1  # between two looks of a supervisor
SECRETS = {"e2e": "the-secret-of-the-end-to-end-tests"}
METRICS_TOKEN = "who-has-this-may-read-the-figures"
LIMITS = (
    "ALLONOVA_RATE_LIMIT_PER_MINUTE",
    "ALLONOVA_ADDRESS_LIMIT_PER_MINUTE",
    "ALLONOVA_AUTH_RATE_LIMIT_PER_MINUTE",
    "ALLONOVA_AUTH_ADDRESS_LIMIT_PER_MINUTE",
    "ALLONOVA_AUTH_IDENTIFIER_LIMIT_PER_HOUR",
)
DOWN = (httpx.HTTPError, RedisError, OSError)


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def allonova(*arguments: str) -> list[str]:
    """A command of ours, by this interpreter."""
    return [sys.executable, "-m", "allonova.main.cli", *arguments]


async def eventually(
    what: str, done: Callable[[], Awaitable[object]], *, patience_s: float = PATIENCE_S, pause_s: float = 0.05
) -> None:
    """Wait until `done` answers something true; one that cannot reach a server is asked again."""
    try:
        async with asyncio.timeout(patience_s):
            while not await _asked(done):
                await asyncio.sleep(pause_s)
    except TimeoutError:
        raise AssertionError(f"not within {patience_s:g} s: {what}") from None


async def answers_200(process: Process, url: str) -> bool:
    """Whether it serves. Raises AssertionError with its last words when it has ended."""
    assert process.is_running, process.last_words()
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(url)).status_code == 200


async def _asked(done: Callable[[], Awaitable[object]]) -> bool:
    try:
        return bool(await done())
    except DOWN:
        return False


@dataclass(slots=True)
class Process:
    """A program with a log of its output."""

    name: str
    command: list[str]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    _child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it said, over all its lives."""
        return self.folder / f"{self.name}.log"

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """Of its present life."""
        return self._child.pid if self._child is not None and self.is_running else None

    def start(self) -> None:
        """Start it, unless it runs."""
        if not self.is_running:
            with self.log.open("ab") as log:
                nothing = subprocess.DEVNULL
                self._child = subprocess.Popen(
                    self.command, cwd=self.folder, env=dict(self.env), stdin=nothing, stdout=log, stderr=log
                )

    def kill(self) -> None:
        """As the machine's end would: no signal that it could hear."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def ask_to_stop(self) -> None:
        """As its supervisor would; does not wait."""
        if self._child is not None and self.is_running:
            self._child.terminate()

    def stop(self) -> None:
        """Ask it to stop, and kill it when it does not."""
        self.ask_to_stop()
        try:
            if self._child is not None:
                self._child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self) -> str:
        """The end of its log, without the lines that say that all is well."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        telling = [line for line in lines if not _is_routine(line)]
        return "\n".join([f"── {self.name} (running: {self.is_running})", *(line[:500] for line in telling[-20:])])


def _is_routine(line: str) -> bool:
    try:
        return bool(json.loads(line).get("level") == "INFO")
    except (ValueError, AttributeError):
        return False


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Two API processes, a worker and the sandbox on one database and a Redis of their own."""

    database_url: str
    redis_url: str
    urls: tuple[str, str]
    sandbox_url: str
    worker_url: str
    env: Mapping[str, str]
    redis: Process
    apis: tuple[Process, Process]
    worker: Process
    sandbox: Process
    _has_served: bool = False

    @property
    def processes(self) -> tuple[Process, ...]:
        """All of them, in the order in which they start."""
        return (self.redis, self.sandbox, *self.apis, self.worker)

    async def ready(self) -> None:
        """Start what is not running, again and again like a supervisor, until all of it serves."""
        if self._has_served and await _asked(self._all_serve):  # one that was just started again may not listen yet
            return
        self.redis.start()
        await eventually("Redis is up", self._redis_is_up)
        await eventually("all processes serve", self._all_serve, pause_s=0.1)
        self._has_served = True

    async def _redis_is_up(self) -> bool:
        with Redis.from_url(self.redis_url, socket_timeout=1) as client:
            return bool(client.ping())

    async def _all_serve(self) -> bool:
        for process in self.processes:
            process.start()
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            for url in self.urls:
                if (await http.get(f"{url}/readyz")).status_code != 200:
                    return False
            # The worker has no port: it is up when it does what it is asked to. One that is about to end may take the
            # request with it, so another is made soon.
            job = await http.post(f"{self.sandbox_url}/sandbox/jobs/relay", timeout=3)
        return job.status_code == 200 and self._listeners() >= len(self.urls)

    def _listeners(self) -> int:
        """Processes that would hear of an ended session now, the worker not counted."""
        with Redis.from_url(self.redis_url, socket_timeout=1) as client:
            ((_, count),) = client.pubsub_numsub("allonova:sessions.revoked")
        return int(count) - 1

    @asynccontextmanager
    async def supervised(self) -> AsyncIterator[None]:
        """Meanwhile whatever of ours ends is started again, as its supervisor would; Redis is the test's own affair."""

        async def supervise() -> None:
            while True:
                for process in self.processes[1:]:
                    process.start()
                await asyncio.sleep(SUPERVISED_S)

        supervising = asyncio.create_task(supervise())
        try:
            yield
        finally:
            supervising.cancel()
            with suppress(asyncio.CancelledError):
                await supervising

    def stop(self) -> None:
        """Stop all at the same time."""
        for process in self.processes[1:]:
            process.ask_to_stop()
        for process in reversed(self.processes):
            process.stop()

    def last_words(self) -> str:
        """What went wrong, in the processes' own words."""
        return "\n".join(process.last_words() for process in self.processes[1:])


def make_fleet(folder: Path, database_url: str, more_env: Mapping[str, str] | None = None) -> Fleet:
    """A fleet, not yet started; what it writes stays in `folder`."""
    redis_port, first, second, sandbox_port, worker_port = free_ports(5)
    redis_url = f"redis://127.0.0.1:{redis_port}/0"
    env = plain_environment() | {
        "ALLONOVA_ENV": "test",
        "ALLONOVA_METRICS_TOKEN": METRICS_TOKEN,
        "ALLONOVA_SANDBOX_PORT": str(sandbox_port),
        "ALLONOVA_SANDBOX_STATE": str(folder / "sandbox.sqlite"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(first),
        **(more_env or {}),
    }
    ours = {
        name: Process(name, allonova(command), folder, env | more)
        for name, command, more in (
            ("api-1", "serve", {}),
            ("api-2", "serve", {"PORT": str(second)}),
            ("worker", "worker", {"ALLONOVA_WORKER_PORT": str(worker_port)}),
            ("sandbox", "sandbox", {}),
        )
    }
    return Fleet(
        database_url=database_url,
        redis_url=redis_url,
        urls=(f"http://127.0.0.1:{first}", f"http://127.0.0.1:{second}"),
        sandbox_url=f"http://127.0.0.1:{sandbox_port}",
        worker_url=f"http://127.0.0.1:{worker_port}",
        env=env,
        redis=Process("redis", _redis_server(redis_port), folder, plain_environment()),
        apis=(ours["api-1"], ours["api-2"]),
        worker=ours["worker"],
        sandbox=ours["sandbox"],
    )


def plain_environment() -> dict[str, str]:
    """What our processes get of this one's variables, with limits that no test reaches."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH", "TMPDIR") if name in os.environ}
    secrets = ",".join(f"{kid}:{secret}" for kid, secret in SECRETS.items())
    return kept | {"ALLONOVA_SECRET_KEYS": secrets} | dict.fromkeys(LIMITS, "1000000")


def _redis_server(port: int) -> list[str]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise RuntimeError("redis-server is missing: these tests stop and start one of their own")
    return [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
