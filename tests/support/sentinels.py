"""A master, a replica and Sentinels of a test's own, as real processes that it may kill or freeze."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from tests.support.processes import Process, eventually, free_ports, plain_environment

SERVICE = "allonova-test"
PATIENCE_S = 20.0
# How long a silent master is one still. Where none is to be replaced, none is by chance.
HASTY_MS, CALM_MS = 1000, 60_000


@dataclass(slots=True)
class Server:
    """A redis-server, or one that is a Sentinel."""

    port: int
    process: Process
    how: Mapping[str, Any] = field(default_factory=dict)

    def client(self) -> Redis:
        """Straight to it, whatever it is now; to be closed."""
        return Redis(port=self.port, socket_timeout=1, decode_responses=True, **self.how)

    async def role(self) -> str:
        """What it takes itself for: `master` or `slave`."""
        async with self.client() as redis:
            return str((await redis.info("replication"))["role"])

    async def follows(self) -> bool:
        """Whether it has all that its master has; a master has."""
        async with self.client() as redis:
            link: str = (await redis.info("replication")).get("master_link_status", "up")
        return link == "up"

    async def seen(self) -> dict[str, Any]:
        """What a Sentinel knows of the master."""
        async with self.client() as redis:
            found: dict[str, Any] = await redis.sentinel_master(SERVICE)  # type: ignore[no-untyped-call]
        return found

    def freeze(self) -> None:
        """It answers nothing and closes nothing, like a machine that the network has lost."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.process.pid is not None:
            os.kill(self.process.pid, number)


@dataclass(slots=True)
class Watched:
    """Servers, of which the Sentinels know which one leads: to begin with, the first."""

    servers: Sequence[Server]
    sentinels: Sequence[Server]

    @property
    def url(self) -> str:
        """As an operator would write it."""
        return f"redis+sentinel://{self.hosts}/{SERVICE}/0"

    @property
    def hosts(self) -> str:
        """The Sentinels'."""
        return ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)

    async def start(self) -> None:
        """Until a failover could begin."""
        for server in self.servers:
            server.process.start()
        await eventually("the servers have all", self._have_all, patience_s=PATIENCE_S)
        for sentinel in self.sentinels:
            sentinel.process.start()
        await eventually("the Sentinels know all", self._are_known, patience_s=PATIENCE_S)

    def stop(self) -> None:
        """At once; a frozen one, too."""
        for each in (*self.sentinels, *self.servers):
            each.process.kill()

    async def failed_over(self) -> None:
        """Wait until each Sentinel names the second server."""
        await eventually("the second leads", self._second_leads, patience_s=PATIENCE_S)

    async def _have_all(self) -> bool:
        return all([await each.follows() for each in self.servers])

    async def _are_known(self) -> bool:
        seen = [await each.seen() for each in self.sentinels]
        known = [(each["num-other-sentinels"], each["num-slaves"], each["is_sdown"]) for each in seen]
        return set(known) == {(len(self.sentinels) - 1, len(self.servers) - 1, False)}

    async def _second_leads(self) -> bool:
        seen = [await each.seen() for each in self.sentinels]
        named = {(each["port"], each["is_sdown"]) for each in seen}
        return named == {(self.servers[1].port, False)} and await self.servers[1].role() == "master"


def make_watched(folder: Path, *, patience_ms: int = HASTY_MS) -> Watched:
    """Two servers and three Sentinels; not yet started, and what they write stays in `folder`."""
    first, second, *watching = free_ports(5)
    leads, follows = _server(folder, first), _server(folder, second, "--replicaof", f"127.0.0.1 {first}")
    lines = (
        f"sentinel monitor {SERVICE} 127.0.0.1 {first} 2",
        f"sentinel down-after-milliseconds {SERVICE} {patience_ms}",
        f"sentinel failover-timeout {SERVICE} 2000",
    )
    return Watched((leads, follows), [_sentinel(folder, port, f"port {port}", *lines) for port in watching])


def make_guarded(folder: Path, *, certificate: Path, key: Path, password: str, sentinel_password: str) -> Watched:
    """One server and one Sentinel that speak TLS alone and want a password each."""
    first, watching = free_ports(2)
    tls = {"tls-cert-file": certificate, "tls-key-file": key, "tls-ca-cert-file": certificate, "tls-auth-clients": "no"}
    how = {"ssl": True, "ssl_ca_certs": str(certificate)}
    options = [part for name, value in tls.items() for part in (f"--{name}", str(value))]
    options += ["--tls-port", str(first), "--requirepass", password]
    server = _server(folder, 0, *options)
    lines = (
        f"port 0\ntls-port {watching}\ntls-replication yes\nrequirepass {sentinel_password}",
        *(f"{name} {value}" for name, value in tls.items()),
        f"sentinel monitor {SERVICE} 127.0.0.1 {first} 1",
        f"sentinel auth-pass {SERVICE} {password}",
    )
    sentinel = _sentinel(folder, watching, *lines)
    server.port, server.how = first, {**how, "password": password}
    sentinel.how = {**how, "password": sentinel_password}
    return Watched((server,), (sentinel,))


def _server(folder: Path, port: int, *options: str) -> Server:
    kept = ("--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0")
    command = [redis_program(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), *kept, *options]
    return Server(port, Process(f"redis-{port}", command, folder, plain_environment()))


def _sentinel(folder: Path, port: int, *lines: str) -> Server:
    written = folder / f"sentinel-{port}.conf"  # it writes into it what it learns
    written.write_text("\n".join(("bind 127.0.0.1", f"dir {folder}", *lines)) + "\n")
    command = [redis_program(), str(written), "--sentinel"]
    return Server(port, Process(f"sentinel-{port}", command, folder, plain_environment()))


def redis_program() -> str:
    """The redis-server on PATH, or the Valkey in its place; each is a Sentinel as well."""
    if program := shutil.which("redis-server") or shutil.which("valkey-server"):
        return program
    raise RuntimeError("redis-server is missing: these tests stop and start some of their own")
