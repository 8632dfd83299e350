"""Servers and tools as packages of Debian and its relatives, installed without a service."""

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from local_servers import numbers

POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTERS = Path("/etc/postgresql-common/createcluster.d/allonova.conf")
# Programs that a test runs beside the servers, and the packages that they come in.
TOOLS = {"pgbackrest": "pgbackrest", "pgbouncer": "pgbouncer", "prometheus": "prometheus"}


def postgis_package() -> str:
    """The newest PostGIS package on offer, for a PostgreSQL that is here already if there is one."""
    offers = []
    with contextlib.suppress(FileNotFoundError):
        search = ["apt-cache", "search", "--names-only", "^postgresql-[0-9]+-postgis-[0-9]+$"]
        lines = subprocess.run(search, capture_output=True, text=True, check=False).stdout.splitlines()
        offers = [line.split()[0] for line in lines]
    here = {path.parent.parent.name for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")}

    def rank(name: str) -> tuple[bool, list[int]]:
        return name.split("-")[1] in here, numbers(name)

    return max(offers, key=rank, default="postgresql-postgis")


def missing_tools() -> list[str]:
    """The packages of those that are not here."""
    return [package for program, package in TOOLS.items() if shutil.which(program) is None]


def redis_package() -> str:
    """The name is the same everywhere."""
    return "redis-server"


def install(missing: Callable[[], list[str]]) -> None:
    """Install what is missing; what it is, is asked again when it is our turn and the lists are new."""
    turn = os.open("/etc/apt", os.O_RDONLY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if names := missing():
            print(f"Installing {', '.join(names)}, a minute or two …", flush=True)
            apt("update")
            with no_services():
                apt("install", "--yes", "--no-install-recommends", *missing())
    finally:
        os.close(turn)


def apt(*arguments: str) -> None:
    """Run apt-get without questions; if it fails, say what it said and let the caller look what is there."""
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "DPkg::Use-Pty=0", *arguments]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    streams: dict[str, int] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
    }
    done = subprocess.run(command, env=env, text=True, check=False, **streams)  # type: ignore[call-overload]
    if done.returncode:
        print(f"apt-get {arguments[0]} failed:\n{done.stdout[-3000:]}", flush=True)


@contextlib.contextmanager
def no_services() -> Iterator[None]:
    """Start no service and make no default cluster for the packages that are installed meanwhile."""
    made = []
    for path, text in ((POLICY, "#!/bin/sh\nexit 101\n"), (CLUSTERS, "create_main_cluster = false\n")):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
            made.append(path)
    try:
        yield
    finally:
        for path in made:
            path.unlink(missing_ok=True)
