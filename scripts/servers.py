#!/usr/bin/env python3
"""Private PostgreSQL (with PostGIS) and Redis servers for one command, gone when it ends.

    scripts/servers.py run -- COMMAND…   run it with DATABASE_URL and REDIS_URL set, and exit as it does
    scripts/servers.py keep              hold the servers up, and print the two lines to paste elsewhere
    scripts/servers.py tools             install the programs that tests run beside them, as root on Debian

A server whose variable is set already is the caller's. The others come from programs on this machine,
else (as root on Debian) from packages installed for the purpose, else from Docker.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import debian_packages
from docker_servers import docker_answers, docker_postgres, docker_redis
from local_servers import CannotServe, Server, account, local_postgres, local_redis

ADVICE = """\
PostgreSQL with PostGIS and Redis are needed, but not all of their programs are on this machine, and no
Docker engine answers. On Debian or Ubuntu, root must run once:

    apt-get update && apt-get install -y {packages}

Or start Docker, or set DATABASE_URL and REDIS_URL to servers of your own."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of server, named by the variable that says where one is, and the places it can come from."""

    variable: str
    local: Callable[[], Server | None]
    package: Callable[[], str]
    container: Callable[[], Server]


KINDS = (
    Kind("DATABASE_URL", local_postgres, debian_packages.postgis_package, docker_postgres),
    Kind("REDIS_URL", local_redis, debian_packages.redis_package, docker_redis),
)


def choose(kinds: list[Kind]) -> dict[str, Server]:
    """A server for each kind that the caller has none of."""

    def missing() -> list[str]:
        return [kind.package() for kind in kinds if not kind.local()]

    if missing() and os.geteuid() == 0 and shutil.which("apt-get"):
        debian_packages.install(missing)
    containers = bool(missing()) and docker_answers()
    servers = {kind.variable: kind.local() or (kind.container() if containers else None) for kind in kinds}
    if not all(servers.values()):
        raise CannotServe(ADVICE.format(packages=" ".join(missing())))
    return {variable: server for variable, server in servers.items() if server}


def install_tools() -> int:
    """Whoever may not install them is told; what needs them says so as well."""
    if debian_packages.missing_tools() and os.geteuid() == 0 and shutil.which("apt-get"):
        debian_packages.install(debian_packages.missing_tools)
    if packages := debian_packages.missing_tools():
        print(f"Some tests will fail until root has run: apt-get install -y {' '.join(packages)}", flush=True)
    return 0


def make_folder() -> Path:
    """A folder for the servers' user alone, in one that this user may enter."""
    user = account()
    for base in (Path(tempfile.gettempdir()).resolve(), Path("/tmp"), Path("/var/tmp")):  # nosec B108 # noqa: S108
        if user is None or all(path.stat().st_mode & 0o001 for path in (base, *base.parents)):
            folder = Path(tempfile.mkdtemp(prefix="allonova-", dir=base))
            if user:
                os.chown(folder, user.pw_uid, user.pw_gid)
            return folder
    raise CannotServe("There is no temporary folder that an unprivileged user may enter.")


def keep(servers: dict[str, Server], life: int, report: int) -> None:
    """Start the servers, report their addresses, and stop them when the pipe `life` is closed."""
    os.setsid()  # Ctrl-C, and whatever else hits the caller's whole group, is not for us
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    folder = make_folder()
    try:
        urls = {variable: server.start(folder) for variable, server in servers.items()}
        os.write(report, json.dumps(urls).encode())
        os.close(report)
        os.read(life, 1)
    finally:
        for server in servers.values():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def private(servers: dict[str, Server]) -> Iterator[dict[str, str]]:
    """The servers, up, as variables and addresses.

    A process of its own keeps them: however we end, kill -9 included, our end of the pipe closes, and
    that process stops them.
    """
    life, our_life = os.pipe()
    our_report, report = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        os.close(our_life)
        try:
            keep(servers, life, report)
        except Exception as error:  # noqa: BLE001  whatever it is, the parent says it and ends
            os.write(report, (str(error) if isinstance(error, CannotServe) else repr(error)).encode())
        finally:
            os._exit(0)
    os.close(life)
    os.close(report)
    try:
        with os.fdopen(our_report) as answer:
            text = answer.read()
        if not text.startswith("{"):
            raise CannotServe(f"The private servers did not start. {text}")
        yield json.loads(text)
    finally:
        os.close(our_life)
        os.waitpid(keeper, 0)


def run(command: list[str]) -> int:
    """Run a command to its end; it hears the terminal's Ctrl-C itself, and other signals through us."""
    signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda which, _: process.send_signal(which))
    status = process.wait()
    return status if status >= 0 else 128 - status


def hold(urls: dict[str, str]) -> int:
    """Print the variables as shell commands, and wait for a signal."""
    for variable, url in urls.items():
        print(f"export {variable}={url}")
    print("# Up until Ctrl-C.", flush=True)
    signal.pause()
    return 0


def main(arguments: list[str]) -> int:
    """Do what the arguments say, and return the exit code."""
    match arguments:
        case ["run", "--", *command] if command:
            kinds = [kind for kind in KINDS if not os.environ.get(kind.variable)]
        case ["keep"]:
            command, kinds = [], list(KINDS)
        case ["tools"]:
            return install_tools()
        case _:
            sys.exit(__doc__)
    if not kinds:
        return run(command)
    try:
        with private(choose(kinds)) as urls:
            os.environ.update(urls)
            return run(command) if command else hold(urls)
    except CannotServe as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
