"""PostgreSQL and Redis as throw-away containers, where a Docker engine answers."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_servers import (
    POSTGRES_SETTINGS,
    REDIS_SETTINGS,
    CannotServe,
    Server,
    postgres_url,
    redis_url,
    wait_until,
)

POSTGRES_IMAGE = "postgis/postgis:16-3.4"
REDIS_IMAGE = "redis:7-alpine"
PULL_TIMEOUT_S = 900
ANSWER_TIMEOUT_S = 20


@dataclass(slots=True)
class Container:
    """A server in a container, reached through a loopback port that Docker picks."""

    port: str
    probe: tuple[str, ...]
    url: Callable[[str], str]
    run: tuple[str, ...]
    name: str = ""

    def start(self, _folder: Path) -> str:
        """Start the container, with its image pulled if need be, and wait until it answers."""
        self.name = docker("run", "--detach", "--rm", "--publish", f"127.0.0.1::{self.port}", *self.run)
        wait_until(lambda: call("exec", self.name, *self.probe).returncode == 0)
        return self.url(docker("port", self.name, self.port).splitlines()[0].rpartition(":")[2])

    def stop(self) -> None:
        """Remove the container and its volumes."""
        if self.name:
            docker("rm", "--force", "--volumes", self.name)


def docker_postgres() -> Server:
    """PostgreSQL with PostGIS, which trusts whoever reaches its loopback port."""
    # By address: while the image prepares its database, it listens on the socket alone.
    probe = ("pg_isready", "--host=127.0.0.1", "--username=postgres", "--dbname=allonova")
    settings = (part for setting in POSTGRES_SETTINGS for part in ("-c", setting))
    options = ("--env=POSTGRES_HOST_AUTH_METHOD=trust", "--env=POSTGRES_DB=allonova")
    return Container("5432", probe, postgres_url, (*options, POSTGRES_IMAGE, *settings))


def docker_redis() -> Server:
    """Redis that writes nothing to disk."""
    return Container("6379", ("redis-cli", "ping"), redis_url, (REDIS_IMAGE, "redis-server", *REDIS_SETTINGS))


def docker_answers() -> bool:
    """Whether an engine is there: the command alone proves nothing."""
    try:
        return call("info", timeout_s=ANSWER_TIMEOUT_S).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def docker(*arguments: str) -> str:
    """What a docker command prints; if it fails, its own words as the error."""
    done = call(*arguments)
    if done.returncode:
        raise CannotServe(f"docker {arguments[0]} failed:\n{done.stderr[-3000:]}")
    return done.stdout.strip()


def call(*arguments: str, timeout_s: int = PULL_TIMEOUT_S) -> subprocess.CompletedProcess[str]:
    """Run a docker command, whatever comes of it."""
    command = ["docker", *arguments]
    stdin, stdout, stderr = subprocess.DEVNULL, subprocess.PIPE, subprocess.PIPE
    return subprocess.run(command, stdin=stdin, stdout=stdout, stderr=stderr, text=True, check=False, timeout=timeout_s)
