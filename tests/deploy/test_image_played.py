"""The first stage built and the image's processes run as containers would be, in mount namespaces (root, Linux)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.image import ROOT, build, command_in, environment_in
from tests.support.postgres import admin_dsn, blank_database, drop_database
from tests.support.processes import STOP_S, Process, answers_200, eventually, free_ports, plain_environment

pytestmark = pytest.mark.prove  # fetches and installs every package
START_S = 180.0  # nothing of theirs has been read from the disk before
HEALTH = ("python", "-I", "/opt/allonova/healthcheck.py")
PROBES = "/probe /usr/local/probe /opt/probe /opt/allonova/probe /opt/allonova/lib/probe /var/tmp/probe /tmp/probe"


@dataclass(frozen=True, slots=True)
class Containers:
    """What runs the image's commands."""

    tree: Path
    folder: Path
    env: dict[str, str]

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """One to its end."""
        env = environment_in(self.tree, self.env | more)
        return subprocess.run(command_in(self.tree, *command), env=env, capture_output=True, text=True, check=False)

    def process(self, name: str, **more: str) -> Process:
        """One that goes on, not yet started."""
        env = environment_in(self.tree, self.env | more)
        return Process(name, command_in(self.tree, "allonova", name), self.folder, env)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first stage leaves."""
    assert os.geteuid() == 0, "only root may make the mounts of this test"
    tree, workplace = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("workplace")
    tree.chmod(0o755)
    build(tree, workplace)
    (tree / "healthcheck.py").write_bytes((ROOT / "deploy/image/healthcheck.py").read_bytes())
    return tree


@pytest.fixture
async def containers(tree: Path, tmp_path: Path) -> AsyncIterator[Containers]:
    """On a database without tables."""
    url = await blank_database(admin_dsn())
    here = {"DATABASE_URL": url, "REDIS_URL": os.environ["REDIS_URL"], "ALLONOVA_SANDBOX_PORT": "1"}
    secrets = plain_environment()["ALLONOVA_SECRET_KEYS"]
    yield Containers(tree, tmp_path, here | {"ALLONOVA_SECRET_KEYS": secrets, "ALLONOVA_ENV": "test"})
    await drop_database(admin_dsn(), url)


def test_container_may_write_to_tmp_alone(containers: Containers) -> None:
    tried = (
        f"id -u; for probe in {PROBES}; do touch $probe 2>/dev/null && echo $probe; done; grep CapEff /proc/self/status"
    )
    done = containers.run("sh", "-c", tried)
    written = ["/tmp/probe"]  # noqa: S108 - the container's own
    assert done.stdout.split() == ["10001", *written, "CapEff:", "0" * 16], done.stderr


def test_container_refuses_to_start_when_nothing_was_configured(containers: Containers) -> None:
    production = environment_in(containers.tree, {})["ALLONOVA_ENV"]
    done = containers.run("allonova", "serve", ALLONOVA_ENV=production, ALLONOVA_SECRET_KEYS="")
    assert done.returncode == 2
    assert "WAVE_API_KEY is missing" in done.stderr


async def test_containers_migrate_serve_work_and_stop(containers: Containers) -> None:
    migrated = await asyncio.to_thread(containers.run, "allonova", "migrate")
    assert migrated.returncode == 0, migrated.stderr
    port, worker_port = map(str, free_ports(2))
    given = {"serve": {"PORT": port}, "worker": {"ALLONOVA_WORKER_PORT": worker_port}}
    processes = [containers.process(name, **more) for name, more in given.items()]
    try:
        for process, at in zip(processes, (port, worker_port), strict=True):
            process.start()
            await up(process, f"http://127.0.0.1:{at}/readyz")
        health = [await asyncio.to_thread(containers.run, *HEALTH, **more) for more in given.values()]
    finally:
        codes = [await asyncio.to_thread(end, process) for process in processes]
    assert [each.returncode for each in health] == [0, 0]
    # uvicorn ends by the signal that it was sent, once all is closed.
    assert codes == [-signal.SIGTERM, 0], [process.last_words() for process in processes]


async def up(process: Process, url: str) -> None:
    """Wait until it serves."""

    async def is_up() -> bool:
        return await answers_200(process, url)

    await eventually(f"{process.name} is ready", is_up, patience_s=START_S, pause_s=0.2)


def end(process: Process) -> int | None:
    """Ask it to stop; how it ended. Raises TimeoutExpired when it does not."""
    process.ask_to_stop()
    child = process._child
    return child.wait(STOP_S) if child else None
