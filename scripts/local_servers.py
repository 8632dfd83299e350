"""PostgreSQL and Redis from programs of this machine, each on a free port and with data of its own."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 10
# Tests throw their data away: nothing of it need survive a power cut, and connections are many.
POSTGRES_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")
REDIS_SETTINGS = ("--save", "", "--appendonly", "no")


class CannotServe(Exception):
    """A server is missing or did not start; the text is for the person at the terminal."""


class Server(Protocol):
    """A server that can be started, with a folder for what it writes, and stopped."""

    def start(self, folder: Path) -> str:
        """Start it and return its address as a URL."""

    def stop(self) -> None:
        """Stop it at once: nobody wants its data any more."""


@dataclass(slots=True)
class LocalPostgres:
    """A PostgreSQL cluster of its own, made by the programs in a folder."""

    programs: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path) -> str:
        """Make a cluster with an empty database `allonova`, and start it."""
        data = folder / "postgres"
        make_cluster(self.programs, folder, data)
        self.process, port = run_cluster(self.programs, folder, data, *POSTGRES_SETTINGS)
        createdb = [self.programs / "createdb", "-h", "127.0.0.1", "-p", port, "-U", "postgres"]
        finish(spawn(folder, "createdb", *createdb, "allonova"), folder / "createdb.log")
        return postgres_url(port)

    def stop(self) -> None:
        """Shut it down in the way PostgreSQL calls immediate."""
        halt(self.process, signal.SIGQUIT)


@dataclass(slots=True)
class LocalRedis:
    """A Redis server that writes nothing to disk."""

    program: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path) -> str:
        """Start it, empty."""
        unix = folder / "redis.socket"
        options = ["--bind", "127.0.0.1", "--unixsocket", unix, "--dir", folder, *REDIS_SETTINGS]
        for port in free_ports():
            self.process = spawn(folder, "redis", self.program, "--port", port, *options)
            if comes_up(self.process, lambda: answers_ping(unix)):
                return redis_url(port)
        raise CannotServe(tail(folder / "redis.log"))

    def stop(self) -> None:
        """Stop it; there is nothing to save."""
        halt(self.process, signal.SIGTERM)


def make_cluster(programs: Path, folder: Path, data: Path) -> None:
    """A cluster that lets anybody on this machine in, as long as it is up."""
    initdb = [programs / "initdb", "-D", data, "--username=postgres", "--auth=trust"]
    finish(spawn(folder, "initdb", *initdb, "--encoding=UTF8", "--no-sync"), folder / "initdb.log")


def run_cluster(
    programs: Path, folder: Path, data: Path, *settings: str, environment: Mapping[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a cluster on a free port of loopback, and wait until it answers; the process, and the port."""
    where = ("listen_addresses=127.0.0.1", f"unix_socket_directories={folder}")
    options = [part for setting in (*settings, *where) for part in ("-c", setting)]
    for port in free_ports():
        command = [programs / "postgres", "-D", data, "-p", port, *options]
        process = spawn(folder, data.name, *command, environment=environment)
        try:
            if comes_up(process, lambda: is_ready(data / "postmaster.pid")):
                return process, port
        except BaseException:
            halt(process, signal.SIGQUIT)
            raise
        if "already in use" not in (words := tail(folder / f"{data.name}.log")):
            break
    raise CannotServe(words)


def postgres_url(port: str) -> str:
    """The address of the database `allonova` on a loopback port."""
    return f"postgresql://postgres@127.0.0.1:{port}/allonova"


def redis_url(port: str) -> str:
    """The address of a Redis on a loopback port."""
    return f"redis://127.0.0.1:{port}/0"


def local_postgres() -> Server | None:
    """The newest PostgreSQL here that has PostGIS beside it."""
    on_path = [Path(found).resolve().parent for found in (shutil.which("initdb"),) if found]
    folders = [*on_path, *Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    usable = [folder for folder in folders if has_postgis(folder)]
    return LocalPostgres(max(usable, key=lambda folder: numbers(str(folder)))) if usable else None


def has_postgis(programs: Path) -> bool:
    """Whether a folder has what a cluster takes, and PostGIS is among its extensions."""
    if not all((programs / name).exists() for name in ("initdb", "postgres", "createdb", "pg_config")):
        return False
    ask = [str(programs / "pg_config"), "--sharedir"]
    share = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    return (Path(share) / "extension/postgis.control").exists()


def local_redis() -> Server | None:
    """The Redis on PATH, or the Valkey that some systems have in its place."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return LocalRedis(Path(found)) if found else None


def account() -> pwd.struct_passwd | None:
    """The unprivileged user the servers run as when we are root, since initdb refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise CannotServe("PostgreSQL cannot run as root, and there is no user postgres or nobody.")


def spawn(
    folder: Path, name: str, *command: object, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program of a server in its folder, as the servers' user, with a log of its output there."""
    user = account()
    rights: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()} if user else {}
    # The caller's PG… and LC_… variables would reach into the cluster. UTC and C.UTF-8 are what a server has.
    locale = "C.UTF-8" if os.uname().sysname == "Linux" else "en_US.UTF-8"
    plain = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "TZ": "UTC", "LC_ALL": locale}
    env = plain | dict(environment or {})
    with (folder / f"{name}.log").open("ab") as log:
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        return subprocess.Popen([str(part) for part in command], cwd=folder, env=env, **streams, **rights)


def finish(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a program that has to succeed."""
    if process.wait(START_TIMEOUT_S):
        raise CannotServe(tail(log))


def comes_up(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> bool:
    """Wait until a server is ready, or has ended because another took its port since we looked."""
    wait_until(lambda: process.poll() is not None or ready())
    return process.poll() is None


def wait_until(done: Callable[[], bool]) -> None:
    """Wait for a server, but not for ever."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not done():
        if time.monotonic() > deadline:
            raise CannotServe(f"A server is not ready after {START_TIMEOUT_S} s.")
        time.sleep(0.05)


def free_ports() -> list[str]:
    """A few ports that were free a moment ago."""
    with contextlib.ExitStack() as taken:
        probes = [taken.enter_context(socket.socket()) for _ in range(5)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [str(probe.getsockname()[1]) for probe in probes]


def is_ready(postmaster: Path) -> bool:
    """Whether a cluster says so in its own file: on the port, another run's could be answering."""
    try:
        return postmaster.read_text().splitlines()[7].strip() == "ready"
    except (FileNotFoundError, IndexError):
        return False


def answers_ping(unix: Path) -> bool:
    """Whether the Redis behind a socket of our own answers."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(unix))
        client.sendall(b"PING\r\n")
        return client.recv(7) == b"+PONG\r\n"
    return False


def halt(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    """Signal a server, and kill it if it does not go."""
    if process is None:
        return
    process.send_signal(how)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path) -> str:
    """The end of a log, for an error message."""
    return f"{log.stem} says:\n{log.read_text(errors='replace')[-3000:]}"


def numbers(text: str) -> list[int]:
    """The numbers in a name, so that 9 sorts before 15."""
    return [int(digits) for digits in re.findall(r"\d+", text)]
