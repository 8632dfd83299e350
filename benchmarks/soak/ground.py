"""What the load stands on: a PostgreSQL and a Redis that may be killed, the fleet on them, and its supervisor."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from local_servers import LocalPostgres, local_postgres, local_redis
from servers import make_folder

from allonova.adapters.postgres.migrate import migrate
from tests.support.own_postgres import OwnPostgres, make_own_postgres
from tests.support.processes import Fleet, Process, make_fleet

WATCH_S = 0.2
STARTS = 8


class CannotSoak(Exception):
    """Something is missing on this machine."""


@dataclass(slots=True)
class Supervisor:
    """Starts again what has ended, unless it is `held` down. `lives` counts the starts."""

    fleet: Fleet
    held: set[str] = field(default_factory=set)
    lives: dict[str, int] = field(default_factory=dict)

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            for process in self.fleet.processes:
                if process.name not in self.held and not process.is_running:
                    self.lives[process.name] = self.lives.get(process.name, 0) + 1
                    process.start()
            await asyncio.sleep(WATCH_S)


@dataclass(frozen=True, slots=True)
class Ground:
    """All of it."""

    postgres: OwnPostgres
    fleet: Fleet
    supervisor: Supervisor
    folder: Path

    def logs(self) -> list[Path]:
        """What the service said: the sandbox plays somebody else."""
        return [process.log for process in (*self.fleet.apis, self.fleet.worker)]

    @property
    def ours(self) -> tuple[Process, ...]:
        """The processes of the service, and the sandbox."""
        return self.fleet.processes[1:]


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[Ground]:
    """Everything up, supervised, and gone at the end."""
    if not isinstance(local_postgres(), LocalPostgres) or local_redis() is None:
        raise CannotSoak("PostgreSQL with PostGIS and Redis must be on this machine: the soak stops and kills its own")
    base = make_folder()
    postgres: OwnPostgres | None = None
    fleet: Fleet | None = None
    try:
        postgres = await make_own_postgres(base)
        await asyncio.to_thread(migrate, postgres.url)
        fleet = make_fleet(folder, postgres.url, {"ALLONOVA_FILES_DIR": str(folder / "files")})
        await _until_ready(fleet)
        supervisor = Supervisor(fleet)
        watching = asyncio.create_task(supervisor.watch())
        try:
            yield Ground(postgres, fleet, supervisor, folder)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
    finally:
        if fleet is not None:
            await asyncio.to_thread(fleet.stop)
        if postgres is not None:
            await postgres.stop()
        shutil.rmtree(base, ignore_errors=True)


async def _until_ready(fleet: Fleet) -> None:
    """On a machine that is busy with other things, a minute may not do."""
    for _ in range(STARTS - 1):
        with suppress(AssertionError):
            await fleet.ready()
            return
    await fleet.ready()
